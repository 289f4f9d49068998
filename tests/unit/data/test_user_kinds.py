"""User images, texts and series: minimal specifications that work, and an error message for each kind of mistake."""

import gzip

import numpy as np
import pytest
from PIL import Image


def assert_error(prepared, tmp_path, spec, sentence, error=ValueError):
    with pytest.raises(error) as caught:
        prepared(spec)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert not (tmp_path / "data").exists()


# --- a folder of images ----------------------------------------------------------------------------------------------


def picture(path, size=(6, 5), mode="L", seed=0):
    """Write an image of ``size`` (height, width) and return its pixels."""
    shape = size if mode == "L" else (*size, len(mode))
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


def gallery(folder, count=10, **options):
    return {
        (name, i): picture(folder / name / f"{i:02}.png", seed=i + count * (name == "dog"), **options)
        for name in ("cat", "dog")
        for i in range(count)
    }


@pytest.mark.parametrize("mode, channels", [("L", 1), ("RGB", 3)])
def test_a_folder_of_images_needs_its_path_only(prepared, tmp_path, mode, channels):
    written = gallery(tmp_path / "pets", mode=mode)
    (tmp_path / "pets/cat/notes.txt").write_text("not an image")
    made = prepared({"images": str(tmp_path / "pets")})
    info = made.info
    assert (info["kind"], info["task"], info["shape"], info["class_names"]) == (
        "image", "binary", [6, 5, channels], ["cat", "dog"],
    )  # fmt: skip
    assert sum(info["counts"].values()) == 20
    for split in ("train", "validation", "test"):
        for pixels, label in zip(made.arrays[split]["x"], made.arrays[split]["y"]):
            assert pixels.tobytes() in {written[("cat", "dog")[label], i].tobytes() for i in range(10)}


def test_a_test_folder_of_images_is_the_test_split(prepared, tmp_path):
    gallery(tmp_path / "pets/train")
    kept = gallery(tmp_path / "pets/test", count=3)
    made = prepared({"images": str(tmp_path / "pets")})
    assert made.info["counts"] == {"train": 16, "validation": 4, "test": 6}
    np.testing.assert_array_equal(made.arrays["test"]["x"][:, :, :, 0], list(kept.values()))
    np.testing.assert_array_equal(made.arrays["test"]["y"], [0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("name", ["validation", "val", "Valid"])
def test_a_validation_folder_of_images_is_the_validation_split(prepared, tmp_path, name):
    for part, count in (("train", 5), (name, 3), ("test", 2)):
        gallery(tmp_path / "pets" / part, count=count)
    made = prepared({"images": str(tmp_path / "pets")})
    assert made.info["counts"] == {"train": 10, "validation": 6, "test": 4}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_become_white(prepared, tmp_path, mode):
    for name, row in (("cat", 1), ("dog", 4)):
        for i in range(6):
            pixels = np.zeros((6, 6, 2 if mode == "LA" else 4), np.uint8)
            pixels[row, i, -1] = 255  # one black pixel on a transparent ground that is black too
            drawing = Image.fromarray(pixels)
            (tmp_path / "pets" / name).mkdir(parents=True, exist_ok=True)
            drawing = drawing.quantize(2, method=Image.Quantize.FASTOCTREE) if mode == "P" else drawing
            drawing.save(tmp_path / "pets" / name / f"{i}.png")
    made = prepared({"images": str(tmp_path / "pets")})
    assert made.info["shape"] == [6, 6, 1 if mode == "LA" else 3]
    for split in ("train", "validation", "test"):
        for pixels, label in zip(made.arrays[split]["x"][..., 0], made.arrays[split]["y"]):
            assert (pixels[(1, 4)[label]] == 0).sum() == 1 and (pixels == 255).sum() == 35


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(prepared, tmp_path, orientation):
    upright = np.zeros((16, 8), np.uint8)
    upright[:8, :4] = 255
    turned = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 5: upright.T,
        6: np.rot90(upright), 7: upright[::-1, ::-1].T, 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    gallery(tmp_path / "pets", size=(16, 8))
    Image.fromarray(np.ascontiguousarray(turned)).save(tmp_path / "pets/cat/photo.jpg", exif=exif, quality=100)
    made = prepared({"images": str(tmp_path / "pets")})
    images = np.concatenate([made.arrays[split]["x"][..., 0] for split in ("train", "validation", "test")])
    assert any(np.abs(image.astype(int) - upright).max() < 3 for image in images)


@pytest.mark.parametrize(
    "mode, suffix", [("CMYK", "jpg"), ("CMYK", "tif"), ("1", "png"), ("RGB", "jfif"), ("L", "PGM")]
)
def test_other_modes_and_endings_are_read(prepared, tmp_path, mode, suffix):
    gallery(tmp_path / "pets")
    file = tmp_path / f"pets/cat/other.{suffix}"
    with open(file, "wb") as opened:
        kind = {"jfif": "JPEG", "jpg": "JPEG", "tif": "TIFF", "PGM": "PPM"}.get(suffix, "PNG")
        Image.new(mode, (5, 6)).save(opened, kind)
    made = prepared({"images": str(tmp_path / "pets")})
    assert sum(made.info["counts"].values()) == 21
    assert made.info["shape"][-1] == (3 if mode in ("CMYK", "RGB") else 1)


def test_images_of_mixed_sizes_are_scaled_if_asked(prepared, tmp_path):
    gallery(tmp_path / "pets")
    picture(tmp_path / "pets/dog/tall.png", (20, 10))
    assert prepared({"images": str(tmp_path / "pets"), "size": 8}).info["shape"] == [8, 8, 1]


def mixed(folder):
    picture(folder / "dog/tall.png", (20, 10))


def broken(folder):
    whole = (folder / "dog/03.png").read_bytes()
    (folder / "dog/03.png").write_bytes(whole[: len(whole) // 2])


def no_image(folder):
    (folder / "dog/03.png").write_text("hello")


def deep(folder):
    Image.fromarray(np.full((6, 5), 40000, np.uint16)).save(folder / "dog/03.png")


def scan(folder):
    Image.new("1", (10_000, 10_000)).save(folder / "dog/scan.png")


def animation(folder):
    frames = [Image.new("L", (5, 6), shade) for shade in (0, 100, 200)]
    frames[0].save(folder / "dog/moving.gif", save_all=True, append_images=frames[1:])


def nested(folder):
    picture(folder / "dog/small/00.png")


def loose(folder):
    picture(folder / "00.png")


def phone(folder):
    (folder / "dog/00.heic").write_bytes(b"...")


def extra_part(folder):
    for part in ("train", "test", "holdout"):
        picture(folder / part / "cat/0.png")


def without_test(folder):
    for part in ("train", "val"):
        picture(folder / part / "cat/0.png")


def all_black(folder):
    for file in folder.glob("*/*.png"):
        Image.new("L", (5, 6)).save(file)


def one_class(folder):
    for file in (folder / "dog").iterdir():
        file.unlink()


def flat(folder):
    for name in ("cat", "dog"):
        (folder / name).rename(folder.parent / name)
    picture(folder / "00.png")


def unseen_class(folder):
    for name in ("cat", "dog"):
        (folder / "train").mkdir(exist_ok=True)
        (folder / name).rename(folder / "train" / name)
    picture(folder / "test/cow/0.png")


@pytest.mark.parametrize(
    "corrupt, sentence",
    [
        (mixed, "dog/tall.png: images must have the same size, got 20 × 10 pixels but 6 × 5 pixels in "),
        (mixed, "; set 'size: 32' to resize all of them to 32 × 32"),
        (broken, "dog/03.png: cannot be read ("),
        (no_image, "dog/03.png: cannot be read (not an image); replace or remove it"),
        (deep, "dog/03.png: cannot be read (must have 8 bits per channel, got more)"),
        (scan, "dog/scan.png: cannot be read (must have at most 89,478,485 pixels)"),
        (animation, "dog/moving.gif: cannot be read (must be a single image, got 3 frames or pages)"),
        (nested, "dog/small/00.png: must be directly in the folder of its class, "),
        (loose, "pets/00.png: must be directly in the folder of its class, "),
        (phone, "dog/00.heic: must end in .png, .jpg, "),
        (extra_part, "and possibly validation, and no others, got cat, dog, holdout, test, train"),
        (
            without_test,
            "must have the subfolders train and test, and possibly validation, and no others, got cat, dog, ",
        ),
        (all_black, "pets: images must differ, but all 20 are the same"),
        (one_class, "must have at least two subfolders (classes) with images, got only 'cat'"),
        (flat, "pets: no images in subfolders; must have one subfolder per class"),
        (unseen_class, "pets/test: class must be one of the training images, cat, dog, got 'cow'"),
    ],
)
def test_an_invalid_folder_of_images_is_an_error(prepared, tmp_path, corrupt, sentence):
    gallery(tmp_path / "pets")
    corrupt(tmp_path / "pets")
    assert_error(prepared, tmp_path, {"images": str(tmp_path / "pets")}, sentence)


def test_a_missing_folder_is_an_error(prepared, tmp_path):
    spec = {"images": str(tmp_path / "none")}
    assert_error(prepared, tmp_path, spec, "none: no such folder", FileNotFoundError)


# --- a text file -----------------------------------------------------------------------------------------------------

TEXTS = [(("good", "bad")[i % 2], f"film {'abcdefg'[i % 7]}, number {i}") for i in range(40)]


def tabbed(pairs=TEXTS):
    return "".join(f"{label}\t{text}\n" for label, text in pairs)


def comma(pairs=TEXTS, header="label,text\n"):
    return header + "".join(f'{label},"{text}"\n' for label, text in pairs)


@pytest.mark.parametrize(
    "name, content, more",
    [
        ("my.tsv", tabbed(), {}),
        ("my.tsv", "\ufeff" + tabbed() + "\n\n", {}),
        ("my.csv", comma(), {}),
        ("my.csv", comma(header=""), {}),
        ("my.csv", comma(header="Label,Text\n"), {}),
        ("my.csv", comma(header="category,message\n"), {}),
        ("my.csv", comma(header="kind,message\n"), {}),
        ("my.csv", "Review,Sentiment\n" + "".join(f'"{text}",{label}\n' for label, text in TEXTS), {}),
        ("my.csv", "Id,LABEL,Text\n" + "".join(f'7,{label},"{text}"\n' for label, text in TEXTS), {}),
        ("my.csv", comma(header="mood,words\n"), {"label": "mood", "column": "words"}),
        ("my.csv", "id,text,label\n" + "".join(f'7,"{text}",{label}\n' for label, text in TEXTS), {}),
        ("my.dat", tabbed().replace("\t", "|"), {"separator": "|"}),
    ],
)
def test_a_text_file_needs_its_path_only(prepared, tmp_path, name, content, more):
    (tmp_path / name).write_text(content, encoding="utf-8")
    made = prepared({"text": str(tmp_path / name), **more})
    assert (made.info["kind"], made.info["class_names"]) == ("text", ["bad", "good"])
    assert list(made.info["counts"].values()) == [26, 6, 8]
    assert {"film", "number", ","} < set(made.info["vocabulary"])


def test_a_tab_separated_file_keeps_quotes_and_sorts_integer_labels_numerically(prepared, tmp_path):
    (tmp_path / "my.tsv").write_text(tabbed([(2 + 8 * (i % 2), f'he said "no {i}') for i in range(20)]))
    assert prepared({"text": str(tmp_path / "my.tsv")}).info["class_names"] == ["2", "10"]


def test_a_class_with_the_name_of_a_column_is_no_header(prepared, tmp_path):
    pairs = [(("comment", "text")[i % 2], f"film number {i}") for i in range(40)]
    (tmp_path / "my.csv").write_text(comma(pairs, header=""))
    info = prepared({"text": str(tmp_path / "my.csv")}).info
    assert info["class_names"] == ["comment", "text"] and sum(info["counts"].values()) == 40


def test_utf_16_is_recognized_and_characters_are_composed(prepared, tmp_path):
    pairs = [*TEXTS, *[("good", "cafe\u0301"), ("good", "caf\u00e9")] * 5]
    (tmp_path / "my.tsv").write_bytes(tabbed(pairs).encode("utf-16"))
    made = prepared({"text": str(tmp_path / "my.tsv")})
    assert "caf\u00e9" in made.info["vocabulary"] and "cafe" not in made.info["vocabulary"]


def test_another_encoding_is_read_if_named(prepared, tmp_path):
    (tmp_path / "my.tsv").write_bytes(tabbed([*TEXTS, *[("good", "très café")] * 9]).encode("latin-1"))
    made = prepared({"text": str(tmp_path / "my.tsv"), "encoding": "latin-1"})
    assert "café" in made.info["vocabulary"]


@pytest.mark.parametrize(
    "content, more, sentence",
    [
        (
            tabbed() + "good\tcafé\n",
            {},
            "my.tsv, line 41: byte 0xe9 is not valid utf-8; save the file in UTF-8, or set its encoding",
        ),
        (tabbed(), {"encoding": "utf8000"}, "encoding must be one that Python knows, e.g. utf-8 or latin-1, got 'utf8"),
        (tabbed() + "good\t \n", {}, "my.tsv, line 41: the text is empty; fill it in or remove the row"),
        (tabbed() + "\tfine\n", {}, "my.tsv, line 41: the label is empty"),
        ("good\tno\n\n" + "good\tone\ttwo\n", {}, "my.tsv, line 3: must have 2 columns like the first row, got 3"),
        ("only one column\n", {}, "my.tsv, line 1: must have two columns separated by '\\t', a label and a text, or"),
        ("only one column\n", {}, "(see the keys 'label', 'column' and 'separator'), got 1 column(s)"),
        ("", {}, "my.tsv: file is empty; each row must hold a label and a text"),
        ("label\ttext\n", {}, "my.tsv: must have at least two classes, got no rows below the header"),
        (tabbed([("good", "a"), ("good", "b")]), {}, "my.tsv: must have at least two classes, got only 'good'"),
        ("mood\ttext\n" + tabbed(), {"label": "moood"}, "no column 'moood' in the header; did you mean 'mood'?"),
        (tabbed(), {"separator": ";;"}, "line 1: must be a row of columns separated by ';;'"),
        (tabbed(), {"separator": '"'}, "my.tsv: separator must not be a quote or a line break, got '\"'"),
        (comma(), {}, "(see the keys 'label', 'column' and 'separator'), got 1 column(s); set separator: ','"),
        (tabbed(), {"encoding": "undefined"}, "encoding must be one that Python knows, e.g. utf-8 or latin-1, got 'un"),
        (
            tabbed(),
            {"encoding": "a\0b"},
            "encoding must be one that Python knows, e.g. utf-8 or latin-1, got 'a\\x00b'",
        ),
        (tabbed() + "good\ta\0b\n", {}, "my.tsv: must be a text file, but contains zero bytes"),
        ("PK\x03\x04", {}, "my.tsv: must be a text file, got a compressed one; unpack it"),
        ('{"label": 1, "text": "a"}\n', {}, "my.tsv: must hold rows of a label and a text, got JSON"),
        (
            "v1\tv2\n" + tabbed(),
            {},
            "my.tsv, line 1: the label 'v1' must occur again; if the line is a header, name its",
        ),
        (
            tabbed([("a", "x"), ("a", "y"), *((str(i), "z") for i in range(9))]),
            {},
            "my.tsv: labels must repeat, got 10 different ones in 11 rows; the label must be the first column, or be",
        ),
        ("label\ttext\ttext\n" + "a\tb\tc\n", {}, "column 'text' must occur once in the header, got it 2 times"),
        (
            "label\ttext\n" + tabbed(),
            {"label": "text"},
            "my.tsv: the label and the text must be different columns, got 'text' for both",
        ),
        (comma() + 'good,"never closed\n', {"separator": ","}, "line 42: must be a row of columns separated by ','"),
    ],
)
def test_an_invalid_text_file_is_an_error(prepared, tmp_path, content, more, sentence):
    (tmp_path / "my.tsv").write_bytes(content.encode("latin-1"))
    assert_error(prepared, tmp_path, {"text": str(tmp_path / "my.tsv"), **more}, sentence)


# --- a pair of files in UCR archive format ---------------------------------------------------------------------------

RISING = [[label, *(label * np.arange(4.0))] for label in (1, -1) for _ in range(10)]


def pair(folder, train=RISING, test=RISING[::3], separator="\t", suffix="tsv"):
    for name, rows in (("TRAIN", train), ("TEST", test)):
        lines = (separator.join(map(str, row)) for row in rows)
        (folder / f"my_{name}.{suffix}").write_text("\n".join(lines) + "\n")
    return {"ucr": str(folder / f"my_TRAIN.{suffix}")}


@pytest.mark.parametrize("separator, suffix", [("\t", "tsv"), (",", "csv"), (", ", "csv"), (";", "csv"), ("  ", "txt")])
def test_a_ucr_pair_needs_the_path_of_one_only(prepared, tmp_path, separator, suffix):
    made = prepared(pair(tmp_path, separator=separator, suffix=suffix))
    info = made.info
    assert (info["kind"], info["task"], info["shape"]) == ("series", "binary", [4, 1])
    assert info["class_names"] == ["class -1", "class 1"] and len(info["inputs"]) == 2
    assert info["counts"] == {"train": 16, "validation": 4, "test": 7}
    x, y = made.test
    np.testing.assert_array_equal(x[:, 3, 0], np.where(y == 1, 3, -3))


@pytest.mark.parametrize(
    "labels, names",
    [
        (["20240101", "20240102", "20250101"], ["class 20240101", "class 20240102", "class 20250101"]),
        (
            ["100000000000000000001", "100000000000000000002"],
            ["class 100000000000000000001", "class 1000000000000000000"],
        ),
        (["1.0000000e+00", "1", "-0", "0"], ["class 0", "class 1"]),
        (["0.5", "10", "9", "b", "a c"], ["class 0.5", "class 9", "class 10", "a c", "b"]),
        (["1_0", "10"], ["class 10", "1_0"]),
    ],
)
def test_classes_of_a_ucr_file_are_not_rounded(prepared, tmp_path, labels, names):
    rows = [[label, i, 1, 2] for i in range(6) for label in labels]
    info = prepared(pair(tmp_path, rows, rows)).info
    assert len(info["class_names"]) == len(names)
    assert all(made.startswith(name) for made, name in zip(info["class_names"], names))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\t\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_ucr_file_may_have_other_line_ends_and_encodings(prepared, tmp_path, end, encoding):
    spec = pair(tmp_path)
    for file in tmp_path.glob("my_*"):
        file.write_bytes(file.read_text().replace("\n", end).encode(encoding))
    made = prepared(spec)
    assert (made.info["class_names"], made.info["shape"]) == (["class -1", "class 1"], [4, 1])


@pytest.mark.parametrize(
    "files, sentence",
    [
        (
            {"train": [*RISING, [1, 0, 1]]},
            "my_TRAIN.tsv, line 21: must have 4 values, as in the first line, got 2",
        ),
        ({"train": [[1, 0, "NaN", 1, 1]]}, "my_TRAIN.tsv, line 1: value 2 must be a finite number, got 'NaN'"),
        ({"train": [[1, "0,5", "0,7"]]}, "my_TRAIN.tsv, line 1: value 1 must be a finite number, got '0,5'"),
        (
            {"train": [[1, "0,5", "0,7"]], "separator": " "},
            "my_TRAIN.tsv, line 1: value 1 must be a finite number, got",
        ),
        (
            {"train": [[1, "0,5", "0,7"]], "separator": ";"},
            "my_TRAIN.tsv, line 1: value 1 must be a finite number, got",
        ),
        ({"train": [[1, 2, "", 3]]}, "my_TRAIN.tsv, line 1: value 2 must be a finite number, got ''"),
        ({"train": [[1, 2, "1e40", 3]]}, "my_TRAIN.tsv, line 1: value 2 must be a finite number, got '1e40'"),
        ({"train": [[1, 2, "1_000", 3]]}, "my_TRAIN.tsv, line 1: value 2 must be a finite number, got '1_000'"),
        ({"train": [["NaN", 2, 3]]}, "my_TRAIN.tsv, line 1: the class is missing"),
        (
            {"train": [["@relation x"]]},
            "my_TRAIN.tsv: must be the text file of the archive, one series per line, not an",
        ),
        ({"train": [[1]]}, "my_TRAIN.tsv, line 1: must have at least one value after the class, got 0"),
        (
            {"train": RISING[:10], "test": RISING[:1]},
            "my_TRAIN.tsv: must have at least two classes, got only '1'",
        ),
        ({"test": [[1, 0, 1]]}, "my_TEST.tsv: series must have as many values as those in "),
        ({"test": [[1, 0, 1]]}, "my_TRAIN.tsv, 4, got 2"),
        ({"test": [[1, 0, 1, 2, 3], [3, 0, 1, 2, 3]]}, "my_TEST.tsv, line 2: class must be one of "),
        ({"test": [[1, 0, 1, 2, 3], [3, 0, 1, 2, 3]]}, "my_TRAIN.tsv, -1, 1, got '3'"),
        ({"test": []}, "my_TEST.tsv: file is empty; each line must hold a class and the values of a series"),
    ],
)
def test_an_invalid_ucr_pair_is_an_error(prepared, tmp_path, files, sentence):
    assert_error(prepared, tmp_path, pair(tmp_path, **files), sentence)


def test_a_ucr_file_without_its_counterpart_is_an_error(prepared, tmp_path):
    spec = pair(tmp_path)
    (tmp_path / "my_TEST.tsv").rename(tmp_path / "mine.tsv")
    assert_error(prepared, tmp_path, spec, "my_TEST.tsv: no such file", FileNotFoundError)
    assert_error(prepared, tmp_path, {"ucr": str(tmp_path / "mine.tsv")}, "mine.tsv: file name must contain 'TRAIN'")


# --- a series to forecast --------------------------------------------------------------------------------------------


def monthly(folder, values, dates=None):
    dates = [f"{1990 + i // 12}-{i % 12 + 1:02}-01" for i in range(len(values))] if dates is None else dates
    rows = (f"{date},{value},x" for date, value in zip(dates, values))
    (folder / "my.csv").write_text("month,level,note\n" + "\n".join(rows) + "\n")
    return {"series": str(folder / "my.csv"), "value": "level", "time": "month", "window": 6, "horizon": 2}


def test_a_series_needs_its_column_only(prepared, tmp_path):
    values = np.arange(60.0) ** 2
    made = prepared(monthly(tmp_path, values))
    info = made.info
    assert (info["kind"], info["task"], info["shape"]) == ("series", "regression", [6, 1])
    assert info["feature_names"] == ["level"] and info["inputs"][0]["file"].endswith("my.csv")
    mean, scale = info["scaling"]["mean"][0], info["scaling"]["scale"][0]
    last = made.arrays["test"]
    np.testing.assert_allclose(last["y"][-1] * scale + mean, values[-2:], rtol=1e-5)
    np.testing.assert_allclose(last["x"][-1, :, 0] * scale + mean, values[-8:-2], rtol=1e-5)
    assert last["time"][-1] == pytest.approx(1994 + (31 + 28 + 31 + 30 + 31 + 30 + 31 + 31 + 30 + 31) / 365)
    assert made.arrays["train"]["time"].max() < made.arrays["validation"]["time"].min() < last["time"].min()


def test_without_a_time_column_rows_are_numbered(prepared, tmp_path):
    spec = monthly(tmp_path, range(60))
    made = prepared({key: spec[key] for key in ("series", "value")} | {"window": 6})
    assert made.arrays["test"]["time"][-1] == 59


@pytest.mark.parametrize(
    "values, dates, more, sentence",
    [
        (range(9), None, {}, "my.csv: too few values, got 9 (validation: too few steps for a window of 6 and"),
        (range(60), None, {"window": 80}, "my.csv: too few values, got 60 (train: "),
        ([*range(30), "", *range(30)], None, {}, "my.csv: column 'level', row 31: missing value (1 in the column)"),
        (
            [*range(30), "high", *range(30)],
            None,
            {},
            "my.csv: column 'level', row 31: got 'high'; a value of a series must be a finite number",
        ),
        (range(60), None, {"value": "levle"}, "my.csv: no column 'levle'; did you mean 'level'?"),
        (range(60), None, {"time": "moth"}, "my.csv: no column 'moth'; did you mean 'month'?"),
        (
            range(3),
            ["1990-01-01", "soon", "1990-03-01"],
            {},
            "column 'month', row 2: time must be a number or a date, got 'soon'",
        ),
        (
            [*range(30), "1e40"],
            range(31),
            {},
            "column 'level', row 31: got '1e+40'; a value of a series must be at most 3.4e+",
        ),
        (
            ["1'000", *range(30)],
            range(31),
            {},
            "column 'level', row 1: got '1'000'; a value of a series must be a finite n",
        ),
        ([5] * 60, None, {}, "column 'level': values must vary in each part, but all 40 of the train part are 5"),
        (
            [*range(50), *[7] * 20],
            None,
            {},
            "column 'level': values must vary in each part, but all 13 of the test part",
        ),
        (range(3), ["1990-01-01", "", "1990-03-01"], {}, "column 'month', row 2: the time is missing"),
        (range(60), None, {"separator": "(("}, "my.csv: no column 'level'"),
        (range(3), [1, 3, 2], {}, "column 'month', row 3: times must be strictly increasing, got 2 after 3"),
    ],
)
def test_an_invalid_series_is_an_error(prepared, tmp_path, values, dates, more, sentence):
    assert_error(prepared, tmp_path, monthly(tmp_path, list(values), dates) | more, sentence)


def test_a_name_that_the_header_has_twice_is_an_error(prepared, tmp_path):
    spec = monthly(tmp_path, range(60))
    file = tmp_path / "my.csv"
    file.write_text(file.read_text().replace("note", "level"))
    assert_error(prepared, tmp_path, spec, "my.csv: the header has the name 'level' more than once; rename the columns")


def test_a_separator_of_several_characters_is_no_pattern(prepared, tmp_path):
    spec = monthly(tmp_path, np.arange(60.0) ** 2) | {"separator": "(("}
    file = tmp_path / "my.csv"
    file.write_text(file.read_text().replace(",", "(("))
    assert prepared(spec).info["feature_names"] == ["level"]


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"PK" + data])
def test_a_damaged_compressed_series_is_an_error(prepared, tmp_path, damage):
    spec = monthly(tmp_path, np.random.default_rng(0).random(600))
    suffix = ".gz" if damage(b"....")[:2] != b"PK" else ".zip"
    (tmp_path / f"my.csv{suffix}").write_bytes(damage(gzip.compress((tmp_path / "my.csv").read_bytes())))
    spec["series"] += suffix
    assert_error(prepared, tmp_path, spec, f"my.csv{suffix}: cannot be read as a CSV file (")

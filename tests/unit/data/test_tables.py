"""A user's CSV table: what is found in it, what is done about it, and the preprocessing fitted on the training rows."""

import numpy as np
import pytest

from layerwise.data import catalogue, columns, tables
from layerwise.data.prepare import message
from layerwise.predict import read


def written(folder, header, rows, name="my.csv"):
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(folder / name)


def examine(folder, header, rows, **spec):
    path = written(folder, header, rows)
    return tables.examined(catalogue.complete({"csv": path, "label": "y", **spec}))


ROWS = [f"{i + 2},{i * 2 % 7},{'yes' if i % 3 else 'no'}" for i in range(40)]


def test_a_table_of_numbers_needs_its_path_and_label_only(prepared, tmp_path):
    path = written(tmp_path, "﻿a,b,label", ROWS)
    made = prepared({"csv": path, "label": "label"}, "my_table")
    info = made.info
    assert (info["title"], info["kind"], info["task"], info["class_names"]) == (
        "my_table", "table", "binary", ["yes", "no"],  # the rarer class is the positive one
    )  # fmt: skip
    assert info["feature_names"] == ["a", "b"] and sum(info["counts"].values()) == 40 and info["findings"] == []
    assert info["scaling"]["name"] == "standard" and info["inputs"][0]["file"] == path
    x, y = made.test
    a = np.round(x[:, 0] * info["scaling"]["scale"][0] + info["scaling"]["mean"][0]).astype(int)
    np.testing.assert_array_equal(y, (a - 2) % 3 == 0)
    np.testing.assert_array_equal(made.arrays["test"]["row"], a - 1)


@pytest.mark.parametrize(
    "label, more, task",
    [
        (lambda i: i % 3, {}, "multiclass"),
        (lambda i: i, {}, "regression"),
        (lambda i: i / 7, {}, "regression"),
        (lambda i: i % 3, {"task": "regression"}, "regression"),
        (lambda i: i % 2 == 0, {}, "binary"),
        (lambda i: i % 2, {"class_names": ["off", "on"]}, "binary"),
    ],
)
def test_the_task_is_inferred_from_the_label(prepared, tmp_path, label, more, task):
    path = written(tmp_path, "id,x,y", [f"{i},{i % 5},{label(i)}" for i in range(60)])
    made = prepared({"csv": path, "label": "y", "drop": ["id"], **more})
    assert made.info["task"] == task and made.info["feature_names"] == ["x"]
    if task == "regression":
        scaling, y = made.info["scaling"]["target"], made.arrays["train"]["y"]
        assert y.dtype == np.float32 and y.shape[1:] == (1,) and abs(y.mean()) < 1e-6
        expected = np.unique([float(label(i)) for i in range(60)])
        unscaled = y * scaling["scale"] + scaling["mean"]
        assert np.abs(unscaled - expected[None]).min(axis=1).max() < 1e-4
    elif "class_names" in more:
        assert made.info["class_names"] == ["off", "on"]


def mixed(i):
    """Return a row with every kind of column; row 3 has missing values."""
    hole = i == 3
    return ",".join(
        [
            f"{i}",  # the index that pandas writes
            "" if hole else f"{i * 7 % 50}",
            "NA" if hole else ["red", "green", "blue"][i % 3],
            "" if hole else ["True", "False"][i % 2],
            f"2024-02-{i % 28 + 1:02}",
            f"text {i}",
            "same",
            f"{1000 + i}",
            "",
            "ab"[i % 2],
        ]
    )


HEADER = ",size,color,on,day,remark,constant,user_id,empty,y"


def test_everything_in_a_file_is_found_and_said(tmp_path):
    table = examine(tmp_path, HEADER, [mixed(i) for i in range(60)])
    kinds = {column["name"]: column["kind"] for column in table.columns}
    assert kinds == {"size": "number", "color": "category", "on": "boolean", "day": "date"}
    assert [(finding.column, finding.found, finding.done) for finding in table.findings] == [
        ("Unnamed: 0", "a row number", "left out"),
        ("size", "1 missing values (1.7%)", "filled with the training median and marked by an indicator"),
        ("color", "text with 3 values", "one feature per value (one-hot), at most 30, rare ones together as 'other'"),
        ("color", "1 missing values (1.7%)", "kept as a value of its own"),
        ("on", "1 missing values (1.7%)", "filled with the training median and marked by an indicator"),
        ("day", "dates from 2024-02-01", "used as days since 1970-01-01"),
        ("remark", "an identifier or free text: 60 different texts in 60 rows", "left out"),
        ("constant", "always 'same'", "left out"),
        ("user_id", "an identifier: a different integer in every row", "left out"),
        ("empty", "empty", "left out"),
    ]
    days = table.values[list(kinds).index("day")]
    np.testing.assert_array_equal(days, 19754 + np.arange(60) % 28)  # 2024-02-01 is day 19754
    np.testing.assert_array_equal(table.values[2][:5], [1, 0, 1, np.nan, 1])
    assert table.problems == []


def test_findings_are_one_message(tmp_path):
    path = written(tmp_path, HEADER, [mixed(i) for i in range(60)])
    spec = catalogue.complete({"csv": path, "label": "y"})
    lines = message(spec, tables.csv(spec)).splitlines()
    assert lines[0] == f"{path}: 60 usable rows, 2 classes"
    assert lines[-1] == "  empty: empty; left out" and len(lines) == 11


def test_strict_refuses_what_would_be_repaired_but_no_encoding(tmp_path):
    table = examine(tmp_path, HEADER, [mixed(i) for i in range(60)], strict=True)
    assert len(table.problems) == 8 and not any("one-hot" in line or "days since" in line for line in table.problems)
    with pytest.raises(ValueError, match=r"my\.csv: 8 things must be changed:\n  - 'Unnamed: 0': a row number"):
        tables.csv(catalogue.complete({"csv": str(tmp_path / "my.csv"), "label": "y", "strict": True}))
    assert (
        examine(tmp_path, "a,c,y", [f"{i % 9},{'uv'[i % 2]},{'ab'[i % 2]}" for i in range(40)], strict=True).problems
        == []
    )


def test_a_row_number_can_be_kept(tmp_path):
    rows = [f"{i},{i % 7},{'ab'[i % 2]}" for i in range(40)]
    assert [c["name"] for c in examine(tmp_path, "t,a,y", rows).columns] == ["a"]
    assert [c["name"] for c in examine(tmp_path, "t,a,y", rows, keep=["t"]).columns] == ["t", "a"]
    years = [f"{1959 + i},{'ab'[i % 2]}" for i in range(40)]
    assert [c["name"] for c in examine(tmp_path, "year,y", years).columns] == ["year"]


@pytest.mark.parametrize(
    ("text", "day"),
    [("2020-03-01", 18322), ("01.03.2020", 18322), ("2020-03-01 12:00", 18322.5), ("2020-03-01T06:00:00Z", 18322.25)],
)
def test_dates_are_days(tmp_path, text, day):
    rows = [f"{text if i % 2 else text.replace('2020', '2021')},{'ab'[i % 2]}" for i in range(30)]
    table = examine(tmp_path, "d,y", rows)
    np.testing.assert_allclose(table.values[0][:2], [day + 365, day])
    np.testing.assert_allclose(columns.values_of(table.columns[0], [text]), [day])


@pytest.mark.parametrize(
    ("labels", "names", "found"),
    [
        (["NA", "EU"], ["EU", "NA"], []),
        (["007", "7"], ["007", "7"], ["labels '007' and '7' differ only in spelling"]),
        (["cat", '"cat "'], ["cat", "cat "], ["labels 'cat' and 'cat ' differ only in spelling"]),
        (["1e20", "2e20"], ["1e20", "2e20"], []),
        (["9223372036854775809", "9223372036854775810"], ["9223372036854775809", "9223372036854775810"], None),
        (["10", "9"], ["9", "10"], []),
    ],
)
def test_labels_are_lossless(tmp_path, labels, names, found):
    table = examine(tmp_path, "a,y", [f"{i % 9},{labels[i % 2]}" for i in range(40)])
    assert sorted(table.class_names) == sorted(names) and (found is None or table.class_names == names)
    assert found is None or [finding.found for finding in table.findings] == found
    assert np.bincount(table.y).tolist() == [20, 20]
    assert [table.class_names[k] for k in table.y[:2]] == [label.strip('"') for label in labels]


def test_rows_without_a_label_and_of_tiny_classes_are_left_out(prepared, tmp_path):
    labels = ["a", "b"] * 20 + ["", "", "c", "c", "d"]
    path = written(tmp_path, "x,y", [f"{i % 11},{label}" for i, label in enumerate(labels)])
    info = prepared({"csv": path, "label": "y"}).info
    assert sum(info["counts"].values()) == 40 and info["class_names"] == ["a", "b"]
    assert [(f["found"], f["done"]) for f in info["findings"]] == [
        ("2 of 4 classes with fewer than 5 rows ('c', 'd')", "3 rows left out"),
        ("2 rows without a label", "rows left out"),
    ]


def test_a_missing_number_to_predict_is_left_out(tmp_path):
    table = examine(tmp_path, "x,y", [f"{i % 11},{'NA' if i == 5 else i / 7}" for i in range(40)])
    assert table.class_names is None and np.flatnonzero(~table.kept).tolist() == [5]


def test_several_hundred_classes(prepared, tmp_path):
    path = written(tmp_path, "x,y", [f"{i * i % 1009},class {i % 300}" for i in range(3000)])
    info = prepared({"csv": path, "label": "y"}).info
    assert info["classes"] == 300 and min(info["class_balance"]["test"]) >= 1


CSV = [
    ("text", {"replace": ("\n7,", "\nred,")}, {}, "column 'a', row 6: got 'red'; a feature must be a finite number"),
    ("infinite", {"replace": ("\n7,", "\n-inf,")}, {}, "column 'a', row 6: got '-inf'; a feature must be a finite"),
    ("too large", {"replace": ("\n7,", "\n1e40,")}, {}, "column 'a', row 6: got '1e+40'; a feature must be a finite"),
    ("one class", {"replace": ("yes", "no")}, {}, "column 'label': must have at least two classes, got only 'no'"),
    ("one named class", {"replace": ("yes", "no")}, {"class_names": ["no", "yes"]}, "two classes, got only 'no'"),
    ("no labels", {"rows": ["1,2,", "2,3,"]}, {}, "column 'label': must hold labels, got only missing values"),
    ("no such label", {}, {"label": "lable"}, "no column 'lable'; did you mean 'label'?"),
    ("no such drop", {}, {"drop": ["zzz"]}, "no column 'zzz'; must be one of a, b, label"),
    ("no feature", {}, {"drop": ["a", "b"]}, "at least one feature column besides the label 'label', got none"),
    ("nothing left", {"rows": [f"1,2,{k}" for k in "xyxyxyxyxyxy"]}, {},
     "no column is left to learn from ('a': always 1; 'b': always 2)"),
    ("no rows", {"rows": []}, {}, "must have at least one row below the header"),
    ("short header", {"header": "a,label"}, {}, "the rows have more fields than the header"),
    ("one long row", {"replace": ("\n7,", "\n7,7,")}, {}, "must be a CSV file in UTF-8 (Error tokenizing data"),
    ("separator", {}, {"separator": ";"}, "no column 'label'; the header seems to be separated by ',': add"),
    ("decimal comma", {"rows": [f'"{i % 9},5",{i % 7},{"uv"[i % 2]}' for i in range(40)]}, {},
     "column 'a', row 1: got '0,5'; numbers must be written with a decimal point"),
    ("duplicate", {"header": "label,b,label"}, {}, "the header has the name 'label' more than once; rename"),
    ("range", {}, {"class_names": ["no", "maybe"]},
     "row 2: label must be one of the class_names ['no', 'maybe'], got 'yes'"),
    ("text target", {}, {"task": "regression"},
     "row 1: the target of a regression must be a number of at most 3.4e+38, got 'no'"),
    ("large target", {"replace": ("\n7,", "\n1e40,")}, {"label": "a", "drop": ["label"]}, "3.4e+38, got '1e40'"),
    ("constant target", {}, {"task": "regression", "label": "c"}, "a target must vary, got only 4"),
    ("noisy regression", {}, {"label": "a", "drop": ["label"], "label_noise": 0.1},
     "label_noise must be 0 for a regression, got 0.1"),
    ("index", {}, {"label": "b", "drop": ["label"], "task": "classification",
     "class_names": ["only"]}, "row 2: label must be from 0 to 0, an index into the 1 class_names, got '2'"),
    ("ambiguous dates", {"rows": [f"0{i % 8 + 1}/0{i % 9 + 1}/2000,{i},{'uv'[i % 2]}" for i in range(40)]}, {},
     "column 'a': dates such as '01/01/2000' can be day/month or month/day; write them as 2020-12-31"),
]  # fmt: skip


@pytest.mark.parametrize("text, spec, sentence", [row[1:] for row in CSV], ids=[row[0] for row in CSV])
def test_an_invalid_csv_is_an_error(prepared, tmp_path, text, spec, sentence):
    rows = text.get("rows", [f"{row},4" for row in ROWS] if spec.get("label") == "c" else ROWS)
    content = "\n".join([text.get("header", "a,b,label,c" if spec.get("label") == "c" else "a,b,label"), *rows]) + "\n"
    path = tmp_path / "my.csv"
    path.write_text(content.replace(*text.get("replace", ("", ""))))
    with pytest.raises(ValueError) as caught:
        prepared({"csv": str(path), "label": "label", **spec})
    assert sentence in str(caught.value) and "\n" not in str(caught.value)
    assert "my.csv" in str(caught.value) or "dataset 'mine'" in str(caught.value)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("separator", [";", "\t", "||", r"\s+"])
def test_other_separators(tmp_path, separator):
    lines = [("\t" if separator == r"\s+" else separator).join(line.split(",")) for line in ["a,b,y", *ROWS]]
    table = examine(tmp_path, lines[0], lines[1:], separator=separator)
    np.testing.assert_array_equal(table.values[0], np.arange(2, 42))
    cells = read(tmp_path / "my.csv", table.columns, separator)
    assert [int(cell) for cell in cells["b"]] == table.values[1].tolist()


def test_all_problems_are_listed_at_once(tmp_path):
    rows = [f"{'x' if i == 4 else i},{'1e40' if i == 7 else i},1" for i in range(30)]
    with pytest.raises(ValueError) as caught:
        tables.csv(catalogue.complete({"csv": written(tmp_path, "a,b,y", rows), "label": "y"}))
    head, *lines = str(caught.value).splitlines()
    assert head.endswith("my.csv: 3 things must be changed:")
    starts = [
        "  - column 'a', row 5: got 'x'",
        "  - column 'b', row 8: got '1e+40'",
        "  - column 'y': must have at least",
    ]
    assert all(line.startswith(start) for line, start in zip(lines, starts, strict=True))


@pytest.mark.parametrize("content", [b"", b"a,label\n\xff\xfe,1\n"])
def test_an_unreadable_csv_is_an_error(prepared, tmp_path, content):
    (tmp_path / "my.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"my\.csv: must be a CSV file in UTF-8"):
        prepared({"csv": str(tmp_path / "my.csv"), "label": "label"})


def test_a_missing_csv_and_too_many_columns_are_errors(prepared, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^none\.csv: no such file$"):
        prepared({"csv": "none.csv", "label": "y"})
    wide = written(tmp_path, ",".join([f"c{j}" for j in range(10_001)]), [",".join(["1"] * 10_001)])
    with pytest.raises(ValueError, match=r"must have at most 10,000 columns, got 10,001"):
        prepared({"csv": wide, "label": "c0"})


# --- preprocessing --------------------------------------------------------------------------------------------------

KINDS = [{"name": "n", "kind": "number"}, {"name": "c", "kind": "category", "levels": ["u", "v", "w", "rare", "new"]},
         {"name": "full", "kind": "number"}]  # fmt: skip


def raw(rng, n):
    c = rng.choice([0.0, 1.0, 2.0, np.nan], n)
    n_ = np.where(rng.random(n) < 0.2, np.nan, rng.normal(5, 3, n))
    return np.column_stack([n_, c, rng.normal(size=n) ** 3])


@pytest.mark.parametrize("scaling", ["standard", "minmax", "none"])
def test_the_stored_preprocessing_is_that_of_scikit_learn(scaling):
    rng = np.random.default_rng(0)
    train, new = raw(rng, 400), raw(rng, 50)
    train[7, 1], new[3, 1], new[4, 1] = 3, 3, 4  # a rare level, and one that training has not seen
    fitted = tables.fit(KINDS, train, scaling)
    assert fitted[1]["levels"] == ["u", "v", "w", None] and fitted[1]["other"]
    assert [column.get("indicator") for column in fitted] == [True, None, False]
    expected = tables.column_transformer(KINDS, train, scaling).fit(train)
    for rows in (train, new):
        values = [tables.coded(kind, column, rows[:, j]) for j, (kind, column) in enumerate(zip(KINDS, fitted))]
        np.testing.assert_allclose(columns.features(fitted, values), expected.transform(rows), rtol=1e-5, atol=1e-6)
    assert [name for column in fitted for name in columns.names(column)] == [
        "n", "n missing", "c = u", "c = v", "c = w", "c = missing", "c = other", "full",
    ]  # fmt: skip


def test_the_preprocessing_is_fitted_on_the_training_split_only(prepared, tmp_path):
    rows = [f"{i % 10 if i % 4 else ''},{'ab'[i % 2]}" for i in range(100)]
    first = prepared({"csv": written(tmp_path, "x,y", rows), "label": "y"}, "first")
    for row in first.arrays["test"]["row"]:
        rows[row - 1] = f"1000,{rows[row - 1][-1]}"
    second = prepared({"csv": written(tmp_path, "x,y", rows), "label": "y"}, "second")
    assert first.info["columns"] == second.info["columns"]
    x = np.sort([float(rows[row - 1].split(",")[0] or "nan") for row in first.arrays["train"]["row"]])
    assert first.info["columns"][0]["fill"] == np.nanmedian(x)


def test_cells_are_read_as_when_training(prepared, tmp_path):
    path = written(tmp_path, HEADER, [mixed(i) for i in range(60)])
    made = prepared({"csv": path, "label": "y"})
    cells = list(zip(*[mixed(row - 1).split(",") for row in made.arrays["test"]["row"]]))
    places = {name: place for place, name in enumerate(HEADER.split(","))}
    fitted = made.info["columns"]
    values = [columns.values_of(column, cells[places[column["name"]]]) for column in fitted]
    np.testing.assert_array_equal(columns.features(fitted, values), made.test[0])


@pytest.mark.parametrize(
    ("column", "cell", "sentence"),
    [
        ({"name": "a", "kind": "number"}, "red", "column 'a', row 2: must be a finite number, got 'red'"),
        ({"name": "a", "kind": "number"}, "1_0", "must be a finite number, got '1_0'"),
        ({"name": "a", "kind": "number"}, "1e40", "must be a finite number, got '1e40'"),
        ({"name": "a", "kind": "number"}, "inf", "must be a finite number, got 'inf'"),
        ({"name": "a", "kind": "boolean"}, "maybe", "must be true or false, got 'maybe'"),
        (
            {"name": "a", "kind": "date", "format": "%Y-%m-%d"},
            "1.2.2020",
            "a date in the format %Y-%m-%d, got '1.2.2020'",
        ),
    ],
)
def test_a_new_cell_that_does_not_fit_is_an_error(column, cell, sentence):
    with pytest.raises(ValueError) as caught:
        columns.values_of(column, ["NA", cell])
    assert sentence in str(caught.value)


def test_a_level_without_a_feature_is_other():
    column = {"name": "c", "kind": "category", "levels": ["u", None], "other": True}
    values = columns.values_of(column, ["u", "NA", "x", " u "])
    np.testing.assert_array_equal(columns.features([column], [values]), [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(columns.features([column | {"other": False}], [values])[2], [0, 0])

import io
import os
import time
import zipfile

import numpy as np
import pytest

from layerwise.pipeline import files


def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_npz(tmp_path / "x.npz", x=np.zeros(3))
    assert list(tmp_path.iterdir()) == []


def test_equal_arrays_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        files.write_npz(tmp_path / f"{name}.npz", x=np.arange(5, dtype=np.float32), y=np.array(["é", "b"]))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert files.read_npz(tmp_path / "a.npz")["y"].tolist() == ["é", "b"]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_a_broken_npz_is_an_error(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.npz: must be a complete \.npz of numeric and text arrays"):
        files.read_npz(path)


def test_a_truncated_npz_is_an_error(tmp_path):
    path = tmp_path / "x.npz"
    files.write_npz(path, x=np.zeros(1000))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"x\.npz: must be a complete \.npz"):
        files.read_npz(path)


def test_a_member_that_is_no_array_or_declares_an_impossible_shape_is_an_error(tmp_path):
    path = tmp_path / "x.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**14,)})
    for content, sentence in ((b"text", "contain only arrays, but 'y' is none"), (header.getvalue(), "728. TiB")):
        files.write_npz(path, x=np.zeros(3))
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("y.npy", content)
        with pytest.raises(ValueError, match=rf"x\.npz: must .*{sentence}"):
            files.read_npz(path)


def test_a_single_array_is_no_npz(tmp_path):
    with open(tmp_path / "x.npz", "wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(ValueError, match=r"x\.npz: must be a complete \.npz"):
        files.read_npz(tmp_path / "x.npz")


def test_objects_are_not_stored(tmp_path):
    with pytest.raises(ValueError, match="array 'x' must be numeric or text, got Python objects"):
        files.write_npz(tmp_path / "x.npz", x=np.array([{}]))


def test_nan_in_json_and_a_broken_json_file_are_errors(tmp_path):
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "x.json", float("nan"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "y.json").write_text("{")
    with pytest.raises(ValueError, match=r"y\.json: must be valid JSON"):
        files.read_json(tmp_path / "y.json")


def test_temporary_files_of_a_killed_process_are_removed(tmp_path):
    """A writer in C may crash on a full disk, so that no cleanup runs."""
    (tmp_path / ".partial.1.x[1].json").write_text("half")
    (tmp_path / ".partial.1.other.json").write_text("half")
    files.write_json(tmp_path / "x[1].json", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".partial.1.other.json", "x[1].json"]


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError) as caught:
        files.write_json(tmp_path / "file" / "x.json", 1)
    assert caught.value.filename == str(tmp_path / "file" / "x.json")


def test_times_in_the_future_are_set_to_now_in_their_order(tmp_path):
    now = time.time()
    dates = {"past": now - 100, "old": now + 1e6, "new": now + 2e6, "equally new": now + 2e6}
    for name, date in dates.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (date, date))
    files.date_no_later_than_now([*(tmp_path / name for name in dates), tmp_path / "absent"])
    times = {name: (tmp_path / name).stat().st_mtime for name in dates}
    assert times["past"] == pytest.approx(dates["past"])
    assert now <= times["old"] < times["new"] == times["equally new"] <= time.time()


def test_a_time_that_cannot_be_changed_is_an_error(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError

    (tmp_path / "x.csv").touch()
    os.utime(tmp_path / "x.csv", (4e9, 4e9))
    monkeypatch.setattr(os, "utime", refuse)
    with pytest.raises(
        PermissionError, match=r"x\.csv: modification time must not be in the future, got 2096-\d\d-\d\d"
    ):
        files.date_no_later_than_now([tmp_path / "x.csv"])

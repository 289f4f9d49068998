import numpy as np
import pytest

from layerwise import files


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
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
def test_a_broken_npz_is_named(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.npz: not a readable \.npz"):
        files.read_npz(path)


def test_a_truncated_npz_is_named(tmp_path):
    path = tmp_path / "x.npz"
    files.write_npz(path, x=np.zeros(1000))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"x\.npz: not a readable"):
        files.read_npz(path)


def test_objects_are_not_stored(tmp_path):
    with pytest.raises(ValueError, match="array 'x' holds Python objects"):
        files.write_npz(tmp_path / "x.npz", x=np.array([{}]))


def test_json_refuses_nan_and_names_a_broken_file(tmp_path):
    with pytest.raises(ValueError):
        files.write_json(tmp_path / "x.json", float("nan"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "y.json").write_text("{")
    with pytest.raises(ValueError, match=r"y\.json: not valid JSON"):
        files.read_json(tmp_path / "y.json")

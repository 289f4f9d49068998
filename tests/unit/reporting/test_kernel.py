"""The process that runs a notebook is reached wherever temporary files go."""

import tempfile
from pathlib import Path

import pytest

from layerwise.reporting import render


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "notebook.py"
    path.write_text("# %%\nprint(6 * 7)\n")
    return path


@pytest.mark.parametrize("short", [render.SHORT, 0], ids=["another folder for the sockets", "ports"])
def test_a_long_name_of_the_folder_for_temporary_files_does_no_harm(notebook, tmp_path, monkeypatch, short):
    folder = tmp_path / ("t" * (102 - len(str(tmp_path))))
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(render, "SHORT", short)
    assert render.execute(notebook, {}).cells[-1].outputs[0].text == "42\n"
    assert list(Path(folder).iterdir()) == []

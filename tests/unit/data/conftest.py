import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from layerwise.data import load_split
from layerwise.data.prepare import prepare
from layerwise.pipeline.files import read_json, read_npz

SPLITS = ("train", "validation", "test")


@pytest.fixture
def prepared(tmp_path):
    """Prepare a dataset; return its description, its splits as loaded and its arrays as stored."""

    def run(spec, name="mine", downloads=tmp_path / "downloads"):
        output = tmp_path / "data" / name
        prepare(name, spec, downloads, output)
        return SimpleNamespace(
            folder=output,
            info=read_json(output / "dataset.json"),
            **{split: load_split(output / f"{split}.npz") for split in SPLITS},
            arrays={split: read_npz(output / f"{split}.npz") for split in SPLITS},
        )

    return run


@pytest.fixture(scope="session")
def mirror():
    """Return the mirror folder of published datasets, or skip the test if there is none."""
    default = Path(__file__).parents[4] / "shared" / "data"
    folder = Path(os.environ.get("LAYERWISE_DATA_MIRROR") or default)
    if not folder.is_dir():
        pytest.skip("no mirror of the published datasets: set LAYERWISE_DATA_MIRROR to its folder")
    return folder

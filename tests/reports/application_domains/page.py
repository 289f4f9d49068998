"""A report with one study and one network on the dataset ``sunspots``."""

import numpy as np
from studies import check_pictures

from layerwise.pipeline.files import write_json, write_npz
from layerwise.plots import Picture
from layerwise.reporting.artifacts import Report

ANCHOR = {"value": 13.8, "model": "AR(9)", "source": "somewhere", "protocol": "the same"}


def page_of(folder, arrays, **spec):
    """Return a report and its study with the given arrays."""
    write_npz(folder / "studies" / "study.npz", **arrays)
    info = {"name": "sunspots", "kind": "series", "classes": None, "feature_names": ["sunspot number"]}
    info |= {"class_names": None, "scaling": {"mean": None, "target": None}}
    write_json(folder / "data" / "sunspots" / "dataset.json", info)
    time = np.arange(1921, 1927)
    write_npz(folder / "data" / "sunspots" / "test.npz", x=np.zeros((6, 3, 1)), y=np.zeros((6, 1)), time=time)
    network = {"dataset": "sunspots", "title": "Sunspots, FCN: small", "backends": ["numpy"], "seeds": 2}
    network |= {"published": {"sunspots_autoregression_early": ANCHOR}}
    study = {"datasets": ["sunspots"], "runs": ["net/numpy"], **spec}
    page = Report("domains", {"net": network}, folder, {"study": study})
    return page, page.study("study")


def check_drawn(pictures, *words):
    """Check pictures, and that their titles contain the given words."""
    pictures = [pictures] if isinstance(pictures, Picture) else pictures
    check_pictures(pictures)
    for picture in pictures:
        assert all(word in picture.title for word in words), picture.title

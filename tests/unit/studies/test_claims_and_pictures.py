"""The claims over studies and the figures made of them, on the arrays of quick studies."""

import numpy as np
import pytest
from test_every_study import QUICK, load

from layerwise.files import write_json, write_npz
from layerwise.plots import Picture, to_svg
from layerwise.reporting import hidden, logistic
from layerwise.reporting.artifacts import Report

PICTURES = {
    "gradient_descent.surface": logistic.descent,
    "gradient_descent.batches": lambda study: logistic.batches(study, None),
    "gradient_descent.momentum": logistic.momentum,
    "gradient_descent.separable": logistic.separable,
    "regularization.paths": logistic.penalties,
    "quality.decisions": logistic.decided,
    "quality.calibration": logistic.cooled,
    "quality.cross_validation": lambda study: [logistic.folds(study)[0]],
    "quality.learning_curve": lambda study: [logistic.growing(study)],
    "quality.odds": lambda study: [logistic.odds(study)],
    "quality.two_features": lambda study: [logistic.contours(study)],
    "quality.sanity": lambda study: logistic.sane([study]),
    "hidden_layer.untangle": hidden.spaces,
    "capacity.hidden_units": lambda study: hidden.ladder(study, study),
    "capacity.bias_variance": hidden.decomposed,
    "capacity.sample_size": hidden.samples,
    "capacity.overfitting": hidden.overfitting,
    "capacity.double_descent": hidden.descents,
    "backpropagation.gradient_check": hidden.checks,
    "initialization.symmetry": hidden.starts,
    "initialization.spread": lambda study: hidden.spread(study, "signal") + hidden.spread(study, "gradient"),
    "initialization.vanishing": hidden.vanishing,
    "initialization.slowdown": hidden.slowdown,
}


def stored(folder, name, request):
    """Run a study on small data and store it as the pipeline does; return it as a report reads it."""
    data, arguments = QUICK[name]
    splits = {} if data is None else request.getfixturevalue(data)
    for dataset, parts in splits.items():
        x, y = parts["train"]
        info = {
            "title": dataset,
            "shape": list(x.shape[1:]),
            "class_names": [f"class {k}" for k in range(y.max() + 1)],
            "feature_names": [f"feature {j}" for j in range(x.shape[1])],
            "class_balance": {"train": np.bincount(y).tolist()},
        }
        write_json(folder / "data" / dataset / "dataset.json", info)
    defaults = {"examples": 20, "noise": 0.2, "units": 3, "epochs": 10}
    spec = {"function": name, "datasets": list(splits), "arguments": {**defaults, **arguments}}
    write_npz(folder / "studies" / "study.npz", **load(name)(splits, **arguments))
    return Report("report", {}, folder, {"study": spec}).study("study")


@pytest.mark.parametrize("name", PICTURES)
def test_a_study_is_drawn_with_a_finding_and_words_for_the_blind(name, tmp_path, request):
    for picture in PICTURES[name](stored(tmp_path, name, request)):
        assert isinstance(picture, Picture)
        assert len(picture.title) > 10
        assert len(picture.alt) > len(picture.title)
        assert "nan" not in f"{picture.title} {picture.alt}".replace("dominant", "")
        assert to_svg(picture).startswith("<svg")


def test_the_walkthrough_holds_every_number(tmp_path, request):
    text = hidden.walkthrough(stored(tmp_path, "backpropagation.two_units", request))
    assert "0.7616 & -0.0997" in text  # tanh(1), tanh(-0.1)
    assert "nan" not in text


@pytest.mark.parametrize("errors, words", [(0.0, ["fits all labels"]), (0.2, [])])
def test_no_width_is_said_to_fit_all_labels_where_none_does(errors, words, tmp_path, request):
    study = stored(tmp_path, "capacity.double_descent", request)
    fits = {f"fit.{width}": np.full_like(values, errors) for width, values in study.group("fit").items()}
    write_npz(tmp_path / "studies" / "study.npz", **study.arrays | fits)
    trained, _ = hidden.descents(Report("report", {}, tmp_path, {"study": study.spec}).study("study"))
    assert [text.get_text() for text in trained.axes[0].texts] == words


def test_a_study_that_is_not_configured_is_named():
    with pytest.raises(KeyError, match="no study 'surfaces'; did you mean 'surface'"):
        Report("report", {}, "results", {"surface": {}}).study("surfaces")


def test_an_array_that_is_not_there_is_named(tmp_path, request):
    study = stored(tmp_path, "quality.odds", request)
    with pytest.raises(KeyError, match="no array 'ratios'; did you mean 'ratio'"):
        study["ratios"]


def test_a_group_of_arrays_is_a_table_of_its_settings(tmp_path, request):
    study = stored(tmp_path, "capacity.hidden_units", request)
    assert list(study.group("test")) == ["1", "3"]
    assert study.table("test").shape == (2, 2)

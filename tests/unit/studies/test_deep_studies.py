"""Assignment 5's studies: deep networks, batch normalization, factorial designs, dropout, penalties, optimizers."""

import numpy as np
import pandas as pd
import pytest
from catalogue import of_report
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from test_every_study import load

from layerwise import nn
from layerwise.files import write_npz
from layerwise.plots import Picture, to_svg
from layerwise.reporting import held_back, normalized
from layerwise.reporting.artifacts import Report
from layerwise.studies import batch_normalization, dropout, factorial, weight_penalties
from layerwise.studies import deep_networks as deep

QUICK = {
    "batch_normalization.derivation": (None, {"seeds": 2}, None),
    "batch_normalization.running_statistics": (
        "pictures",
        {"width": 5, "examples": 50, "steps": 4, "every": 2, "batch_size": 25, "seeds": 2},
        normalized.statistics,
    ),
    "batch_normalization.sigmoid_network": (
        "pictures",
        {"units": [5, 5], "steps": 20, "every": 2, "batch_size": 25, "seeds": 2, "probe": 20, "learning_rate": 0.5},
        normalized.sigmoid,
    ),
    "batch_normalization.tolerance": (
        "pictures",
        {"setting": "learning_rate", "values": [0.1, 100.0], "units": [5], "epochs": 2, "seeds": 2},
        lambda study: [normalized.tolerance(study)],
    ),
    "batch_normalization.residual_variance": (
        None,
        {"depth": 3, "width": 10, "examples": 20, "seeds": 2},
        lambda study: [normalized.residual(study)],
    ),
    "factorial.cells": (
        "pictures",
        {"backend": "numpy", "examples": [20, 40], "units": [5], "steps": 4, "batch_size": 20, "seeds": 2},
        lambda study: [normalized.interaction(study), *normalized.factorial(study, study)],
    ),
    "dropout.expectation": (None, {"draws": [1, 30], "seeds": 2}, lambda study: [held_back.expectation(study)]),
    "dropout.keep_probability": (
        "pictures",
        {"keep": [0.5, 1.0], "width": 5, "expected": 4, "examples": 40, "steps": 3, "seeds": 2},
        held_back.keep,
    ),
    "dropout.sample_size": (
        "pictures",
        {"examples": [20, 40], "width": 5, "steps": 3, "seeds": 2},
        lambda study: [held_back.examples(study)],
    ),
    "dropout.hidden_units": (
        "pictures",
        {"units": 8, "examples": 40, "epochs": 2, "shown": 8, "seeds": 2},
        held_back.units,
    ),
    "dropout.uncertainty": (
        "pictures",
        {"width": 8, "examples": 60, "epochs": 2, "draws": 3, "angles": [0, 90], "count": 20, "seeds": 2},
        held_back.uncertainty,
    ),
    "dropout.max_norm": (
        "pictures",
        {"limit": 0.5, "rates": [0.01, 0.1], "width": 5, "examples": 40, "epochs": 2, "seeds": 2},
        held_back.max_norm,
    ),
    "weight_penalties.strengths": (
        "pictures",
        {"values": [1e-3, 1e-2], "units": [5], "examples": 40, "epochs": 2, "seeds": 2},
        held_back.strengths,
    ),
    "weight_penalties.boundaries": (
        "moons",
        {"values": [0.0, 0.1], "units": [5], "examples": 30, "epochs": 5, "steps": 6, "seeds": 2},
        lambda study: [held_back.regions(study)],
    ),
    "weight_penalties.decay": (
        "pictures",
        {"rates": [1e-3], "values": [0.0, 0.1], "units": [5], "examples": 40, "epochs": 2, "seeds": 2, "twins": 2},
        held_back.decay,
    ),
    "remedies.compared": (
        "pictures",
        {"choices": {"L2": [1e-3]}, "units": [5], "examples": 40, "epochs": 2, "seeds": 2},
        lambda study: held_back.rivals(study)[0],
    ),
    "optimizers.optimizers": (
        "pictures",
        {
            "rates": {name: [0.01] for name in ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")},
            "units": [5], "examples": 40, "epochs": 3, "tuning": 1, "seeds": 2,
        },
        held_back.optimizers,
    ),
    "optimizers.schedules": ("pictures", {"units": [5], "examples": 40, "epochs": 3, "seeds": 2}, held_back.schedules),
}  # fmt: skip


@pytest.fixture
def pictures():
    """Return small pictures of ten digits."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    ends = {"train": slice(0, 120), "validation": slice(120, 180), "test": slice(180, 260)}
    return {"pictures": {name: (x[part], y[part].astype(np.int32)) for name, part in ends.items()}}


@pytest.mark.parametrize("name", QUICK)
def test_a_study_is_the_same_again_and_drawn_with_a_finding(name, tmp_path, request):
    fixture, arguments, draw = QUICK[name]
    data = {} if fixture is None else request.getfixturevalue(fixture)
    first, second = (load(name)(data, **arguments) for _ in range(2))
    for key, array in first.items():
        assert np.array_equal(array, second[key], equal_nan=True), key
        assert np.asarray(array).dtype.kind in "fiu", key
    if draw is None:
        return
    write_npz(tmp_path / "studies" / "study.npz", **first)
    spec = {"function": name, "datasets": list(data), "arguments": arguments}
    for picture in draw(Report("report", {}, tmp_path, {"study": spec}).study("study")):
        assert isinstance(picture, Picture)
        assert len(picture.title) > 10
        assert "nan" not in f"{picture.title} {picture.alt}"
        assert to_svg(picture).startswith("<svg")


def test_every_configured_study_of_assignment_5_is_tested_here():
    assert {spec["function"] for spec in of_report("studies", "assignment5").values()} == set(QUICK)


# --- known answers --------------------------------------------------------------------------------------------------


def test_batch_normalization_by_graph_in_one_line_and_by_nn_agree():
    found = batch_normalization.derivation({}, seeds=3)
    for way, bound in {"forward": 1e-12, "closed": 1e-12, "layer": 1e-12, "differences": 1e-7}.items():
        assert found[f"gap.{way}"].max() < bound, way
    assert abs(found["dx"].sum()) < 1e-9  # a shift of the whole batch changes nothing
    assert np.allclose(found["dx"], found["closed"])


def test_a_mistake_in_the_backward_pass_shows():
    rng = np.random.default_rng(0)
    x, dy, gamma = rng.normal(size=(8, 3)), rng.normal(size=(8, 3)), np.ones(3)
    nodes = batch_normalization.forward(x, gamma, np.zeros(3))
    right = batch_normalization.backward(dy, gamma, nodes)["dx"]
    assert not np.allclose(right, dy * gamma * nodes["inverse"], atol=1e-2)  # mean and variance held constant


def test_the_statistics_of_a_batch_leave_the_running_ones_alone(pictures):
    x, y = deep.narrow(pictures)["train"]
    model = deep.train(deep.layers([5], 10, norm="batch"), (x, y), 0, nn.Adam(0.01), 1, 40)
    before = [value.copy() for value in model.get_weights()]
    batch_normalization.with_batch(model, x)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))


def test_a_residual_block_doubles_the_variance_and_a_normalized_one_adds_one():
    found = batch_normalization.residual_variance({}, depth=8, width=300, examples=300, seeds=4)
    assert found["factor.residual"].mean() == pytest.approx(2, abs=0.1)
    assert found["slope.residual_batch"].mean() == pytest.approx(1, abs=0.1)


def design(seeds=3):
    """Return a design whose effects are known, with a little noise."""
    rng = np.random.default_rng(0)
    table = rng.normal(0, 0.01, (seeds, 2, 2, 2, 2)) + np.arange(seeds).reshape(-1, 1, 1, 1, 1)
    table[:, 1] += 0.5
    table[:, :, 1, 1] += 0.3
    return table


def test_effects_are_on_less_off():
    found = factorial.effects(design())
    assert found["batch_normalization"].mean() == pytest.approx(0.5, abs=0.01)
    assert found["dropout"].mean() == pytest.approx(0.15, abs=0.01)
    assert found["dropout:L2"].mean() == pytest.approx(0.15, abs=0.01)
    assert abs(found["batch_normalization:dropout"].mean()) < 0.01


def test_the_analysis_of_variance_equals_statsmodels():
    table = design()
    rows = [dict(zip("sbdle", index), value=value) for index, value in np.ndenumerate(table)]
    theirs = anova_lm(ols("value ~ C(b) * C(d) * C(l) * C(e) + C(s)", pd.DataFrame(rows)).fit(), typ=2)
    ours = factorial.anova(table)
    letters = dict(zip(factorial.FACTORS, "bdle"))
    for term, row in zip(factorial.TERMS, ours):
        other = theirs.loc[":".join(f"C({letters[factor]})" for factor in term.split(":"))]
        assert np.allclose(row[:4], other[["sum_sq", "df", "F", "PR(>F)"]].to_numpy(float), rtol=1e-6, atol=1e-12), term
    assert np.allclose(ours[-2, :3], theirs.loc["C(s)"][["sum_sq", "df", "F"]].to_numpy(float))
    assert np.allclose(ours[-1, :2], theirs.loc["Residual"][["sum_sq", "df"]].to_numpy(float))


def test_the_table_of_variances_names_every_term(pictures, tmp_path):
    settings = {"examples": [20, 40], "units": [5], "steps": 3, "batch_size": 20, "seeds": 2}
    write_npz(tmp_path / "studies" / "study.npz", **factorial.cells(pictures, **settings))
    study = Report("report", {}, tmp_path, {"study": {"arguments": settings}}).study("study")
    table = normalized.variance_table(study)
    assert len(table) == len(factorial.TERMS) + 2
    assert list(table["term"][:2]) == ["BatchNorm", "dropout"]
    shares = table["accuracy: share"].str.removesuffix(" %").astype(float)
    assert shares.sum() == pytest.approx(100, abs=1)


def test_both_backends_train_the_same_network_where_nothing_is_drawn(pictures):
    settings = {"examples": [20, 40], "units": [6], "steps": 6, "batch_size": 20, "seeds": 2}
    ours, theirs = (factorial.cells(pictures, backend=backend, **settings) for backend in ("numpy", "keras"))
    for cell in ("000.40", "001.40", "100.40", "101.20"):  # without dropout
        assert np.allclose(ours[f"loss.{cell}"], theirs[f"loss.{cell}"], atol=1e-4), cell
        assert np.allclose(ours[f"predictions.{cell}"], theirs[f"predictions.{cell}"], atol=1e-4), cell


def test_a_mean_over_masks_is_the_input():
    found = dropout.expectation({}, draws=[10, 4000], width=300, seeds=3)
    for rate in ("0.2", "0.5", "0.8"):
        assert np.allclose(found[f"last.{rate}"], 1, atol=0.25)
        assert np.allclose(found[f"variance.{rate}"], 1, atol=0.03)


def test_the_share_of_pairs_told_apart_is_the_area_under_the_curve():
    rng = np.random.default_rng(0)
    unusual, usual = rng.integers(0, 8, 50) + 2.0, rng.integers(0, 8, 70) * 1.0
    expected = roc_auc_score(np.r_[np.ones(50), np.zeros(70)], np.r_[unusual, usual])
    assert dropout._auc(unusual, usual) == pytest.approx(expected)


def test_pictures_turn_about_their_centre():
    x = np.arange(16, dtype=np.float32).reshape(1, 16)
    square = x.reshape(4, 4)
    assert np.array_equal(dropout._turn(x, (4, 4), 0), x)
    assert np.array_equal(dropout._turn(x, (4, 4), 180).reshape(4, 4), square[::-1, ::-1])
    assert np.array_equal(dropout._turn(x, (4, 4), 90).reshape(4, 4), np.rot90(square, -1))


def test_a_second_dataset_is_what_the_network_has_never_seen(pictures):
    other = {name: (1 - x, y) for name, (x, y) in pictures["pictures"].items()}
    settings = {"width": 8, "examples": 60, "epochs": 2, "draws": 2, "angles": [0], "count": 20, "seeds": 1}
    found = dropout.uncertainty({**pictures, "negatives": other}, **settings)
    assert found["entropy.other"].shape == (20,)
    assert 0 <= found["auc.once.other"][0] <= 1


def test_entropy_and_disagreement_of_a_sure_network_are_zero(pictures):
    x, _ = deep.narrow(pictures)["train"]
    model = nn.Sequential([nn.Input((64,)), *deep.layers([4], 10, dropout=0.5)], seed=0)
    for layer in model.layers:
        for weight in layer.params.values():
            weight[...] = 0
    model.layers[-1].params["bias"][3] = 100
    answers = dropout._answers(model, x, 4)
    assert np.allclose(answers["entropy"], 0, atol=1e-9)
    assert np.allclose(answers["disagreement"], 0, atol=1e-9)


def test_weight_decay_is_l2_under_sgd_and_not_under_adam(pictures):
    found = weight_penalties.decay(
        pictures, rates=[1e-3], values=[0.0], units=[6], examples=60, epochs=5, seeds=2, twins=2
    )
    assert found["apart.sgd"].max() < 1e-3
    assert found["apart.adam"].min() > 0.3


def test_max_norm_holds_every_unit(pictures):
    found = dropout.max_norm(pictures, limit=0.4, rates=[0.1], width=6, examples=60, epochs=3, seeds=2)
    assert found["norm.dropout_max_norm"].max() <= 0.4 + 1e-5
    assert found["norm.plain"].min() > 0.4


def test_a_network_that_diverges_has_no_right_answers(pictures):
    x, y = deep.narrow(pictures)["train"]
    model = deep.train(deep.layers([5, 5], 10), (x, y), 0, nn.SGD(1e30), 3, 20)
    assert deep.accuracy(deep.logits(model, x), y) == 0


def test_the_walkthrough_holds_every_number(tmp_path):
    write_npz(tmp_path / "studies" / "study.npz", **batch_normalization.derivation({}, seeds=2))
    text = normalized.walkthrough(Report("report", {}, tmp_path, {"study": {}}).study("study"))
    assert "1.2647" in text  # 2 / √(2.5 + 0.001)
    assert "nan" not in text

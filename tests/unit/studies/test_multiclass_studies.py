"""The studies of assignment 3, and the figures made of them: layers, training seen from inside, how to judge."""

import numpy as np
import pytest
from catalogue import of_report
from sklearn.datasets import make_blobs
from test_every_study import load

from layerwise import nn
from layerwise.files import write_npz
from layerwise.plots import Picture, to_svg
from layerwise.reporting import multiclass
from layerwise.reporting.artifacts import Study
from layerwise.studies import judging, layers, training_dynamics

RATES = {name: [0.01, 0.1] for name in training_dynamics.OPTIMIZERS}
QUICK = {
    "layers.one_batch": {},
    "layers.gradients": {},
    "layers.overflow": {"seeds": 2},
    "training_dynamics.health": {"examples": 20, "epochs": 30, "seeds": 2},
    "training_dynamics.signals": {"depth": 2, "width": 8, "epochs": 3, "seeds": 2, "bins": 10},
    "training_dynamics.dead_units": {"rates": [0.1, 100.0], "hidden": [8], "epochs": 3, "seeds": 2},
    "training_dynamics.updates": {"rates": [0.001, 0.1, 0.5], "hidden": [8], "epochs": 3, "seeds": 2},
    "training_dynamics.optimizers": {"rates": RATES, "hidden": [8], "epochs": 4, "seeds": 2},
    "training_dynamics.batch_sizes": {"sizes": [4, 16], "hidden": [8], "epochs": 3, "seeds": 2, "draws": 20},
    "training_dynamics.finder": {"steps": 40, "rates": [0.01, 0.1], "hidden": [8], "epochs": 2, "seeds": 2},
    "training_dynamics.schedules": {"hidden": [8], "epochs": 6, "seeds": 2},
    "judging.baselines": {"boosting": {"digits": 3}, "repeats": 2},
    "judging.selection": {"candidates": 3, "held_out": 20, "draws": 5, "counts": [1, 3], "groups": 2},
}
PICTURES = {
    "layers.one_batch": multiclass.shapes,
    "layers.overflow": multiclass.overflowing,
    "training_dynamics.health": lambda study: multiclass.first_losses(study) + multiclass.by_heart(study),
    "training_dynamics.signals": lambda study: multiclass.distributions(study) + multiclass.saturation(study),
    "training_dynamics.dead_units": multiclass.dying,
    "training_dynamics.updates": multiclass.moved,
    "training_dynamics.optimizers": multiclass.descents,
    "training_dynamics.batch_sizes": multiclass.batched,
    "training_dynamics.finder": multiclass.rates_found,
    "training_dynamics.schedules": multiclass.scheduled,
    "judging.baselines": multiclass.baselines,
    "judging.selection": multiclass.chosen,
}


@pytest.fixture(scope="module")
def data():
    """Return three well parted classes under the name of a dataset that the reports know."""
    x, y = make_blobs(150, centers=[[0, 2, 0, 0], [2, -2, 0, 1], [-2, -2, 1, 0]], cluster_std=0.8, random_state=0)
    x, y = x.astype(np.float32), y.astype(np.int32)
    parts = {"train": slice(0, 70), "validation": slice(70, 110), "test": slice(110, 150)}
    return {"digits": {name: (x[rows], y[rows]) for name, rows in parts.items()}}


@pytest.fixture(scope="module")
def run(data):
    """Return what a study finds on the small data, computed once."""
    found = {}

    def find(name):
        if name not in found:
            found[name] = load(name)(data, **QUICK[name])
        return found[name]

    return find


def test_every_configured_study_is_tested():
    in_keras = {"twins.trajectories"}  # tests/parity/test_twins.py
    assert {spec["function"] for spec in of_report("studies", "assignment3").values()} == set(QUICK) | in_keras


@pytest.mark.parametrize("name", QUICK)
def test_a_study_returns_finite_arrays_and_the_same_ones_again(name, run, data):
    first, second = run(name), load(name)(data, **QUICK[name])
    assert list(first) == list(second)
    for key, array in first.items():
        assert np.array_equal(array, second[key], equal_nan=True), key
        assert array.dtype.kind in "fiu", key
        if not key.startswith(("train.", "validation.")):  # curves of a training that may diverge
            assert np.isfinite(array).all(), key


@pytest.mark.parametrize("name", PICTURES)
def test_a_study_is_drawn_with_a_finding_and_words_for_the_blind(name, run, tmp_path):
    arguments = {"held_out": 20, "epochs": 4, "rates": [0.001, 0.1, 0.5], **QUICK[name]}
    write_npz(tmp_path / "studies" / "study.npz", **run(name))
    study = Study("study", {"function": name, "datasets": ["digits"], "arguments": arguments}, tmp_path)
    for picture in PICTURES[name](study):
        assert isinstance(picture, Picture)
        assert len(picture.title) > 10
        assert len(picture.alt) > len(picture.title)
        assert "nan" not in f"{picture.title} {picture.alt}"
        assert to_svg(picture).startswith("<svg")


# --- layers ----------------------------------------------------------------------------------------------------------


def public(base):
    """Return the names of the classes of the framework that derive from one."""
    kinds = {name: kind for name, kind in vars(nn).items() if isinstance(kind, type)}
    return {name for name, kind in kinds.items() if issubclass(kind, base) and kind is not base}


def test_every_layer_and_every_loss_is_in_the_table():
    assert set(layers.LAYERS) == public(nn.Layer) - {"Input"}
    assert set(layers.LOSSES) == public(nn.Loss)


def test_all_gradients_are_right(run):
    found = run("layers.gradients")
    assert found["wrong"] == 0
    assert found["errors"].max() < 1e-7
    assert all(row[3] == 1 for name, row in found.items() if name.startswith(("check.", "loss.")))


def test_a_wrong_layer_is_counted(monkeypatch):
    class _Wrong(nn.Dense):
        def backward(self, dy):
            dx = super().backward(dy)
            self.grads["bias"] *= 2
            return dx

    monkeypatch.setattr(layers, "LAYERS", {"Dense": (_Wrong(3), (4, 5))})
    found = layers.gradients({})
    assert found["wrong"] == 1
    assert found["check.Dense"][3] == 0


@pytest.mark.parametrize(
    "layer, shape, expected",
    [
        (nn.Flatten(), (3, 4), 0),
        (nn.Dense(2), (3, 4), 3 * 4 + 3 * 2),  # x and y
        (nn.Residual([nn.Dense(4)]), (3, 4), 2 * 3 * 4),
    ],
)
def test_what_a_layer_keeps_is_counted_once(layer, shape, expected):
    layer(np.ones(shape), training=True)
    assert layers.kept(layer) == expected


def test_the_numbers_of_one_batch_are_those_of_the_framework(run):
    found = run("layers.one_batch")
    assert found["layer_gap"] < 1e-14  # sums of two or three products of size 1, rounded in another order
    assert found["softmax_gap"] < 1e-8
    assert found["p"].sum() == pytest.approx(1)
    assert found["steepest"].tolist() == [0.25, 1.0, 1.0]


def test_the_formula_as_written_overflows_and_log_sum_exp_does_not(run):
    found = run("layers.overflow")
    assert found["finite.naive"][:, 0].min() == 1
    assert found["finite.naive"][:, -1].max() == 0
    assert found["finite.stable"].min() == 1
    assert found["error"].max() < 1e-6


# --- training --------------------------------------------------------------------------------------------------------


def test_zero_output_weights_begin_at_log_c_and_large_ones_far_from_it(run):
    found = run("training_dynamics.health")
    assert np.allclose(found["initial.digits.0.0"], np.log(3), atol=1e-6)
    assert found["initial.digits.10.0"].min() > 1.5 * np.log(3)
    assert found["overfit.digits"].min() == 1


def test_gradients_at_the_units_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)).astype(np.float32), np.array([0, 1, 2, 0, 1, 2])
    model = training_dynamics.network(x, y, [5, 5], 0, activation="tanh")
    (first, slope), (second, _) = training_dynamics.passes(model, x, y)

    def loss(units):
        for layer in model.layers[1:]:
            units = layer.forward(units)
        return model.loss(y, units)

    moved = first.copy()
    moved[2, 3] += 1e-2
    expected = (loss(moved) - loss(first)) / 1e-2
    assert slope[2, 3] == pytest.approx(expected, rel=0.05)
    assert second.shape == (6, 5)


def test_large_first_weights_saturate_tanh(run):
    found = run("training_dynamics.signals")
    assert found["start.tanh_large"].mean() > found["start.tanh"].mean() + 0.2
    assert np.allclose(found["units_before.relu"].sum(axis=1), 1)


def test_units_that_are_off_for_every_example_are_dead(run):
    x, y = np.random.default_rng(0).uniform(size=(9, 4)).astype(np.float32), np.arange(9) % 3
    model = training_dynamics.network(x, y, [8, 2], 0)
    for layer, bias in zip(model.layers, (1e3, 1e6)):
        layer.params["bias"][...] = bias
    assert training_dynamics.dead_share(model, x) == 0
    model.layers[0].params["bias"][:5] = -1e3
    assert training_dynamics.dead_share(model, x) == 0.5  # 5 of 10
    found = run("training_dynamics.dead_units")
    assert np.array_equal(found["dead"][:, 1], found["dead.100.0"])


def test_the_update_ratio_grows_with_the_rate(run):
    found = run("training_dynamics.updates")
    assert (found["ratio.0.001.0"] < found["ratio.0.1.0"]).all()
    assert found["ratio.0.1.0"].shape == (2, 3)


def test_a_diverged_training_is_no_worse_than_chance_in_the_table(data):
    found = training_dynamics.optimizers(data, {"SGD": [0.1, 1e6]}, hidden=[8], epochs=3, seeds=2)
    assert found["best.SGD"] == 0.1
    assert np.allclose(found["loss.SGD"][:, 1], np.log(3))


def test_the_noise_of_a_batch_falls_with_the_root_of_its_size(data):
    found = training_dynamics.batch_sizes(data, [4, 16], hidden=[8], epochs=1, seeds=1, draws=400)
    assert found["off"][0] < 0.1


def test_all_schedules_share_their_highest_rate(run):
    found = run("training_dynamics.schedules")
    highest = [found[key].max() for key in found if key.startswith("rate.")]
    assert len(highest) == 6
    assert np.allclose(highest, 0.3, rtol=0.01)


# --- judging ---------------------------------------------------------------------------------------------------------


def test_boosting_is_left_out_where_it_has_no_rounds(data):
    assert set(judging.baselines(data, {}, repeats=1)) == {"network.digits", "logistic.digits", "svc.digits"}


def test_every_classifier_learns_what_is_easy(run):
    assert all(values.mean() > 0.8 for values in run("judging.baselines").values())


def test_the_best_of_several_looks_better_than_it_is():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)).astype(np.float32), rng.integers(2, size=200).astype(np.int32)
    data = {"noise": {"train": (x[:40], y[:40]), "validation": (x[40:80], y[40:80]), "test": (x[80:], y[80:])}}
    found = judging.selection(data, candidates=8, held_out=30, draws=40, counts=[1, 8], groups=3)
    assert found["gap.8"].min() > 0.05 > abs(found["gap.1"].mean())

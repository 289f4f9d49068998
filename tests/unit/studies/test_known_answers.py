"""Studies on problems whose answer is known."""

import numpy as np
import pytest

from layerwise.estimators import LogisticRegression
from layerwise.studies import backpropagation, capacity, gradient_descent, initialization, quality, regularization
from layerwise.studies.inputs import bootstraps, only, rarest, strongest
from layerwise.studies.logistic import fitted
from layerwise.studies.vectorisation import WAYS, timing

pytestmark = pytest.mark.training


@pytest.mark.parametrize("way", WAYS)
def test_the_three_ways_to_write_a_gradient_agree(way):
    rng = np.random.default_rng(0)
    problem = rng.normal(size=5), 0.3, rng.normal(size=(20, 5)), rng.integers(2, size=20).astype(float)
    assert np.allclose(WAYS[way](*problem), WAYS["loops"](*problem), atol=1e-14)


def test_timing_measures_every_way_and_batch(table):
    found = timing(table, rows=[5, 10], columns=[2], repeats=2, epochs=1)
    assert all((found[f"seconds.{way}"] > 0).all() for way in WAYS)
    assert all((found[f"epoch.{size}"] > 0).all() for size in ("all", 32, 1))
    assert max(found[f"difference.{way}"].max() for way in WAYS) < 1e-12


@pytest.mark.parametrize("data", ["table", "three"])
def test_logistic_regression_of_the_studies_is_that_of_the_estimator(data, request):
    x, y = only(request.getfixturevalue(data))["train"]
    settings = {"l2": 0.01, "tol": 0.0, "max_epochs": 50, "batch_size": 16}
    model = fitted(x, y, random_state=np.random.RandomState(3), **settings)
    estimator = LogisticRegression(random_state=3, **settings).fit(x, y)
    np.testing.assert_array_equal(model.losses, estimator.loss_curve_)
    np.testing.assert_array_equal(model.weights.T, estimator.coef_)
    np.testing.assert_array_equal(model.probabilities(x), estimator.predict_proba(x))
    np.testing.assert_array_equal(model.predicted(x), estimator.predict(x))
    assert model.accuracy(x, y) == estimator.score(x, y)


def test_descent_arrives_below_the_safe_step_and_not_above_the_unstable_one(table):
    found = gradient_descent.surface(table, starts=4)
    assert (found["gap.safe"] < 1e-9).all()
    assert (found["gap.unstable"] > 1e-4).all()
    assert found["walk_loss"][-1][-1] > 1e3  # past 2/λ it leaves for infinity
    assert np.allclose(found["walk"][:, 0], found["walk"][0, 0])  # all from one start


def test_no_loss_is_below_the_minimum(table):
    assert all((curve > -1e-9).all() for curve in gradient_descent.batches(table, epochs=5, repeats=2).values())


def test_standardised_features_are_better_conditioned(table):
    stretched = {name: (x * np.float32([1000, 1, 0.01, 10]), y) for name, (x, y) in table["table"].items()}
    found = gradient_descent.scaling({**table, "table_raw": stretched}, epochs=20, repeats=2)
    assert (found["condition.raw"] > 100 * found["condition.scaled"]).all()
    assert (found["loss.scaled"][:, -1] < found["loss.raw"][:, -1]).all()


def test_weights_grow_for_ever_on_separable_classes_unless_penalised(three):
    found = gradient_descent.separable(three, epochs=1000, repeats=3)
    assert (found["late.free"] > found["early.free"] + 0.3).all()
    assert np.allclose(found["late.penalised"], found["early.penalised"], atol=0.05)


def test_l1_removes_features_and_l2_none(table):
    found = regularization.paths(table, low=0.01, high=1.0, count=5, repeats=2)
    assert (found["coefficients.l1"][-1] == 0).all()
    assert (found["coefficients.l2"] != 0).all()
    assert found["zeros.l2"].max() == 0


def test_the_threshold_moves_recall_and_the_cost_with_it(table):
    found = quality.decisions(table, costs=[1, 20], repeats=3)
    assert (np.diff(found["recall"], axis=1) <= 0).all()
    assert found["rule.20"].mean() < found["half.20"].mean()
    assert np.allclose(found["rule.1"], found["half.1"])


def test_temperature_cools_a_model_that_is_too_sure():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(360, 20)).astype(np.float32)
    y = (x[:, 0] + 2 * rng.normal(size=360) > 0).astype(np.int32)
    data = {"noise": {"train": (x[:60], y[:60]), "validation": (x[60:210], y[60:210]), "test": (x[210:], y[210:])}}
    found = quality.calibration(data, repeats=3, epochs=500)
    assert (found["temperature"] > 1.2).all()
    assert (found["log_loss.after"] < found["log_loss.before"]).all()
    order = [found[f"probabilities.{when}"].argmax(axis=1) for when in ("before", "after")]
    assert np.array_equal(*order)


def test_cross_validation_agrees_with_scikit_learn(table):
    found = quality.cross_validation(table, folds=4, repeats=1)
    assert found["coefficients"].max() < 0.01
    assert np.allclose(found["auc.ours"], found["auc.reference"], atol=0.01)


@pytest.mark.parametrize("data", ["table", "three"])
def test_training_starts_at_log_c_and_shuffled_labels_teach_nothing(data, request):
    found = quality.sanity(request.getfixturevalue(data), repeats=24)
    classes = {"table": 2, "three": 3}[data]
    assert found["initial"][0] == pytest.approx(np.log(classes), abs=1e-12)
    assert abs(found["shuffled"].mean() - found["guessing"].mean()) < 0.12  # of 20 draws of the data, at most 0.083
    assert (found["true"] > found["shuffled"].mean()).all()
    assert (found["tiny"] == 1).all()


def test_odds_point_the_way_the_data_do(table):
    found = quality.odds(table, resamples=20)
    assert found["ratio"][0] > 1 > found["ratio"][1]
    assert ((found["low"] < found["ratio"]) & (found["ratio"] < found["high"])).all()
    assert found["strongest"].min() > 1


def test_bias_and_variance_sum_to_the_error(moons):
    found = capacity.bias_variance(moons, units=[1, 8], groups=2, sets=3, examples=30, epochs=50)
    for units in (1, 8):
        total = found[f"bias.{units}"] + found[f"variance.{units}"]
        assert np.allclose(total, found[f"error.{units}"], atol=1e-12)


def test_more_hidden_units_solve_what_one_cannot(circles):
    found = capacity.hidden_units(circles, units=[1, 10], seeds=3, epochs=300)
    assert found["test.10"].min() > 0.85 > 0.8 > found["test.1"].max()  # of 20 draws: at least 0.9, at most 0.73


def test_random_features_have_their_worst_error_at_as_many_as_examples():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 20)).astype(np.float32)
    y = (x[:, :5].sum(axis=1) > 0).astype(np.int32)
    data = {"half": {"train": (x[:150], y[:150]), "test": (x[150:], y[150:])}}
    found = capacity.double_descent(data, [2], [13, 40, 600], examples=40, noise=0.2, seeds=40, epochs=2)
    # Of 20 draws of the data, higher by 0.04 or more.
    assert found["random.40"].mean() > max(found["random.13"].mean(), found["random.600"].mean()) + 0.02


def test_backpropagation_by_hand_equals_differences():
    found = backpropagation.two_units({})
    assert found["gap"][0] < 1e-9
    assert found["new_loss"] < found["loss"]


def test_the_gradient_check_catches_every_deliberate_mistake():
    found = backpropagation.gradient_check({}, seeds=5)
    assert found["wrong.none"].max() < 1e-8
    assert len(backpropagation.MISTAKES) == 5
    for name in set(backpropagation.MISTAKES) - {"none"}:
        assert found[f"wrong.{name}"].min() > 1e-2, name
    best = found["error"].mean(axis=0).argmin()
    assert 1e-7 < found["step"][best] < 1e-3


def test_zero_weights_leave_one_hidden_unit(moons):
    found = initialization.symmetry(moons, ("zeros", "glorot"), units=6, seeds=3, epochs=100)
    assert (found["distinct.zeros"] == 1).all()
    assert (found["distinct.glorot"] == 6).all()


def test_units_are_distinct_if_more_than_rounding_parts_them():
    weights = np.array([[1.0, 1.0 + 1e-6, 2.0, 1.0], [0.5, 0.5, 0.5, 0.9]], np.float32)
    assert initialization._distinct(weights) == 3


def test_gradients_vanish_through_sigmoids_and_not_through_relu(three):
    found = initialization.vanishing(three, depths=[1, 5], width=30, seeds=4, epochs=1)
    assert found["ratio.sigmoid.5"].max() < 0.05
    assert 0.2 < found["ratio.relu.5"].mean() < 5
    assert np.allclose(found["ratio.tanh.1"], 1)


def test_a_neuron_that_is_sure_and_wrong_learns_sooner_from_cross_entropy(three):
    found = initialization.slowdown(three, epochs=10, seeds=1)
    assert found["neuron.squared_error.mild"][0] == pytest.approx(0.82, abs=0.005)  # Nielsen 2015, chapter 3
    assert found["neuron.squared_error.mild"][-1] == pytest.approx(0.09, abs=0.16)
    assert found["neuron.cross_entropy.wrong"][50] < 0.8 < found["neuron.squared_error.wrong"][50]


def test_a_bootstrap_loses_no_class_and_begins_with_the_data(three):
    x, y = three["three"]["train"]
    draws = list(bootstraps(x, y, 3))
    assert len(draws[0][1]) == len(y)
    assert np.array_equal(np.sort(draws[0][1]), np.sort(y))
    assert all(set(drawn) == {0, 1, 2} for _, drawn in draws)
    assert not np.array_equal(draws[1][0], draws[2][0])


def test_the_rarest_class_and_the_strongest_features(table):
    x, y = table["table"]["train"]
    assert rarest(y) == 1
    assert strongest(x, y)[0] == 0

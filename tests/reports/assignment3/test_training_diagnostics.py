import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports.assignment3.figures.training_diagnostics import during_training, leaks
from layerwise.reports.assignment3.studies.training_diagnostics import WrongReshape, run

QUICK = {"hidden": 8, "epochs": 15, "rates": [0.01, 3.0], "watched": 20, "batch": 6, "seeds": 2}


@pytest.fixture(scope="module")
def arrays(digits):
    x, y = digits["digits"]["train"]
    repeated = {"train": (np.tile(x, (4, 1)), np.tile(y, 4)), "validation": digits["digits"]["validation"]}
    return run({"digits": repeated}, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, tmp_path):
    check_same(run(digits, **QUICK), run(digits, **QUICK))
    study = stored(tmp_path, arrays, digits, arguments=QUICK)
    check_pictures([*during_training(study), leaks(study)])


def test_without_inputs_the_loss_ends_at_the_entropy_of_the_class_frequencies(arrays):
    np.testing.assert_allclose(arrays["loss.zeros"][:, -1], arrays["prior"][0], atol=0.05)
    assert arrays["loss.inputs"][:, -1].max() < 0.5 * arrays["prior"][0]


def test_predictions_change_more_with_a_large_learning_rate(arrays):
    assert arrays["changed.0.01"].shape == (2, len(arrays["step"]))
    assert arrays["changed.0.01"].mean() < arrays["changed.3.0"].mean()


def test_only_a_correct_network_keeps_the_examples_apart(arrays):
    correct = arrays["leak.correct"]
    assert np.diagonal(correct).min() > 0
    np.testing.assert_array_equal(correct - np.diag(np.diagonal(correct)), 0)
    for name in ("normalized", "reshape"):
        assert (arrays[f"leak.{name}"][~np.eye(6, dtype=bool)] > 0).mean() > 0.5


def test_the_planted_mistake_has_a_correct_gradient():
    assert nn.check_gradients(WrongReshape(), np.random.default_rng(0).normal(size=(4, 3)), verbose=False).ok

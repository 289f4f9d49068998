import numpy as np
import pytest

from layerwise import nn
from layerwise.reports import training_kit
from layerwise.reports.descent_comparison import SCHEDULES, compare_optimizers, compare_schedules
from layerwise.reports.inputs import only


def history(data, seed, optimizer, epochs):
    splits = only(data, np.float32)
    model = training_kit.classifier(training_kit.layers([5], 3), (2,), seed, optimizer)
    return training_kit.fit(model, splits["train"], epochs, validation=splits["validation"])


def test_the_rate_is_chosen_and_evaluated_with_different_seeds(three):
    arrays = compare_optimizers(three, {"SGD": [1e-4, 0.1]}, [5], 3, tuning=[7], seeds=[0, 1])
    losses = [history(three, 7, nn.SGD(rate), 3)["val_loss"][-1] for rate in (1e-4, 0.1)]
    assert np.array_equal(arrays["loss.SGD"], np.minimum([losses], np.log(3)))
    assert arrays["best.SGD"] == [0.1]
    histories = [history(three, seed, nn.SGD(0.1), 3) for seed in (0, 1)]
    assert np.array_equal(arrays["validation.SGD"], [run["val_loss"] for run in histories])
    assert np.array_equal(arrays["last_accuracy.SGD"], [run["val_accuracy"][-1] for run in histories])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_followed_step_by_step(three, name):
    arrays = compare_schedules(three, 0.2, [name], "momentum", [5], 4, [3])
    rate = SCHEDULES[name](0.2, len(arrays["step"]))
    assert len(arrays["step"]) == 4 * 2  # 60 training examples in batches of 32
    assert np.array_equal(arrays["train." + name][0], history(three, 3, nn.SGD(rate, momentum=0.9), 4)["loss"])

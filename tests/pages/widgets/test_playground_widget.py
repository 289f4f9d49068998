"""The widget “playground” computes what the Python code computes."""

import numpy as np
import pytest

from layerwise.estimators import TwoLayerNetwork


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("units, seed, l2", [(4, 0, 0.0), (32, 3, 0.01), (1, 1, 0.1)])
def test_first_ten_steps_equal_two_layer_network(activation, units, seed, l2, opened, planes):
    call = opened("playground")
    settings = {"dataset": "xor", "units": units, "activation": activation, "rate": 0.5, "l2": l2, "seed": seed}
    call("configure", settings)
    call("train", 10)
    state = call("state")
    reference = TwoLayerNetwork(
        units, activation=activation, learning_rate=0.5, l2=l2, epochs=10, random_state=seed
    ).fit(*planes["xor"].split("train"))
    parts = zip(reference.coefs_, reference.intercepts_)
    expected = np.concatenate([np.concatenate([kernel.ravel(), bias]) for kernel, bias in parts])
    np.testing.assert_allclose(state["parameters"], expected, atol=1e-6)
    np.testing.assert_allclose(state["losses"], reference.loss_curve_, atol=1e-6)


def test_training_runs_until_it_is_paused(opened, browser):
    call = opened("playground", prefers_reduced_motion="no-preference")
    button = browser.find_element("css selector", ".stage button")
    button.send_keys(" ")
    assert button.text == "Pause"
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    button.send_keys(" ")
    steps = len(call("state")["losses"])
    assert steps > 4 and button.text == "Train"
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    assert len(call("state")["losses"]) == steps


def test_reduced_motion_trains_without_animation(opened, browser):
    call = opened("playground", prefers_reduced_motion="reduce")
    browser.find_element("css selector", ".stage button").send_keys(" ")
    assert len(call("state")["losses"]) == 201
    assert browser.find_element("css selector", ".stage button").text == "Train"


def test_diverging_training_says_so(opened):
    call = opened("playground")
    call("configure", {"dataset": "xor", "units": 8, "activation": "relu", "rate": 1e160})
    call("train", 10)
    assert "learning rate is too high" in call("status")

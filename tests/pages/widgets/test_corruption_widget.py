"""The widget “corruption and attribution” computes what the Python code computes."""

import numpy as np
import pytest
from widget_pages import RIGHT

from layerwise import interpret
from layerwise.reports.application_domains.studies import corruption_robustness


@pytest.mark.parametrize(
    "kind, amount", [("blur", 0.0), ("blur", 0.7), ("blur", 3.0), ("rotation", 30.0), ("shift", 2.5), ("shift", 4.0)]
)
def test_corruption_equals_the_study(kind, amount, opened, mnist):
    call = opened("corruption")
    image = mnist[0][250:251].astype(float)
    expected = corruption_robustness.SPOILED[kind](image, amount, None)[0, :, :, 0] if amount else image[0, :, :, 0]
    result = np.reshape(call("corrupt", kind, image.ravel().tolist(), amount), (28, 28))
    np.testing.assert_allclose(result, expected, atol=1e-6)


def test_noise_has_the_given_standard_deviation(opened):
    result = np.array(opened("corruption")("corrupt", "noise", [0.5] * 784, 0.1)) - 0.5
    assert result.std() == pytest.approx(0.1, rel=0.1) and abs(result.mean()) < 0.01


METHODS = {
    "gradient": interpret.saliency,
    "gradient_times_input": interpret.gradient_times_input,
    "integrated_gradients": lambda *arguments: interpret.integrated_gradients(*arguments, steps=32),
    "guided_backpropagation": interpret.guided_backpropagation,
    "grad_cam": interpret.grad_cam,
    "occlusion": lambda *arguments: interpret.occlusion(*arguments, size=4, stride=2),
}


@pytest.mark.parametrize("method", METHODS)
def test_attribution_equals_interpret(method, opened, networks, mnist):
    call = opened("corruption")
    rng = np.random.default_rng(0)
    image = np.clip(mnist[0][250:251] + rng.uniform(0.01, 0.2, (1, 28, 28, 1)), 0, 1).astype(np.float32)
    k = int(networks["CNN"].predict(image).argmax())
    expected = METHODS[method](networks["CNN"].model(), image, k)
    found = call("attribute", method, image.ravel().tolist(), k)
    largest = np.abs(expected).max()
    assert largest > 0
    np.testing.assert_allclose(found, expected.ravel(), atol=min(1e-4, 1e-3 * largest))


def test_strength_and_digit_are_changed_with_the_arrow_keys(opened, browser):
    call = opened("corruption")
    digit, strength = browser.find_elements("css selector", ".stage input[type=range]")
    digit.send_keys(RIGHT * 2)
    strength.send_keys(RIGHT * 35)
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert call("settings")["digit"] == 2
    assert call("settings")["strength"] == 1
    assert call("status").startswith("Gaussian noise, 1: predicted ")

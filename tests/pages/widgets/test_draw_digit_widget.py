"""The widget “draw a digit” computes what the Python code computes."""

import numpy as np
import pytest
from widget_pages import DELETE, DOWN, LEFT, MODELS, RIGHT, FakeExperiment

from layerwise import interpret, nn
from layerwise.reporting.widgets import (
    network,
)


@pytest.mark.parametrize("model", MODELS)
def test_network_and_its_gradient_equal_nn_on_100_test_digits(model, opened, networks, mnist, browser):
    call = opened("draw_digit")
    x = mnist[0][::6]
    assert len(x) == 100
    trained = networks[model].model()
    expected = np.asarray(trained.predict(x, verbose=0))
    scores = [call("scores", model, image.ravel().tolist()) for image in x]
    np.testing.assert_allclose(scores, expected, atol=1e-4, rtol=0)
    rng = np.random.default_rng(0)
    noisy = (x[:5] + rng.uniform(0.01, 0.1, x[:5].shape)).astype(np.float32)  # no ties in the pooling windows
    gradients = [
        browser.execute_script(
            "const {network, decode} = layerwise; const layers = network.load(arguments[0]);"
            "return Array.from(network.gradient(layers, network.tensor([28, 28, 1], arguments[1]), 3))",
            network.layers(trained), image.ravel().tolist(),
        )
        for image in noisy
    ]  # fmt: skip
    np.testing.assert_allclose(gradients, interpret.saliency(trained, noisy, 3).reshape(5, -1), atol=1e-4)


def test_networks_that_the_script_cannot_run_are_left_out(networks):
    x = networks["MLP"].dataset
    average = nn.Sequential([nn.Input((28, 28, 1)), nn.AveragePooling2D(2), nn.Flatten(), nn.Dense(10)])
    with pytest.raises(ValueError, match=r"network.js has no AveragePooling2D"):
        network.layers(average)
    linear = nn.Sequential([nn.Input((28, 28, 1)), nn.Flatten(), nn.Dense(10)])
    found = network.of_digits([FakeExperiment(average, x), FakeExperiment(linear, x), *networks.values()])
    assert found == {name: networks[name] for name in ("MLP", "CNN")}


def test_drawing_is_scaled_and_centered_as_in_mnist(opened):
    call = opened("draw_digit")
    seven = np.array([[0, 0], [0.5, 0], [0.2, 0.7]])
    images = [
        np.reshape(call("draw", [(scale * seven + shift).tolist()]), (28, 28))
        for scale, shift in ((1, 0.2), (0.3, 0.6), (0.5, 0.05))
    ]
    for image in images[1:]:
        np.testing.assert_allclose(image, images[0], atol=1e-6)
    positions = np.arange(28) + 0.5
    for axis in (0, 1):
        assert images[0].sum(axis=axis) @ positions / images[0].sum() == pytest.approx(14, abs=0.1)
    rows, columns = np.nonzero(images[0] > 0.3)
    assert 19 <= np.ptp(rows) + 1 <= 21 and np.ptp(columns) < np.ptp(rows)
    assert images[0].max() == 1 and images[0].min() == 0


def test_digit_can_be_drawn_with_the_keyboard(opened, browser):
    call = opened("draw_digit")
    board = browser.find_element("css selector", ".board")
    board.send_keys(DELETE)
    assert sum(call("pixels")) == 0
    assert call("status") == "The board is empty."
    board.send_keys(RIGHT * 2, " ", DOWN * 12, " ", LEFT * 3)
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    drawn = np.reshape(call("pixels"), (28, 28))
    rows, columns = np.nonzero(drawn > 0.5)
    assert np.ptp(rows) > 15 and np.ptp(columns) < 4  # a vertical stroke; the last keys moved the lifted pen
    assert "CNN: " in call("status")


def test_digit_can_be_drawn_with_a_pointer(opened, browser):
    call = opened("draw_digit")
    board = browser.find_element("css selector", ".board")
    actions = pytest.importorskip("selenium.webdriver").ActionChains(browser)
    actions.move_to_element_with_offset(board, -60, 0).click_and_hold().move_by_offset(120, 0).release().perform()
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    rows, columns = np.nonzero(np.reshape(call("pixels"), (28, 28)) > 0.5)
    assert np.ptp(columns) > 15 and np.ptp(rows) < 4


def test_pictures_follow_the_theme(opened, browser):
    pixel = (
        "const context = document.createElement('canvas').getContext('2d');"
        "context.drawImage(document.querySelector('.board'), 0, 0); return [...context.getImageData(0, 0, 1, 1).data]"
    )
    opened("draw_digit", prefers_color_scheme="light")
    light = browser.execute_script(pixel)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    assert min(light[:3]) > 200 and max(browser.execute_script(pixel)[:3]) < 80

"""The widget “kernel editor” computes what the Python code computes."""

import numpy as np
import pytest
from widget_pages import DOWN, LEFT, RIGHT, UP

from layerwise import nn


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_output_equals_conv2d(padding, stride, opened, photograph):
    call = opened("kernel_editor")
    kernel = np.random.default_rng(stride).normal(size=(3, 3))
    rows, columns, output = call("convolve", {"kernel": kernel.ravel().tolist(), "stride": stride, "padding": padding})
    layer = nn.Conv2D(1, 3, strides=stride, padding=padding, use_bias=False, dtype="float64")
    layer.build((1, 11, 14, 1))
    layer.set_weights([kernel[..., None, None]])
    expected = layer.forward(photograph["picture"][None, ..., None])[0, ..., 0]
    assert (rows, columns) == expected.shape
    np.testing.assert_allclose(np.reshape(output, (rows, columns)), expected, atol=1e-12)


def test_pixel_is_chosen_with_the_arrow_keys_and_explained(opened, browser, photograph):
    call = opened("kernel_editor")
    canvas = browser.find_element("css selector", ".stage canvas[tabindex]")
    canvas.send_keys(UP * 20, LEFT * 20, RIGHT * 2, DOWN)
    assert call("at") == [1, 2]
    cells = browser.execute_script("return [...document.querySelectorAll('.products strong')].map(e => e.textContent)")
    expected = photograph["picture"][1:4, 2:5] * photograph["kernel.edges"]
    found = [float(cell.replace("−", "-")) for cell in cells]
    np.testing.assert_allclose(found, expected.ravel(), atol=6e-4)
    assert call("status") == f"The nine products sum to {expected.sum():.3f}.".replace("-", "−")


def test_weights_can_be_edited(opened, browser):
    call = opened("kernel_editor")
    field = browser.find_elements("css selector", ".weights input")[0]
    field.send_keys(UP)
    assert call("kernel")[0] == 0.25
    assert (
        browser.execute_script("return document.querySelector('.stage select').selectedOptions[0].text") == "your own"
    )

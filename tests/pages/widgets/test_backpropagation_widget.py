"""The widget “backpropagation graph” computes what the Python code computes."""

import numpy as np
import pytest
from widget_pages import UP

from layerwise.estimators.two_layer_network import two_layer_loss_and_gradient


@pytest.mark.parametrize("seed", [0, 1])
def test_every_gradient_equals_two_layer_network(seed, opened):
    call = opened("backpropagation")
    rng, y = np.random.default_rng(seed), seed
    x, w1, b1, w2, b2 = (
        rng.normal(size=2),
        rng.normal(size=(2, 2)),
        rng.normal(size=2),
        rng.normal(size=2),
        rng.normal(),
    )
    result = call("pass", {
        "x1": x[0], "x2": x[1], "y": y, "w11": w1[0, 0], "w12": w1[0, 1], "w21": w1[1, 0], "w22": w1[1, 1],
        "b1": b1[0], "b2": b1[1], "v1": w2[0], "v2": w2[1], "c": b2,
    })  # fmt: skip
    loss, (dw1, db1, dw2, db2) = two_layer_loss_and_gradient(
        [w1, b1, w2[:, None], np.array([b2])], x[None], np.array([[float(y)]])
    )
    assert result["loss"] == pytest.approx(loss, abs=1e-12)
    found = [[result["dw11"], result["dw12"]], [result["dw21"], result["dw22"]]]
    np.testing.assert_allclose(found, dw1, atol=1e-12)
    np.testing.assert_allclose([result["db1"], result["db2"]], db1, atol=1e-12)
    np.testing.assert_allclose([result["dv1"], result["dv2"], result["dc"]], [*dw2[:, 0], *db2], atol=1e-12)
    np.testing.assert_allclose([result["dx1"], result["dx2"]], w1 @ db1, atol=1e-12)


def test_gradient_step_and_typed_numbers_change_the_loss(opened, browser, example):
    call = opened("backpropagation")
    assert f"loss {float(example['loss']):.3f}" in call("status")
    browser.find_element("css selector", ".stage button").send_keys(" ")
    assert f"loss {float(example['new_loss']):.3f}" in call("status")
    field = browser.find_element("css selector", ".stage input[type=number]")
    field.send_keys(UP * 3)
    assert call("values")["x1"] == pytest.approx(1.3)

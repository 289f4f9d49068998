"""The widget “gradient descent” computes what the Python code computes."""

import numpy as np
import pytest
from widget_pages import DOWN, RIGHT

from layerwise.estimators.descent import gradient_descent as descend
from layerwise.estimators.logistic_regression import logistic_loss_and_gradient


@pytest.mark.parametrize("rate, momentum", [(0.3, 0.0), (2.0, 0.6), (60.0, 0.0)])
def test_path_equals_gradient_descent(rate, momentum, opened, convergence_study, tumors):
    call = opened("gradient_descent")
    study = convergence_study
    x, target = tumors.x[:, study["columns"]].astype(float), (tumors.y == 1)[:, None].astype(float)
    bias = np.array([np.log(target.mean() / (1 - target.mean()))])

    def objective(parameters, rows):
        loss, (gradient, _) = logistic_loss_and_gradient(parameters[0], bias, x[rows], target[rows], l2=0.05)
        return loss, [gradient]

    start = [0.5, -1.0]
    walk = descend(objective, [np.array(start)[:, None]], len(x), learning_rate=rate, momentum=momentum)
    steps = [next(walk) for _ in range(21)]
    path = call("descend", {"start": start, "rate": rate, "momentum": momentum, "steps": 20})
    np.testing.assert_allclose(path, [step.parameters[0][:, 0] for step in steps], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(call("loss", *path[3]), steps[3].loss, rtol=1e-9)


def test_status_says_whether_descent_converges(opened, convergence_study):
    call = opened("gradient_descent")
    assert "descent has converged" in call("status")
    call("configure", {"rate": 1.4 * float(convergence_study["limits"][2]), "steps": 100})
    assert "descent diverges" in call("status")


def test_start_can_be_moved_with_the_arrow_keys_and_the_pointer(opened, browser):
    call = opened("gradient_descent")
    handle = browser.find_element("css selector", ".stage [role=slider]")
    before = call("start")
    handle.send_keys(RIGHT * 2, DOWN)
    after = call("start")
    assert after[0] > before[0] and after[1] < before[1]
    chain = pytest.importorskip("selenium.webdriver").ActionChains(browser)
    chain.drag_and_drop_by_offset(handle, -40, -30).perform()
    assert call("start")[0] < after[0] and call("start")[1] > after[1]

"""The widget “parallel coordinates” computes what the Python code computes."""

import numpy as np
import pytest
from widget_pages import DOWN, UP


def test_ranges_select_trials(opened, search):
    call = opened("parallel_coordinates")
    first, second = search["position.random.a"][:-1], search["position.random.optimizer.b"][:-1]
    value = search["value.random"][:-1]
    everything = [0, 1]
    assert call("select", [everything] * 3) == list(range(29))
    assert call("select", [[0.25, 0.75], everything, everything]) == np.flatnonzero(abs(first - 0.5) <= 0.25).tolist()
    used = np.flatnonzero(second <= 0.5)  # a trial without the hyperparameter is left out
    assert call("select", [everything, [0, 0.5], everything]) == used.tolist()
    good = np.flatnonzero(value >= np.quantile(value, 0.5))
    share = (np.quantile(value, 0.5) - value.min()) / np.ptp(value)
    assert call("select", [everything, everything, [share, 1]]) == good.tolist()
    assert f"from {value[good].min():.3f} to {value.max():.3f}, median {np.median(value[good]):.3f}" in call("status")
    assert call("select", [[0.2, 0.2], everything, everything]) == []
    assert call("status").startswith("No trial selected")


def test_ranges_are_set_with_the_keyboard_and_the_pointer(opened, browser):
    call = opened("parallel_coordinates")
    lower, upper = browser.find_elements("css selector", ".stage [role=slider]")[:2]
    upper.send_keys(DOWN * 10)
    lower.send_keys(UP * 5)
    assert call("ranges")[0] == pytest.approx([0.1, 0.8])
    assert lower.get_attribute("aria-valuenow") == "10"
    zone = browser.find_elements("css selector", ".stage rect.draggable")[1]
    chain = pytest.importorskip("selenium.webdriver").ActionChains(browser)
    chain.move_to_element_with_offset(zone, 0, -60).click_and_hold().move_by_offset(0, 90).release().perform()
    low, high = call("ranges")[1]
    assert 0.2 < low < 0.5 < high < 0.9
    chain.move_to_element_with_offset(zone, 0, 80).click().perform()  # a click clears the range
    assert call("ranges")[1] == [0, 1]

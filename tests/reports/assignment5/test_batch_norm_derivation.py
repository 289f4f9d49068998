import numpy as np
from studies import check_same, stored

from layerwise.reports.assignment5.figures.batch_norm_derivation import walkthrough
from layerwise.reports.assignment5.studies.batch_norm_derivation import backward, forward, run

QUICK = {"seeds": 2}


def test_the_study_is_reproducible():
    check_same(run({}, **QUICK), run({}, **QUICK))


def test_graph_closed_form_layer_and_finite_differences_agree():
    arrays = run({}, seeds=3)
    for way, bound in {"forward": 1e-12, "closed": 1e-12, "layer": 1e-12, "differences": 1e-7}.items():
        assert arrays[f"gap.{way}"].max() < bound, way
    assert abs(arrays["dx"].sum()) < 1e-9  # adding a constant to the whole batch changes nothing
    assert np.allclose(arrays["dx"], arrays["closed"])


def test_holding_mean_and_variance_constant_gives_a_wrong_gradient():
    rng = np.random.default_rng(0)
    x, dy, gamma = rng.normal(size=(8, 3)), rng.normal(size=(8, 3)), np.ones(3)
    nodes = forward(x, gamma, np.zeros(3))
    right = backward(dy, gamma, nodes)["dx"]
    assert not np.allclose(right, dy * gamma * nodes["inverse"], atol=1e-2)  # mean and variance held constant


def test_the_walkthrough_has_all_numbers(tmp_path):
    text = walkthrough(stored(tmp_path, run({}, **QUICK)))
    assert "1.2647" in text  # 2 / √(2.5 + 0.001)
    assert "nan" not in text

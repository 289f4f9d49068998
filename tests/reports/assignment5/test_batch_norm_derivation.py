import numpy as np
from studies import check_same, stored

from layerwise.reports.assignment5.figures.batch_norm_derivation import walkthrough
from layerwise.reports.assignment5.studies.batch_norm_derivation import backward, forward, run

QUICK = {"seeds": 2}


def test_the_study_is_the_same_again():
    check_same(run({}, **QUICK), run({}, **QUICK))


def test_batch_normalization_by_graph_in_one_line_and_by_nn_agree():
    found = run({}, seeds=3)
    for way, bound in {"forward": 1e-12, "closed": 1e-12, "layer": 1e-12, "differences": 1e-7}.items():
        assert found[f"gap.{way}"].max() < bound, way
    assert abs(found["dx"].sum()) < 1e-9  # a shift of the whole batch changes nothing
    assert np.allclose(found["dx"], found["closed"])


def test_a_mistake_in_the_backward_pass_shows():
    rng = np.random.default_rng(0)
    x, dy, gamma = rng.normal(size=(8, 3)), rng.normal(size=(8, 3)), np.ones(3)
    nodes = forward(x, gamma, np.zeros(3))
    right = backward(dy, gamma, nodes)["dx"]
    assert not np.allclose(right, dy * gamma * nodes["inverse"], atol=1e-2)  # mean and variance held constant


def test_the_walkthrough_holds_every_number(tmp_path):
    text = walkthrough(stored(tmp_path, run({}, **QUICK)))
    assert "1.2647" in text  # 2 / √(2.5 + 0.001)
    assert "nan" not in text

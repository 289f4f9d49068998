import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.learning_slowdown import draw
from layerwise.reports.assignment2.studies.learning_slowdown import run

QUICK = {"neuron_epochs": 5, "units": 3, "epochs": 10, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, three, arguments=QUICK)))


@pytest.mark.training
def test_a_confident_wrong_neuron_learns_faster_from_cross_entropy(three):
    arrays = run(three, epochs=10, seeds=1)
    assert arrays["neuron.squared_error.mild"][0] == pytest.approx(0.82, abs=0.005)  # Nielsen 2015, chapter 3
    assert arrays["neuron.squared_error.mild"][-1] == pytest.approx(0.09, abs=0.16)
    assert arrays["neuron.cross_entropy.wrong"][50] < 0.8 < arrays["neuron.squared_error.wrong"][50]

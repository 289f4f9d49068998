import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.hidden_units import draw
from layerwise.reports.assignment2.studies.hidden_units import run

QUICK = {"units": [1, 3], "seeds": 2, "epochs": 5, "steps": 4}


def test_the_study_is_reproducible_and_drawn(moons, tmp_path):
    arrays = run(moons, **QUICK)
    check_same(arrays, run(moons, **QUICK))
    study = stored(tmp_path, arrays, moons, arguments=QUICK)
    check_pictures(draw(study, study))


@pytest.mark.training
def test_ten_hidden_units_separate_circles_and_one_does_not(circles):
    arrays = run(circles, units=[1, 10], seeds=3, epochs=300)
    assert arrays["test.10"].min() > 0.85 > 0.8 > arrays["test.1"].max()  # over 20 draws: ≥ 0.9 and ≤ 0.73

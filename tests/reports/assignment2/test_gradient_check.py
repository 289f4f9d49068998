import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.gradient_check import draw
from layerwise.reports.assignment2.studies.gradient_check import MISTAKES, run

QUICK = {"seeds": 2}


def test_the_study_is_reproducible_and_drawn(tmp_path):
    arrays = run({}, **QUICK)
    check_same(arrays, run({}, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, arguments=QUICK)))


@pytest.mark.training
def test_the_gradient_check_catches_every_deliberate_mistake():
    arrays = run({}, seeds=5)
    assert arrays["wrong.none"].max() < 1e-8
    assert len(MISTAKES) == 5
    for name in set(MISTAKES) - {"none"}:
        assert arrays[f"wrong.{name}"].min() > 1e-2, name
    best = arrays["error"].mean(axis=0).argmin()
    assert 1e-7 < arrays["step"][best] < 1e-3

from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.probability_contours import draw
from layerwise.reports.assignment1.studies.probability_contours import run

QUICK = {"steps": 5}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    check_pictures([draw(stored(tmp_path, arrays, three, arguments=QUICK))])

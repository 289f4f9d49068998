from studies import check_pictures, check_same, stored

from layerwise.reports.assignment2.figures.initialization import draw
from layerwise.reports.assignment2.studies.initialization import run

QUICK = {"depth": 2, "width": 5, "seeds": 2}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    study = stored(tmp_path, arrays, three, arguments=QUICK)
    check_pictures(draw(study, "signal") + draw(study, "gradient"))

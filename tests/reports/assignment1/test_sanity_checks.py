import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.sanity_checks import draw
from layerwise.reports.assignment1.studies.sanity_checks import run

QUICK = {"repeats": 2}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    check_pictures(draw([stored(tmp_path, arrays, three, arguments=QUICK)]))


@pytest.mark.training
@pytest.mark.parametrize("data", ["table", "three"])
def test_training_starts_at_log_c_and_shuffled_labels_teach_nothing(data, request):
    arrays = run(request.getfixturevalue(data), repeats=24)
    classes = {"table": 2, "three": 3}[data]
    assert arrays["initial"][0] == pytest.approx(np.log(classes), abs=1e-12)
    assert abs(arrays["shuffled"].mean() - arrays["guessing"].mean()) < 0.12  # at most 0.083 over 20 draws of the data
    assert (arrays["true"] > arrays["shuffled"].mean()).all()
    assert (arrays["tiny"] == 1).all()

import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment1.figures.sanity_checks import draw
from layerwise.reports.assignment1.studies.sanity_checks import run

QUICK = {"permutations": 2, "repeats": 2}


def test_the_study_is_reproducible_and_drawn(three, tmp_path):
    arrays = run(three, **QUICK)
    check_same(arrays, run(three, **QUICK))
    check_pictures(draw([stored(tmp_path, arrays, three, arguments=QUICK)]))


@pytest.mark.training
@pytest.mark.parametrize("data", ["table", "three"])
def test_training_starts_at_log_c_and_true_labels_teach_more_than_permuted_ones(data, request):
    arrays = run(request.getfixturevalue(data), permutations=24)
    classes = {"table": 2, "three": 3}[data]
    assert arrays["initial"][0] == pytest.approx(np.log(classes), abs=1e-12)
    assert np.mean(arrays["shuffled"] >= arrays["true"]) < 0.2  # three clusters can fall into the right order by chance
    assert abs(arrays["shuffled"].mean() - 1 / classes) < 0.12  # the classes are of equal size
    assert (arrays["tiny"] == 1).all()

import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment3.figures.training_checks import first_losses, memorization
from layerwise.reports.assignment3.studies.training_checks import run

QUICK = {"examples": 20, "epochs": 30, "seeds": 2}


@pytest.fixture(scope="module")
def arrays(digits):
    return run(digits, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, tmp_path):
    check_same(arrays, run(digits, **QUICK))
    study = stored(tmp_path, arrays, digits, arguments=QUICK)
    check_pictures(first_losses(study) + memorization(study))


def test_initial_loss_is_log_c_with_zero_output_weights_and_not_with_large_ones(arrays):
    assert np.allclose(arrays["initial.digits.0.0"], np.log(3), atol=1e-6)
    assert arrays["initial.digits.10.0"].min() > 1.5 * np.log(3)
    assert arrays["overfit.digits"].min() == 1

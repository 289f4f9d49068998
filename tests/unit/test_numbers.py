import numpy as np
import pytest

from layerwise.numbers import latex_matrix, plus_minus


@pytest.mark.parametrize(
    ("mean", "half", "digits", "text"),
    [(0.9, 0.02, 3, "0.900 ± 0.020"), (np.float64(12.34), np.array(0.56), 1, "12.3 ± 0.6"), (0.9, np.nan, 2, "0.90")],
)
def test_a_mean_is_followed_by_its_half_width_if_finite(mean, half, digits, text):
    assert plus_minus(mean, half, digits) == text


def test_a_matrix_is_written_row_by_row_without_trailing_zeros():
    assert latex_matrix(np.array([[1.0, 0.5], [-0.25, 0.12345]])) == (
        r"\begin{pmatrix} 1 \;& 0.5 \\ -0.25 \;& 0.1235 \end{pmatrix}"
    )
    assert latex_matrix(np.array([1.0, 2.0])) == r"\begin{pmatrix} 1 \;& 2 \end{pmatrix}"

import pytest

from layerwise.reports.interpretability.shared import split

pytestmark = pytest.mark.training


def test_a_split_is_shuffled(stripes):
    x, y = split(stripes)
    assert set(y[:12]) == {0, 1, 2}
    assert all((image[5:, 4 + 3 * k].mean() > 0.7) for image, k in zip(x, y))

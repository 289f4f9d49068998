import pytest

from layerwise.reports.interpretability.shared import split

pytestmark = pytest.mark.training


def test_images_are_mixed_before_the_first_are_taken(stripes):
    x, y = split(stripes)
    assert set(y[:12]) == {0, 1, 2}
    assert all((image[5:, 4 + 3 * k].mean() > 0.7) for image, k in zip(x, y))

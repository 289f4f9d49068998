import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.interpretability.figures.planted_feature import draw
from layerwise.reports.interpretability.studies.planted_feature import SIZE, marked, run

from .claims import check_claims

pytestmark = pytest.mark.training

QUICK = {"epochs": 4, "images": 6, "seeds": 2}


@pytest.fixture(scope="module")
def arrays(stripes):
    return run(stripes, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, stripes, tmp_path):
    check_same(arrays, run(stripes, **QUICK))
    check_pictures(draw(stored(tmp_path, arrays, stripes, arguments=QUICK)))


def test_claims_read_existing_arrays(arrays):
    check_claims("planted_feature", arrays)


def test_each_class_has_its_own_marker_position():
    x = np.zeros((3, 14, 14, 1), np.float32)
    x[0, 7, 7] = 1
    images = marked(x, np.arange(3))
    assert (images[:, 1:3].sum(axis=(1, 2, 3)) == SIZE**2).all()
    assert len({tuple(np.flatnonzero(image[1])) for image in images}) == 3
    assert not x[:, 1].any()


def test_networks_follow_the_marker_and_maps_point_at_it(stripes):
    rng = np.random.default_rng(0)
    noise = {name: (0.1 * rng.random(x.shape, np.float32), y) for name, (x, y) in stripes["stripes"].items()}
    for x, _ in noise.values():
        x[:, 9, 9] = 1  # the marker has the brightness of the brightest pixel
    arrays = run({"noise": noise}, epochs=20, images=10, seeds=2)
    assert arrays["follows"].min() > 0.9
    assert arrays["found.integrated_gradients"].min() > 0.5 > 10 * arrays["chance"][0]
    assert arrays["near.HiResCAM"].mean() > arrays["near.GradCAM"].mean()


def test_markers_that_do_not_fit_raise(stripes):
    narrow = {name: (x[:, :, :8], y) for name, (x, y) in stripes["stripes"].items()}
    with pytest.raises(ValueError, match="planted_feature: 3 markers of 2 pixels do not fit a width of 8"):
        run({"narrow": narrow})

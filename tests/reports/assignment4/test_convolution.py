import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise.reports.assignment4.figures.convolution import filtered_images, geometry, kernels
from layerwise.reports.assignment4.studies.convolution import KERNELS, WAYS, _by_layer, run

QUICK = {"block": 16, "seeds": 2, "longest": 6}


@pytest.fixture(scope="module")
def arrays():
    return run({}, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, tmp_path):
    check_same(arrays, run({}, **QUICK))
    study = stored(tmp_path, arrays, arguments=QUICK)
    check_pictures([*filtered_images(study), kernels(study)])


def test_hand_designed_filters_respond_at_an_edge():
    step = np.zeros((1, 5, 6, 1))
    step[:, :, 3:] = 1.0  # dark on the left, bright on the right
    outputs = {name: _by_layer(step, kernel[:, :, None, None])[0, :, :, 0] for name, kernel in KERNELS.items()}
    np.testing.assert_allclose(outputs["vertical edges"], np.tile([0, -1, -1, 0], (3, 1)))
    np.testing.assert_allclose(outputs["horizontal edges"], 0)
    np.testing.assert_allclose(outputs["all edges"], np.tile([0, 1, -1, 0], (3, 1)))
    np.testing.assert_allclose(outputs["blur"], np.tile([0, 1 / 3, 2 / 3, 1], (3, 1)))


def test_implementations_agree_and_filters_are_translation_equivariant(arrays):
    assert arrays["moved"].max() < 1e-12
    assert arrays["miscounted"].max() == 0
    for way in ("windows", "matrix", "layer"):
        assert arrays[f"difference.{way}"].max() < 1e-12
    assert [int(arrays[f"steps.{way}"]) for way in WAYS] == [2 * 7 * 6 * 4 * 27, 42, 0, 0]


def test_the_title_of_the_windows_gives_the_output_sizes():
    picture = geometry(7, 3)
    assert picture.title == "A 3 × 3 window on 7 × 7 pixels gives outputs of 5 × 5, 3 × 3, 7 × 7, 4 × 4"
    assert "same, stride 2: 1 zeros before, 1 after, 4 positions" in picture.alt

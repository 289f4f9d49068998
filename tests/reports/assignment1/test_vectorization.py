import numpy as np
import pytest
from studies import check_pictures, stored

from layerwise.reports.assignment1.figures.vectorization import draw
from layerwise.reports.assignment1.studies.vectorization import WAYS, run

pytestmark = pytest.mark.training


@pytest.mark.parametrize("way", WAYS)
def test_the_three_implementations_of_the_gradient_agree(way):
    rng = np.random.default_rng(0)
    problem = rng.normal(size=5), 0.3, rng.normal(size=(20, 5)), rng.integers(2, size=20).astype(float)
    assert np.allclose(WAYS[way](*problem), WAYS["loops"](*problem), atol=1e-14)


def test_every_implementation_and_batch_size_is_timed_and_drawn(table, tmp_path):
    arrays = run(table, rows=[5, 10], columns=[2], repeats=2, epochs=1)
    assert all((arrays[f"seconds.{way}"] > 0).all() for way in WAYS)
    assert all((arrays[f"epoch.{size}"] > 0).all() for size in ("all", 32, 1))
    assert max(arrays[f"difference.{way}"].max() for way in WAYS) < 1e-12
    check_pictures(draw(stored(tmp_path, arrays, table)))

from types import SimpleNamespace

import numpy as np
import pytest
from studies import check_same

from layerwise.data.windows import cut
from layerwise.reports.application_domains.figures.detrending import draw
from layerwise.reports.application_domains.studies.detrending import changes, run

from .page import check_drawn, page_of

pytestmark = pytest.mark.training

QUICK = {"units": 4, "learning_rate": 0.02, "epochs": 20}


@pytest.fixture(scope="module")
def rising():
    """Return windows of a rising series with a season of four steps, and networks that forecast the training mean."""
    t = np.arange(150)
    series = 0.05 * t + np.sin(np.pi * t / 2)
    borders = {"train": (0, 90), "validation": (90, 120), "test": (120, 150)}
    examples = cut(series[:, None].astype(np.float32), t, borders, window=8, horizon=2)
    data = {
        "rising": {part: (examples.x[examples.part == part], examples.y[examples.part == part]) for part in borders}
    }
    runs = SimpleNamespace(
        folders=("seed-0", "seed-1"),
        dataset={"scaling": {"target": {"mean": [10.0], "scale": [2.0]}}},
        outputs=lambda x: np.full((2, len(x), 2), series[:90].mean()),
    )
    return data, {"flat/numpy": runs}


def test_the_study_is_reproducible_and_drawn(rising, tmp_path):
    arrays = run(*rising, **QUICK)
    check_same(arrays, run(*rising, **QUICK))
    page, study = page_of(tmp_path, {name: values[:6] for name, values in arrays.items()}, datasets=["sunspots"])
    check_drawn(draw(page, study), "above the highest training value")


def test_without_the_level_a_network_follows_a_trend_that_it_has_not_seen(rising):
    arrays = run(*rising, **QUICK)
    assert (arrays["mae.detrended"] < arrays["mae.last"]).all()
    assert (arrays["mae.last"] < arrays["mae.level"]).all()


def test_changes_do_not_depend_on_the_level():
    x, y = np.random.default_rng(0).normal(size=(5, 8, 1)), np.random.default_rng(1).normal(size=(5, 2))
    for first, second in zip(changes(x, y, np.float32(2)), changes(x + 7, y + 7, np.float32(2))):
        np.testing.assert_allclose(first, second, atol=1e-12)

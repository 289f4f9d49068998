import numpy as np
import pytest

from layerwise.reports.application_domains.studies.channel_baselines import run


def test_all_channels_share_one_ridge_regression():
    rng = np.random.default_rng(0)
    shapes = {"train": 60, "validation": 30, "test": 30}
    data = {}
    for part, n in shapes.items():
        x = np.cumsum(rng.normal(size=(n, 6, 3)), axis=1)
        data[part] = (x, x[:, -1:] + 0.5 * (x[:, -1:] - x[:, -2:-1]) * np.ones((1, 4, 1)))
    arrays = run({"three": data}, season=2)
    assert arrays["mse.ridge"][0] < 1e-3 * arrays["mse.last_value"][0]
    x, y = data["test"]
    assert arrays["mae.last_value"][0] == pytest.approx(np.abs(y - x[:, -1:]).mean())
    assert arrays["mse.last_season"][0] == pytest.approx(np.mean((y - x[:, [4, 5, 4, 5]]) ** 2))

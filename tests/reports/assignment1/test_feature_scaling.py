import numpy as np
import pytest
from studies import check_pictures, stored

from layerwise.reports.assignment1.figures.feature_scaling import draw
from layerwise.reports.assignment1.studies.feature_scaling import run


@pytest.mark.training
def test_standardized_features_are_better_conditioned(table, tmp_path):
    stretched = {name: (x * np.float32([1000, 1, 0.01, 10]), y) for name, (x, y) in table["table"].items()}
    data = {**table, "table_raw": stretched}
    arrays = run(data, epochs=20, repeats=2)
    assert (arrays["condition.raw"] > 100 * arrays["condition.scaled"]).all()
    assert (arrays["loss.scaled"][:, -1] < arrays["loss.raw"][:, -1]).all()
    check_pictures(draw(stored(tmp_path, arrays, data)))

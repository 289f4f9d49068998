import numpy as np
import pytest

from layerwise.reports.application_domains.figures.forecast_parity import table

from .page import page_of


def test_the_table_has_the_losses_of_both_backends(tmp_path):
    losses = np.array([[2.0, 1.0], [3.0, 2.0]])
    arrays = {"loss.numpy.net": losses, "loss.keras.net": losses * (1 + 1e-6), "apart.net": np.array([1e-6, 2e-6])}
    [row] = table(*page_of(tmp_path, arrays)).to_dict("records")
    assert row["network"] == "FCN"
    assert row["last loss, NumPy"] == pytest.approx(1.5)
    assert row["largest relative difference"] == "2.0 × 10⁻⁶"

import numpy as np
import pytest

from layerwise.reports.hyperparameter_tuning.studies.keras_replication import run


def test_different_settings_raise(sweeps):
    same = {"a": sweeps["s_random"], "b": sweeps["s_random"]}
    arrays = run({}, same)
    assert np.array_equal(arrays["value.a"], arrays["value.b"])
    with pytest.raises(ValueError, match="the sweeps s_random and s_grid must try the same settings"):
        run({}, sweeps)

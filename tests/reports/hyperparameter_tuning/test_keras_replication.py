import pytest

from layerwise.reports.hyperparameter_tuning.studies.keras_replication import run


def test_different_settings_raise(sweeps):
    same = {"a": sweeps["s_random"], "b": sweeps["s_random"]}
    assert run({}, same)["discordant"] == 0
    with pytest.raises(ValueError, match="the sweeps s_random and s_grid must try the same settings"):
        run({}, sweeps)

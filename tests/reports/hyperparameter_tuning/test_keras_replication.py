import pytest

from layerwise.reports.hyperparameter_tuning.studies.keras_replication import run


def test_backends_are_compared_on_the_same_settings_only(sweeps):
    same = {"a": sweeps["s_random"], "b": sweeps["s_random"]}
    assert run({}, same)["discordant"] == 0
    with pytest.raises(ValueError, match="tried different settings"):
        run({}, sweeps)

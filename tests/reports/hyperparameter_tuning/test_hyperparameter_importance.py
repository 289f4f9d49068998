import numpy as np
import pytest
from studies import check_pictures, stored

from layerwise.reports.hyperparameter_tuning.figures.hyperparameter_importance import draw
from layerwise.reports.hyperparameter_tuning.studies.hyperparameter_importance import run


def test_the_only_relevant_parameter_is_the_most_important(sweeps, monkeypatch):
    table = sweeps["s_random"]
    losses = np.array([abs(np.log10(settings["optimizer.learning_rate"])) for settings in table.settings])
    monkeypatch.setitem(table.__dict__, "losses", losses)
    arrays = run({}, {"s": table}, resamples=2)
    assert (arrays["share.s.optimizer.learning_rate"] > 0.6).all()
    assert sum(share.mean() for share in arrays.values()) == pytest.approx(1)


def test_the_title_names_the_most_important_parameters(tmp_path):
    shares = {
        "share.flower_random.batch_size": np.array([0.2, 0.3]),
        "share.flower_random.units": np.array([0.8, 0.7]),
    }
    pictures = draw(stored(tmp_path, shares, sweeps=["flower_random"]))
    check_pictures(pictures)
    assert ["Variance explained on the flower: units 75%, batch size 25%" in p.title for p in pictures] == [True]

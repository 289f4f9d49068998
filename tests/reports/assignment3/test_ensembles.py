import numpy as np
import pytest
from studies import check_pictures, check_same, stored

from layerwise import nn
from layerwise.reports.assignment3.figures.ensembles import draw, table
from layerwise.reports.assignment3.studies.ensembles import RunningMean, run
from layerwise.reports.trained import Trained
from layerwise.reports.training_kit import LOSS

QUICK = {"learning_rate": 0.1, "epochs": 2, "batch_size": 16}


@pytest.fixture(scope="module")
def runs(digits, tmp_path_factory):
    folders = []
    for seed in range(3):
        model = nn.Sequential([nn.Input((4,)), nn.Dense(6, "relu"), nn.Dense(3)], seed=seed)
        model.compile(nn.Adam(0.05), LOSS)
        model.fit(*digits["digits"]["train"], epochs=20, verbose=0)
        folders.append(tmp_path_factory.mktemp("runs") / "mlp" / "numpy" / f"seed-{seed}")
        folders[-1].mkdir(parents=True)
        model.save(folders[-1] / "model.npz")
    return {"mlp/numpy": Trained(tuple(folders), {}, {})}


@pytest.fixture(scope="module")
def arrays(digits, runs):
    return run(digits, runs, **QUICK)


def test_the_study_is_reproducible_and_drawn(arrays, digits, runs, tmp_path):
    check_same(arrays, run(digits, runs, **QUICK))
    study = stored(tmp_path, arrays, digits, arguments=QUICK)
    check_pictures([draw(study)])
    assert len(table(study)) == 5


def test_an_ensemble_has_at_most_the_mean_loss_of_its_members(arrays):
    assert [len(arrays[f"loss.ensemble.{size}"]) for size in (1, 2, 3)] == [3, 3, 1]
    assert arrays["loss.ensemble.3"][0] < arrays["loss.ensemble.2"].mean() < arrays["loss.ensemble.1"].mean()


def test_the_running_mean_is_the_mean_of_the_weights_after_each_step():
    x, y = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32), np.arange(12) % 3
    model = nn.Sequential([nn.Input((4,)), nn.Dense(3)], seed=0)
    model.compile(nn.SGD(0.5), LOSS)
    mean, seen = RunningMean(), []
    record = nn.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(model.get_weights()[0].copy()))
    model.fit(x, y, batch_size=4, epochs=2, callbacks=[mean, record], verbose=0)
    assert len(seen) == 6
    np.testing.assert_allclose(mean.weights[0], np.mean(seen, axis=0), rtol=1e-5)

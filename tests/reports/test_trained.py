"""Studies read the run folders of trained models, except those that diverged."""

import json

import numpy as np
import pytest

from layerwise import nn
from layerwise.pipeline.files import write_npz
from layerwise.reports.trained import gather


@pytest.fixture
def runs(tmp_path):
    """Return three run folders of an experiment, the second diverged, and the description of their dataset."""
    for seed in range(3):
        folder = tmp_path / "runs" / "toy" / "numpy" / f"seed-{seed}"
        folder.mkdir(parents=True)
        nn.Sequential([nn.Input((2,)), nn.Dense(3)], seed=seed).save(folder / "model.npz")
        provenance = {"spec": {"epochs": 5}, "dataset": "plane", "diverged": 4 if seed == 1 else None}
        (folder / "provenance.json").write_text(json.dumps(provenance))
        write_npz(folder / "predictions.npz", test=np.full(4, seed, np.float32))
    (tmp_path / "dataset.json").write_text(json.dumps({"name": "plane", "classes": 3}))
    return sorted((tmp_path / "runs/toy/numpy").glob("seed-*")), [tmp_path / "dataset.json"]


def test_a_study_reads_the_runs_that_did_not_diverge(runs):
    trained = gather(*runs)["toy/numpy"]
    x = np.ones((5, 2), np.float32)
    assert trained.dataset["classes"] == 3
    assert trained.spec == {"epochs": 5}
    assert trained.outputs(x).shape == (2, 5, 3)
    for model, outputs in zip(trained.models(), trained.outputs(x)):
        np.testing.assert_allclose(model.predict(x, verbose=0), outputs, rtol=1e-6)
    np.testing.assert_array_equal(trained.predictions(), [[0] * 4, [2] * 4])


def test_an_experiment_without_a_healthy_run_is_named(runs):
    folders, descriptions = runs
    with pytest.raises(ValueError, match="toy/numpy: all 1 runs diverged; a study needs at least one that did not"):
        gather(folders[1:2], descriptions)

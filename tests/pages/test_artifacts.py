"""`Report` gives access to the pipeline's artifacts by name."""

import numpy as np
import pytest

from layerwise.pipeline.files import read_json, write_json
from layerwise.reporting.artifacts import Report


@pytest.fixture
def report(artifacts):
    folder, specs = artifacts
    return Report("assignment1", specs["assignment1"], folder / "results")


def test_histories_contain_every_epoch_of_every_run(report):
    rows = report["two_clouds"].histories
    assert rows.groupby(["backend", "seed"]).size().to_dict() == {(b, s): 6 for b in ("numpy", "keras") for s in (0, 1)}


def test_predictions_and_model_agree(report):
    for name in ("two_clouds", "three_clouds", "stripes"):
        x, _ = report[name].dataset.split("test")
        np.testing.assert_allclose(report[name].predict(x), report[name].predictions("numpy"), atol=1e-5)


def test_confusion_matrix_is_summed_over_seeds(report):
    assert report["stripes"].confusion("keras").sum() == 2 * 60


def test_diverged_runs_are_excluded(artifacts, tmp_path):
    folder, specs = artifacts
    (tmp_path / "results").symlink_to(folder / "results")
    run = tmp_path / "user/runs/two_clouds/numpy"
    for seed in (0, 1):
        metrics = read_json(folder / f"results/runs/two_clouds/numpy/seed-{seed}/metrics.json")
        if seed == 0:
            metrics.update(status="diverged", epoch=2, splits={})
        write_json(run / f"seed-{seed}/metrics.json", metrics)
    spec = {"two_clouds": {**specs["assignment1"]["two_clouds"], "backends": ["numpy"]}}
    experiment = Report("assignment1", spec, tmp_path / "user")["two_clouds"]
    assert experiment.healthy("numpy") == [1]
    assert experiment.confusion("numpy").sum() == 60
    assert 0 <= experiment.mean("accuracy") <= 1


def test_comparison_and_scoreboard_read_the_summary(report):
    comparison = report.comparison("accuracy", pattern="*clouds")
    assert list(comparison["label"].unique()) == ["two clouds", "three clouds"]
    board = report.scoreboard("accuracy", "roc_auc", "no_such_metric")
    assert list(board.columns) == ["experiment", "backend", "largest class", "accuracy", "ROC-AUC", "no_such_metric"]
    assert set(board["largest class"]) <= {"0.500", "0.333", "0.250"}
    assert len(board) == 6 and set(board["no_such_metric"]) == {"–"}


@pytest.mark.parametrize("patterns, count", [((), 4), (("*_supported", "*_contradicted"), 2), (("nothing*",), 0)])
def test_claims_are_found_by_pattern(report, patterns, count):
    assert len(report.claims(*patterns)) == count
    assert "verdict" in report.claims(*patterns)

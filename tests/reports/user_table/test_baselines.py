import types

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss
from studies import check_same, splits

from layerwise.reports.user_table.figures import baselines as figure
from layerwise.reports.user_table.figures import predictions
from layerwise.reports.user_table.studies import baselines

INFO = {"classes": 2, "class_names": ["no", "yes"], "task": "binary", "shape": [4]}


def runs(info, validation, test):
    """Return a linear model and an MLP with given predictions, two runs each."""
    trained = {}
    for name, shift in (("user_linear/numpy", 0.0), ("user_mlp/numpy", 0.1)):
        p = {"validation": validation, "test": test}
        trained[name] = types.SimpleNamespace(
            dataset=info,
            spec={},
            predictions=lambda split="test", p=p, s=shift: np.stack([np.clip(p[split] + s, 0, 1)] * 2),
        )
    return trained


def test_classes(table):
    data = table["table"]
    y = {split: data[split][1] for split in data}
    p = {split: np.where(y[split] == 1, 0.8, 0.3) for split in ("validation", "test")}
    arrays = baselines.run(table, runs(INFO, p["validation"], p["test"]))
    check_same(arrays, baselines.run(table, runs(INFO, p["validation"], p["test"])))
    share = y["train"].mean()
    np.testing.assert_allclose(arrays["log_loss.prior"], log_loss(y["test"], np.full(40, share)))
    np.testing.assert_allclose(arrays["accuracy.prior"], np.mean(y["test"] == 0))
    assert arrays["accuracy.linear"].tolist() == [1, 1] and arrays["recall_macro.prior"] == 0.5
    np.testing.assert_allclose(arrays["loss.best"].mean(), arrays["log_loss.linear"][0])
    assert arrays["best"] == 0 and arrays["rows"].tolist() == [60, 60]
    assert arrays["roc_auc.boosting"][0] > 0.6
    assert baselines.run(table, runs(INFO, p["validation"], p["test"]), cells=8)["rows"].tolist() == [60, 60]


def test_numbers():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(130, 4)).astype(np.float32)
    parts = splits(x, np.zeros(130))
    y = {split: values[:, :1] * 2 for split, (values, _) in parts.items()}
    data = {"table": {split: (values, y[split]) for split, (values, _) in parts.items()}}
    info = {"classes": None, "scaling": {"target": {"scale": [10.0], "mean": [5.0]}}}
    trained = runs(info, np.clip(y["validation"], 0, 1), np.clip(y["test"], 0, 1))
    arrays = baselines.run(data, trained)
    mean = y["train"].mean()
    np.testing.assert_allclose(arrays["rmse.prior"], 10 * np.sqrt(np.mean((y["test"] - mean) ** 2)), rtol=1e-6)
    np.testing.assert_allclose(arrays["loss.prior"], ((y["test"] - mean) ** 2)[:, 0], rtol=1e-5)
    assert arrays["r2.boosting"][0] > 0.5 > arrays["r2.prior"][0]


@pytest.mark.parametrize("criterion", [predictions.f1, predictions.balanced_accuracy])
def test_the_best_threshold_is_that_of_a_search(criterion):
    rng = np.random.default_rng(1)
    y = (rng.random(60) < 0.2).astype(int)
    p = np.round(np.clip(0.2 + 0.3 * y + rng.normal(size=60) / 5, 0, 1), 2)

    def value(threshold):
        return criterion(*predictions.counts(y, p >= threshold), len(y))

    best = predictions.best_threshold(y, p, criterion)
    assert value(best) == max(value(t) for t in np.unique(p))


def test_the_headline_depends_on_the_classes():
    def experiment(counts, **spec):
        info = {"class_balance": counts and {"train": counts}}
        return types.SimpleNamespace(spec=spec, dataset=types.SimpleNamespace(info=info, names=["no", "yes"]))

    assert figure.main_metric(experiment([60, 40])) == "accuracy"
    assert figure.main_metric(experiment([95, 5])) == "pr_auc"
    assert figure.main_metric(experiment([95, 5], class_weight="balanced")) == "recall_macro"
    assert figure.main_metric(experiment(None)) == "rmse"
    assert figure.prior_name(experiment([60, 40])) == "largest class (no)"


@pytest.mark.parametrize(
    ("verdict", "words"), [("SUPPORTED", "beats"), ("CONTRADICTED", "loses to"), ("INCONCLUSIVE", "not significant")]
)
def test_a_loss_to_gradient_boosting_is_admitted(verdict, words):
    page = types.SimpleNamespace(claims=lambda pattern: pd.DataFrame({"verdict": [verdict]}))
    study = types.SimpleNamespace(dataset=types.SimpleNamespace(info={"class_balance": None}))
    assert words in figure.verdict(page, study)


@pytest.mark.parametrize(("value", "half", "text"), [(60.04, 3.27, "60.0 ± 3.3"), (0.01234, 0.001, "0.0123 ± 0.0010"),
                                                     (1234.5, np.nan, "1234")])  # fmt: skip
def test_errors_have_three_digits(value, half, text):
    assert figure.shown(value, half, "rmse") == text

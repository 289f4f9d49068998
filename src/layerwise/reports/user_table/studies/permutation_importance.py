"""Permutation importance of the columns of a user's table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from layerwise.evaluation.run import probabilities
from layerwise.reports.inputs import Data
from layerwise.reports.trained import Trained
from layerwise.reports.user_table.shared import groups
from layerwise.reports.user_table.studies.baselines import losses


def run(data: Data, runs: Mapping[str, Trained], rows: int = 2000) -> dict[str, np.ndarray]:
    """Measure how much the test loss increases when a column is shuffled (Breiman 2001, section 10).

    The features of one column (the levels of a category, the indicator of missing values) are shuffled together.

    Parameters
    ----------
    data : mapping
        One table.
    runs : mapping
        The runs of one model on it; each shuffles in its own order.
    rows : int
        Largest number of test examples, a random sample.

    Returns
    -------
    dict
        ``increase`` (runs, columns): in nats, or for a regression in variances of the target; ``loss`` (runs,): the
        loss before; ``rows`` (1,).
    """
    [splits] = data.values()
    [trained] = runs.values()
    x, y = splits["test"]
    chosen = np.random.default_rng(0).permutation(len(y))[:rows]
    x, y = x[chosen], y[chosen]
    task, logits = trained.dataset["task"], bool(trained.spec["loss"].get("from_logits", False))
    increases, before = [], []
    for seed, model in enumerate(trained.models()):

        def loss(features: np.ndarray, model=model) -> float:
            p = probabilities(np.asarray(model.predict(features, batch_size=1024, verbose=0)), task, logits)
            return float(losses(y, p).mean())

        rng = np.random.default_rng(seed)
        before.append(loss(x))
        increase = []
        for features in groups(trained.dataset).values():
            shuffled = x.copy()
            shuffled[:, features] = x[rng.permutation(len(x))][:, features]
            increase.append(loss(shuffled) - before[-1])
        increases.append(increase)
    return {"increase": np.array(increases), "loss": np.array(before), "rows": np.array([len(y)])}

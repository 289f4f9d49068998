"""Cross-validation vs scikit-learn."""

from __future__ import annotations

import numpy as np

from layerwise.reports.assignment1.shared import fitted
from layerwise.reports.inputs import Data, only, pooled


def run(data: Data, folds: int = 10, repeats: int = 10, c: float = 1.0) -> dict[str, np.ndarray]:
    """Cross-validate our and scikit-learn's logistic regression on the same folds, with features scaled in each fold.

    Returns
    -------
    dict
        ``accuracy.ours``, ``accuracy.reference``, ``auc.ours``, ``auc.reference`` (folds · repeats,), and
        ``coefficients`` (folds · repeats,), the largest difference between the weights of the two models.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import RepeatedStratifiedKFold
    from sklearn.preprocessing import StandardScaler

    x, y = pooled(only(data))
    scores: dict[str, list[float]] = {}
    for train, test in RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=0).split(x, y):
        scaler = StandardScaler().fit(x[train])
        xt, xh = scaler.transform(x[train]), scaler.transform(x[test])
        ours = fitted(xt, y[train], 1 / (c * len(train)), max_epochs=2000, tol=1e-4, momentum=0.97)
        theirs = LogisticRegression(C=c, max_iter=1000).fit(xt, y[train])
        for name, p, accuracy in (
            ("ours", ours.probabilities(xh), ours.accuracy(xh, y[test])),
            ("reference", theirs.predict_proba(xh), theirs.score(xh, y[test])),
        ):
            scores.setdefault(f"accuracy.{name}", []).append(float(accuracy))
            auc = roc_auc_score(y[test], p[:, 1] if p.shape[1] == 2 else p, multi_class="ovr")
            scores.setdefault(f"auc.{name}", []).append(float(auc))
        scores.setdefault("coefficients", []).append(float(np.abs(ours.weights.T - theirs.coef_).max()))
    return {name: np.array(values) for name, values in scores.items()}

"""Bayesian optimization: a Gaussian process fitted to the finished trials, and expected improvement."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from layerwise.tuning.space import Settings, Space


def encode(space: Space, settings: list[Settings]) -> np.ndarray:
    """Return settings as points ``(n, d)`` of the unit cube.

    Numbers are mapped to their position on their scale, choices are one-hot encoded, and inactive parameters are set to
    0.5.
    """
    columns = []
    for parameter in space:
        values = [chosen.get(parameter.path) for chosen in settings]
        if parameter.kind == "choice":
            columns += [[float(value == choice) for value in values] for choice in parameter.values]
        else:
            columns.append([0.5 if value is None else parameter.position(value) for value in values])
    return np.array(columns).T


def scores(losses: np.ndarray) -> np.ndarray:
    """Return the normal scores of the ranks of the losses.

    Losses span orders of magnitude, and a process fitted to them would be dominated by failed trials (Salinas et al.
    2020 use ranks for the same reason).
    """
    return ndtri((rankdata(losses) - 0.5) / len(losses))


def expected_improvement(mean: np.ndarray, deviation: np.ndarray, least: float) -> np.ndarray:
    """Return the expectation of max(least − y, 0) for normal y (Jones, Schonlau & Welch 1998, eq. 15)."""
    z = (least - mean) / deviation
    return (least - mean) * ndtr(z) + deviation * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def choose(x: np.ndarray, losses: np.ndarray, candidates: np.ndarray, count: int) -> list[int]:
    """Return the indices of the ``count`` candidates to try next.

    Each chosen candidate is added to the data with the lowest loss so far, so that the next choice is in a different
    region ("constant liar", Ginsbourger, Le Riche & Carraro 2010).

    Parameters
    ----------
    x : ndarray, shape (n, d)
        Encoded settings of the finished trials.
    losses : ndarray, shape (n,)
        Their losses.
    candidates : ndarray, shape (m, d)
        Encoded settings to choose from.
    count : int
        Number of candidates to choose, at most m.
    """
    y = scores(losses)
    smooth = ConstantKernel(1.0, (0.1, 10)) * Matern(np.full(x.shape[1], 0.7), (0.2, 3), nu=2.5)
    process = GaussianProcessRegressor(smooth + WhiteKernel(0.1, (0.05, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length scale at its bound means an irrelevant parameter
        process.fit(x, y)
    # The noise between seeds is excluded from the predictive deviation: improvement refers to the noise-free mean.
    fixed = GaussianProcessRegressor(process.kernel_.k1, alpha=process.kernel_.k2.noise_level, optimizer=None)
    chosen: list[int] = []
    for _ in range(count):
        fixed.fit(x, y)
        mean, deviation = fixed.predict(candidates, return_std=True)
        improvement = expected_improvement(mean, deviation, fixed.predict(x).min())
        improvement[chosen] = -np.inf
        chosen.append(int(np.argmax(improvement)))
        x, y = np.vstack([x, candidates[chosen[-1]]]), np.append(y, y.min())
    return chosen

"""Bayesian search: a Gaussian process over the trials so far, and the expected improvement of those to come."""

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

    A number is its position on its scale, a choice a column of zeros and ones for each value; a parameter that is not
    in use stands in the middle.
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
    """Return losses as normal scores of their ranks.

    Losses of networks span orders of magnitude, and a process fitted to them would see the failures alone
    (Salinas et al. 2020 rank them for the same reason).
    """
    return ndtri((rankdata(losses) - 0.5) / len(losses))


def expected_improvement(mean: np.ndarray, deviation: np.ndarray, least: float) -> np.ndarray:
    """Return the expectation of max(least − y, 0) for y normal (Jones, Schonlau & Welch 1998, eq. 15)."""
    z = (least - mean) / deviation
    return (least - mean) * ndtr(z) + deviation * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def choose(x: np.ndarray, losses: np.ndarray, candidates: np.ndarray, count: int) -> list[int]:
    """Return the indices of the ``count`` candidates to try next.

    After each choice the process is told that it reached the least loss so far, so that the next one goes elsewhere
    ("constant liar", Ginsbourger, Le Riche & Carraro 2010).

    Parameters
    ----------
    x : ndarray, shape (n, d)
        What was tried.
    losses : ndarray, shape (n,)
        What it came to.
    candidates : ndarray, shape (m, d)
        What may be tried.
    count : int
        At most m.
    """
    y = scores(losses)
    smooth = ConstantKernel(1.0, (0.1, 10)) * Matern(np.full(x.shape[1], 0.7), (0.2, 3), nu=2.5)
    process = GaussianProcessRegressor(smooth + WhiteKernel(0.1, (0.05, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a length at its bound: the parameter does not matter
        process.fit(x, y)
    # What a new seed would change is no reason to look: the improvement is that of the mean, free of noise.
    fixed = GaussianProcessRegressor(process.kernel_.k1, alpha=process.kernel_.k2.noise_level, optimizer=None)
    chosen: list[int] = []
    for _ in range(count):
        fixed.fit(x, y)
        mean, deviation = fixed.predict(candidates, return_std=True)
        gain = expected_improvement(mean, deviation, fixed.predict(x).min())
        gain[chosen] = -np.inf
        chosen.append(int(np.argmax(gain)))
        x, y = np.vstack([x, candidates[chosen[-1]]]), np.append(y, y.min())
    return chosen

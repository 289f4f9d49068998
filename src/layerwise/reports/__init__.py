"""The list of reports, in reading order, and their study modules."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class ReportInfo(NamedTuple):
    """Names of a report.

    Attributes
    ----------
    target : str
        Snakemake target; the name of the page works too.
    label, title : str
        Short name for menus, and title of the page.
    data : tuple of str
        Kinds of user data for which this page can be built (``layerwise.experiments.subject``).
    """

    target: str
    label: str
    title: str
    data: tuple[str, ...] = ()


REPORTS = {
    "assignment1": ReportInfo("assignment1", "Assignment 1", "Logistic regression and gradient descent"),
    "assignment2": ReportInfo("assignment2", "Assignment 2", "Neural networks with one hidden layer"),
    "assignment3": ReportInfo("assignment3", "Assignment 3", "Multilayer perceptrons: a modular framework"),
    "assignment4": ReportInfo("assignment4", "Assignment 4", "Convolutional neural networks"),
    "assignment5": ReportInfo("assignment5", "Assignment 5", "Regularization, normalization, optimization"),
    "hyperparameter_tuning": ReportInfo("tuning", "Tuning", "Hyperparameter optimization"),
    "interpretability": ReportInfo("interpretability", "Interpretability", "Interpretability"),
    "application_domains": ReportInfo(
        "domains", "Domains", "Application domains: vision, text, time series", ("images", "text", "ucr", "series")
    ),
    "reproducibility": ReportInfo("reproducibility", "Reproducibility", "Reproducibility"),
}
"""Name of the page → report."""

USER_REPORTS = {"user_table": ReportInfo("user_table", "Your table", "A table of one's own", ("table",))}
"""Reports that exist only for a user's dataset and are not part of the course."""

ALL_REPORTS = REPORTS | USER_REPORTS


def study_modules(report: str) -> list[str]:
    """Return the names of the study modules of a report."""
    folder = Path(__file__).parent / report / "studies"
    return sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")


def study_module(report: str, study: str) -> str | None:
    """Return the module that computes a study: the one with the longest name that is a prefix of the study's name.

    For example, the module of ``hidden_units_flower`` is ``hidden_units``. None if no module matches.
    """
    matching = [module for module in study_modules(report) if f"{study}_".startswith(f"{module}_")]
    return max(matching, key=len, default=None)

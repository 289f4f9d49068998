"""The reports, in the order in which they are read. Everything that needs the list of reports takes it from here."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class ReportInfo(NamedTuple):
    """What a report is called: a page, made by a target of the command line.

    Attributes
    ----------
    target : str
        What ``snakemake`` is asked for; the name of the page works too.
    label, title : str
        Short name for menus, and what the page is about.
    data : tuple of str
        Kinds of a user's own data that this page can be made about (``config.subject``).
    """

    target: str
    label: str
    title: str
    data: tuple[str, ...] = ()


REPORTS = {
    "assignment1": ReportInfo("assignment1", "Assignment 1", "Logistic regression and gradient descent", ("dataset",)),
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


def study_modules(report: str) -> list[str]:
    """Return the names of the modules in the folder ``studies`` of a report."""
    folder = Path(__file__).parent / report / "studies"
    return sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")


def study_module(report: str, study: str) -> str | None:
    """Return the module that makes a study: of its own name, or the longest name that it begins with.

    So ``hidden_units_flower`` is a study of the module ``hidden_units``. None if there is no such module.
    """
    matching = [module for module in study_modules(report) if f"{study}_".startswith(f"{module}_")]
    return max(matching, key=len, default=None)

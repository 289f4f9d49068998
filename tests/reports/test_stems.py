"""Study, figure, claims and test of a topic share one name, and reports do not depend on each other."""

import re
from pathlib import Path

import pytest
import yaml
from catalogue import CATALOGUE, FULL
from catalogue import FOLDER as CONFIG

from layerwise.claims import sources
from layerwise.reports import ALL_REPORTS, USER_REPORTS, study_module, study_modules

FOLDER = Path(__file__).parents[2] / "src/layerwise"
MODULES = [(report, module) for report in ALL_REPORTS for module in study_modules(report)]


@pytest.mark.parametrize(("report", "module"), MODULES, ids=lambda value: value)
def test_a_study_is_configured_drawn_and_tested_under_its_name(report, module):
    configured = {spec["module"] for spec in FULL["studies"].values() if spec["report"] == report}
    if report in USER_REPORTS:  # its studies are only created for a user's dataset
        names = yaml.safe_load((CONFIG / report / "studies.yaml").read_text())["studies"][report]
        configured = {study_module(report, name) for name in names}
    assert module in configured
    assert Path(__file__).with_name(report).joinpath(f"test_{module}.py").exists()
    shown = (FOLDER.parents[1] / "workflow/notebooks" / f"{report}.py").read_text()
    figure = FOLDER / "reports" / report / "figures" / f"{module}.py"
    assert module in UNDRAWN or (figure.exists() and re.search(rf"\b{module}\.\w+\(", shown))


UNDRAWN = {"text_folds"}  # the page shows only its claims


@pytest.mark.parametrize("name", FULL["claims"])
def test_a_claim_from_studies_begins_with_the_name_of_one(name):
    claim = FULL["claims"][name]
    studies = [source.split("/")[1] for source in sources(claim) if source.startswith("studies/")]
    modules = [study_module(claim["report"], study) for study in studies]
    assert not modules or any(module and f"{name}_".startswith(f"{module}_") for module in modules)


def test_the_module_of_a_study_is_its_longest_matching_prefix():
    assert study_module("assignment4", "convolution") == "convolution"
    assert study_module("assignment4", "convolution_gradients") == "convolution_gradients"
    assert study_module("assignment2", "hidden_units_flower_noisy") == "hidden_units"
    assert study_module("assignment2", "hidden") is None


@pytest.mark.parametrize("report", ALL_REPORTS)
def test_no_report_imports_another(report):
    others = "|".join(name for name in ALL_REPORTS if name != report)
    for file in (FOLDER / "reports" / report).rglob("*.py"):
        assert not re.search(rf"layerwise\.reports\.({others})\b", file.read_text()), file


def test_the_library_imports_no_report():
    """It may import the list of reports (``layerwise.reports``), but none of their modules."""
    for file in FOLDER.rglob("*.py"):
        if "reports" not in file.relative_to(FOLDER).parts:
            assert "layerwise.reports." not in file.read_text(), file


def test_every_study_of_the_default_run_belongs_to_a_report():
    assert {spec["report"] for spec in CATALOGUE["studies"].values()} <= set(ALL_REPORTS)

import re

import pytest
from conftest import ROOT

from layerwise.reports import REPORTS

READS_TEST = re.compile(r"^(evaluate|evaluate_study|render|prepare)$")


@pytest.mark.parametrize("configfile", [None, "config/full.yaml"], ids=["default", "full"])
def test_only_evaluation_and_reports_read_a_test_split(project, configfile):
    jobs = project.plan("reports", configfile=configfile)
    training = [job for job in jobs if job.rule in ("train", "train_trials")]
    assert training
    leaks = [
        (job.rule, file)
        for job in jobs
        if not READS_TEST.match(job.rule)
        for file in job.inputs
        if file.endswith("/test.npz")
    ]
    assert leaks == []
    after_test = re.compile(r"/test\.npz|predictions|metrics\.json|summaries|claims|reports")
    assert [(job.rule, file) for job in training for file in job.inputs if after_test.search(file)] == []
    evaluations = [job for job in jobs if job.rule == "evaluate"]
    assert evaluations
    assert all(any(file.endswith("/test.npz") for file in job.inputs) for job in evaluations)


TARGETS = {report.target: name for name, report in REPORTS.items()} | {"all": "index"}


def test_each_target_makes_its_report(project):
    jobs = {job.rule: job for job in project.plan(*TARGETS, configfile=None)}
    assert {target: jobs[target].inputs for target in TARGETS} == {
        target: [f"reports/{page}.html"] for target, page in TARGETS.items()
    }


def test_the_name_of_a_page_is_a_target_too(project):
    jobs = {job.rule for job in project.plan("reports", *REPORTS, configfile=None)}
    assert jobs >= set(TARGETS)


def test_a_report_does_not_depend_on_the_others(project):
    jobs = project.plan("assignment2", configfile="tiny.yaml")
    assert {file for job in jobs for file in job.outputs if file.startswith("results/runs")} == set()
    jobs = project.plan("assignment3", configfile="tiny.yaml")
    trained = {file.split("/")[2] for job in jobs for file in job.outputs if file.startswith("results/runs")}
    assert trained == {"digits_softmax"}


def test_every_rule_has_a_docstring(project):
    listing = project.snakemake("--list", configfile=None).stdout
    rules = re.findall(r"^(\w+)$", listing, re.MULTILINE)
    assert rules == [], f"no docstring: {rules}"
    assert len(re.findall(r"^\w+ \(", listing, re.MULTILINE)) <= 16 + len(REPORTS)  # it fits a screen


def test_an_unknown_target_is_an_error(project):
    done = project.snakemake("assignment9", check=False)
    assert done.returncode != 0
    assert "assignment9" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_architecture_shows_the_graph_of_the_rules(project):
    graph = project.snakemake("--rulegraph", "mermaid-js", configfile=None).stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", graph))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", graph)}
    shown = re.search(r"```mermaid\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.DOTALL)
    assert set(re.findall(r"(\w+) --> (\w+)", shown[1])) == {(a, b) for a, b in edges if a != b}


@pytest.mark.parametrize("dataset", ["iris", "digits", "docstrings", "mnist1d", "sunspots"])
def test_the_page_about_a_dataset_of_each_kind_can_be_planned(project, dataset):
    done = project.snakemake("--dry-run", "--config", f"dataset={dataset}", configfile=None)
    assert re.search(r"^render +1$", done.stdout, re.MULTILINE)

import re

import pytest

READS_TEST = re.compile(r"^(evaluate|evaluate_study|render|prepare)$")


@pytest.mark.parametrize("configfile", [None, "config/full.yaml"], ids=["default", "full"])
def test_the_wall_only_evaluation_and_reports_read_a_test_split(project, configfile):
    jobs = project.plan("reports", configfile=configfile)
    training = [job for job in jobs if job.rule.startswith("train_")]
    assert training
    leaks = [
        (job.rule, file)
        for job in jobs
        if not READS_TEST.match(job.rule)
        for file in job.inputs
        if file.endswith("test.npz")
    ]
    assert leaks == []
    after_test = re.compile(r"test\.npz|predictions|metrics\.json|summaries|claims|reports")
    assert [(job.rule, file) for job in training for file in job.inputs if after_test.search(file)] == []
    evaluations = [job for job in jobs if job.rule == "evaluate"]
    assert evaluations
    assert all(any(file.endswith("test.npz") for file in job.inputs) for job in evaluations)


TARGETS = {
    **{f"assignment{n}": f"assignment{n}" for n in range(1, 6)},
    "tuning": "hyperparameter_tuning",
    "interpretability": "interpretability",
    "domains": "application_domains",
    "reproducibility": "reproducibility",
    "reports": "index",
    "all": "index",
}


def test_each_target_makes_its_report(project):
    jobs = {job.rule: job for job in project.plan(*TARGETS, configfile=None)}
    assert {target: jobs[target].inputs for target in TARGETS} == {
        target: [f"reports/{page}.html"] for target, page in TARGETS.items()
    }


def test_a_report_needs_nothing_of_the_others(project):
    jobs = project.plan("assignment2", configfile="tiny.yaml")
    assert {file for job in jobs for file in job.outputs if file.startswith("results/runs")} == set()
    jobs = project.plan("assignment3", configfile="tiny.yaml")
    trained = {file.split("/")[2] for job in jobs for file in job.outputs if file.startswith("results/runs")}
    assert trained == {"digits_softmax"}


def test_every_rule_says_what_it_does(project):
    listing = project.snakemake("--list", configfile=None).stdout
    rules = re.findall(r"^(\w+)$", listing, re.MULTILINE)
    assert rules == [], f"no docstring: {rules}"


def test_a_target_that_does_not_exist_is_named(project):
    done = project.snakemake("assignment9", check=False)
    assert done.returncode != 0
    assert "assignment9" in done.stdout
    assert "Traceback" not in done.stdout

import re

import pytest

READS_TEST = re.compile(r"^evaluate_|^render$|^prepare$")


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
    evaluations = [job for job in jobs if job.rule.startswith("evaluate_")]
    assert all(any(file.endswith("test.npz") for file in job.inputs) for job in evaluations)


@pytest.mark.parametrize(
    "target",
    [
        *(f"assignment{n}" for n in range(1, 6)),
        "tuning",
        "interpretability",
        "domains",
        "reproducibility",
        "reports",
        "all",
    ],
)
def test_each_target_makes_its_report(project, target):
    made = {file for job in project.plan(target, configfile=None) for file in job.outputs}
    assert any(re.fullmatch(r"reports/\w+\.html", file) for file in made)


def test_every_rule_says_what_it_does(project):
    listing = project.snakemake("--list", configfile=None).stdout
    rules = re.findall(r"^(\w+)$", listing, re.MULTILINE)
    assert rules == [], f"no docstring: {rules}"


def test_a_target_that_does_not_exist_is_named(project):
    done = project.snakemake("assignment9", check=False)
    assert done.returncode != 0
    assert "assignment9" in done.stdout
    assert "Traceback" not in done.stdout

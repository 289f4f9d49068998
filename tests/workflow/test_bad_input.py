"""Invalid input is reported in one sentence with a non-zero exit status and leaves no incomplete files."""

import pytest


def override(key, value):
    return f"experiments={{iris_softmax: {{{key}: {value}}}}}"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (override("epocs", 3), "experiments.iris_softmax.epocs: unknown key; did you mean 'epochs'?"),
        (override("epochs", 0), "experiments.iris_softmax.epochs: must be at least 1, got 0"),
        (override("dataset", "irsi"), "unknown dataset 'irsi'; did you mean 'iris'?"),
        (override("optimizer", "{name: SDG, learning_rate: 0.1}"), "unknown optimizer 'SDG'"),
        (override("model", "[{layer: Dens, units: 3}]"), "unknown layer 'Dens'; did you mean 'Dense'?"),
        (override("model", "[{layer: Dense, unit: 3}]"), "unknown argument 'unit'; did you mean 'units'?"),
        (
            override("model", "[{layer: Dense, units: 3, activation: rleu}]"),
            "unknown activation 'rleu'; did you mean 'relu'?",
        ),
        ("seeds=0", "seeds: must be at least 1, got 0"),
        ("sedes=3", "sedes: unknown key; did you mean 'seeds'?"),
        ("datasets={iris: {source: irs}}", "unknown source 'irs'; did you mean 'iris'?"),
        (
            "datasets={iris: {scaling: log}}",
            "--config: datasets.iris.scaling: must be 'none' or 'standard' or 'minmax', got 'log'",
        ),
        (
            "claims={assignment1: {mine: {statement: a, test: at_least, of: irs_softmax/numpy, bound: 0.5}}}",
            "--config: claims.assignment1.mine: unknown experiment 'irs_softmax'; did you mean 'iris_softmax'?",
        ),
        ("sweeps={mine: {experiment: digits_mlp, method: grid, space: {}}}", "--config: sweeps.mine"),
        ("reports=null", "--config: reports: must be a mapping, got None"),
    ],
)
def test_an_invalid_configuration_is_reported_before_anything_runs(project, config, sentence):
    done = project.snakemake("assignment1", "--dry-run", "--config", config, configfile=None, check=False)
    assert done.returncode != 0
    assert sentence in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout


TABLE = "a,b,kind\n1,2,x\n3,4,y\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (TABLE * 20, "column 'a', row 3: got 'a'"),
        (
            "a,b,kind\n" + "".join(f"{i % 7},{i % 5},x\n" for i in range(40)),
            "must have at least two classes, got only 'x'",
        ),
        ("a,b,kind\n" + "1,two,x\n3,4,y\n" * 20, "'two'"),
        ("a,b,sort\n" + "1,2,x\n3,4,y\n" * 20, "kind"),
    ],
    ids=["header-repeated", "one-class", "text-for-number", "no-such-column"],
)
def test_an_invalid_table_is_reported_with_rule_log_and_cause(project, content, sentence):
    (project.folder / "mine.csv").write_text(content)
    done = project.snakemake(
        "results/data/mine/dataset.json", "--config", "datasets={mine: {csv: mine.csv, label: kind}}", check=False
    )
    assert done.returncode != 0
    assert "Rule prepare failed" in done.stdout
    cause = done.stdout.rpartition("Likely cause:")[2]
    assert "mine.csv" in cause
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    assert not list((project.folder / "results").rglob("*.npz"))


def test_an_unreadable_mirror_is_reported(project):
    done = project.snakemake("resources/mnist/fetched.json", "--config", "data={mirror: /no/such/folder}", check=False)
    assert done.returncode != 0
    assert "/no/such/folder" in done.stdout.rpartition("Likely cause:")[2]
    assert not list(project.folder.glob("resources/mnist/*"))

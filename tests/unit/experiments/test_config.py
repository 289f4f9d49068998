from pathlib import Path

import pytest
import yaml

from layerwise.experiments import config as configuration

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


def good():
    """Return a small configuration that is accepted."""
    return {
        "seeds": 2,
        "seeds_per_job": 1,
        "backends": ["numpy"],
        "resamples": 100,
        "data": {"mirror": None, "downloads": "resources"},
        "reports": {"assignment1": ["line"]},
        "datasets": {"points": {"source": "blobs"}},
        "experiments": {
            "line": {
                "dataset": "points",
                "model": [{"layer": "Dense", "units": 1}],
                "loss": {"name": "BinaryCrossentropy", "from_logits": True},
                "optimizer": {"name": "SGD", "learning_rate": 0.1},
                "epochs": 3,
                "batch_size": 8,
            }
        },
    }


def changed(path, value):
    config = good()
    node = config
    *parents, last = path
    for key in parents:
        node = node[key]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return config


def test_a_good_configuration_passes():
    configuration.check(good(), SCHEMA)


LINE = ("experiments", "line")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("seedz",), 3, "configuration: seedz: unknown key; did you mean 'seeds'?"),
        ((*LINE, "optimiser"), {}, "experiments.line.optimiser: unknown key; did you mean 'optimizer'?"),
        ((*LINE, "epochs"), 0, "experiments.line.epochs: must be at least 1, got 0"),
        ((*LINE, "epochs"), -3, "experiments.line.epochs: must be at least 1, got -3"),
        ((*LINE, "epochs"), "ten", "experiments.line.epochs: expected a whole number, got 'ten'"),
        ((*LINE, "batch_size"), 0, "experiments.line.batch_size: must be at least 1, got 0"),
        ((*LINE, "optimizer", "learning_rate"), -0.1, "learning_rate: must be greater than 0, got -0.1"),
        ((*LINE, "optimizer", "learning_rate"), "1e-4", "got '1e-4' (YAML reads 1e-4 as text: write 1.0e-4)"),
        ((*LINE, "optimizer", "name"), None, "experiments.line.optimizer: the key 'name' is missing"),
        ((*LINE, "dataset"), None, "experiments.line: the key 'dataset' is missing"),
        ((*LINE, "dataset"), "point", "line.dataset: unknown dataset 'point'; did you mean 'points'?"),
        ((*LINE, "model"), [], "experiments.line.model: must be a list of at least length 1, got []"),
        ((*LINE, "model", 0, "layer"), None, "experiments.line.model.0: the key 'layer' is missing"),
        ((*LINE, "backends"), ["torch"], "experiments.line.backends.0: got 'torch'; accepted: keras, numpy"),
        (
            ("reports", "assignment1"),
            ["lime"],
            "reports.assignment1.0: unknown experiment 'lime'; did you mean 'line'?",
        ),
        (("reports", "asignment2"), [], "reports.asignment2: unknown report; did you mean 'assignment2'?"),
        (("seeds",), 0, "seeds: must be at least 1, got 0"),
        (("experiments", "a b"), good()["experiments"]["line"], "'a b' is not a usable name"),
    ],
)
def test_a_bad_value_is_named_with_what_is_accepted(path, value, sentence):
    with pytest.raises(ValueError) as caught:
        configuration.check(changed(path, value), SCHEMA)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "other", "sentence"),
    [
        ({"start": {"experiment": "lime"}}, {}, "line.start: unknown experiment 'lime'; did you mean 'line'?"),
        ({"start": {}}, {}, "line.start: the key 'experiment' is missing"),
        ({"start": {"experiment": "other", "frozen": True}}, {}, "start.frozen: unknown key; did you mean 'freeze'?"),
        ({"start": {"experiment": "line"}}, {}, "line.start: goes in a circle: line from line"),
        (
            {"start": {"experiment": "other"}},
            {"start": {"experiment": "line"}},
            "line.start: goes in a circle: line from other from line",
        ),
        (
            {"start": {"experiment": "other"}, "backends": ["numpy", "keras"]},
            {},
            "line.start: 'other' is not trained in keras; give both experiments the same backends",
        ),
        (
            {"start": {"experiment": "other"}, "seeds": 3},
            {},
            "line.start: 'other' has 2 seeds, this experiment 3; give it no more",
        ),
    ],
)
def test_a_false_start_is_refused(line, other, sentence):
    config = good()
    first = config["experiments"]["line"]
    config["experiments"] = {"line": first | line, "other": first | other}
    with pytest.raises(ValueError) as caught:
        configuration.check(config, SCHEMA)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_start_is_accepted():
    config = good()
    first = config["experiments"]["line"]
    config["experiments"]["second"] = first | {"start": {"experiment": "line", "freeze": True}, "seeds": 1}
    configuration.check(config, SCHEMA)


def test_a_message_names_the_file_that_holds_the_fault(tmp_path):
    base, override = tmp_path / "base.yaml", tmp_path / "override.yaml"
    base.write_text(yaml.safe_dump(good()))
    override.write_text("experiments: {line: {epochs: 0}}")
    bad = changed((*LINE, "epochs"), 0)
    with pytest.raises(ValueError, match=r"override\.yaml: experiments\.line\.epochs"):
        configuration.check(bad, SCHEMA, [base, override])


def test_layer_names_look_into_branches():
    model = [{"layer": "Residual", "branch": [{"layer": "Conv2D"}, {"layer": "ReLU"}]}, {"layer": "Dense", "units": 3}]
    assert configuration.layer_names(model) == {"Residual", "Conv2D", "ReLU", "Dense"}
    model = [{"layer": "Parallel", "branches": [[{"layer": "Conv1D"}], [{"layer": "ReLU"}, {"layer": "Dense"}]]}]
    assert configuration.layer_names(model) == {"Parallel", "Conv1D", "ReLU", "Dense"}


def ladder():
    config = changed((*LINE, "for"), {"units": [1, 8]})
    config["experiments"] = {
        "line{units}": config["experiments"]["line"] | {"title": "{units} units", "epochs": "{units}"}
    }
    config["reports"]["assignment1"] = ["line*"]
    return config


def test_for_makes_one_experiment_of_each_value_and_a_report_can_name_them_by_a_pattern():
    config = configuration.expand(ladder())
    configuration.check(config, SCHEMA)
    assert list(config["experiments"]) == ["line1", "line8"]
    assert config["experiments"]["line8"]["epochs"] == 8
    assert config["experiments"]["line8"]["title"] == "8 units"
    assert config["reports"]["assignment1"] == ["line1", "line8"]


def test_a_fault_in_one_of_them_is_found_in_the_file_that_wrote_the_pattern(tmp_path):
    file, other = tmp_path / "ladder.yaml", tmp_path / "other.yaml"
    config = ladder()
    config["experiments"]["line{units}"]["for"] = {"units": [1, 0]}
    file.write_text(yaml.safe_dump(config))
    other.write_text("experiments: {}")
    with pytest.raises(ValueError, match=r"ladder\.yaml: experiments\.line0\.epochs: must be at least 1, got 0"):
        configuration.check(configuration.expand(config), SCHEMA, [file, other])


@pytest.mark.parametrize("choices", [{"units": []}, {"units": 3}, [1, 2]])
def test_a_malformed_for_is_refused(choices):
    with pytest.raises(ValueError, match=r"experiments\.line\.for"):
        configuration.check(configuration.expand(changed((*LINE, "for"), choices)), SCHEMA)


@pytest.mark.parametrize(("size", "groups"), [(1, [[0], [1], [2]]), (2, [[0, 1], [2]]), (9, [[0, 1, 2]])])
def test_seeds_are_trained_in_groups(size, groups):
    config = good() | {"seeds": 3, "seeds_per_job": size}
    assert [list(group) for group in configuration.seed_groups(config, "line")] == groups

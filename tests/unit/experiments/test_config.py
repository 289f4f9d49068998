from pathlib import Path

import pytest
import yaml

from layerwise.experiments import config as configuration

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"


def good():
    """Return a small valid configuration."""
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
        ((*LINE, "epochs"), "ten", "experiments.line.epochs: must be an integer, got 'ten'"),
        ((*LINE, "batch_size"), 0, "experiments.line.batch_size: must be at least 1, got 0"),
        ((*LINE, "optimizer", "learning_rate"), -0.1, "learning_rate: must be greater than 0, got -0.1"),
        ((*LINE, "optimizer", "learning_rate"), "1e-4", "got '1e-4' (YAML reads 1e-4 as text: write 1.0e-4)"),
        ((*LINE, "optimizer", "name"), None, "experiments.line.optimizer: the key 'name' is missing"),
        ((*LINE, "dataset"), None, "experiments.line: the key 'dataset' is missing"),
        ((*LINE, "dataset"), "point", "line.dataset: unknown dataset 'point'; did you mean 'points'?"),
        ((*LINE, "model"), [], "experiments.line.model: must be a list of length at least 1, got []"),
        ((*LINE, "model", 0, "layer"), None, "experiments.line.model.0: the key 'layer' is missing"),
        ((*LINE, "backends"), ["torch"], "experiments.line.backends.0: must be one of keras, numpy, got 'torch'"),
        (
            ("reports", "assignment1"),
            ["lime"],
            "reports.assignment1.0: unknown experiment 'lime'; did you mean 'line'?",
        ),
        (("reports", "asignment2"), [], "reports.asignment2: unknown report; did you mean 'assignment2'?"),
        (("seeds",), 0, "seeds: must be at least 1, got 0"),
        (
            ("experiments", "a b"),
            good()["experiments"]["line"],
            "a name must consist of letters, digits and _ and start with a letter, got 'a b'",
        ),
    ],
)
def test_an_invalid_value_is_reported_with_its_key(path, value, sentence):
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
        ({"start": {"experiment": "line"}}, {}, "line.start: circular dependency: line from line"),
        (
            {"start": {"experiment": "other"}},
            {"start": {"experiment": "line"}},
            "line.start: circular dependency: line from other from line",
        ),
        (
            {"start": {"experiment": "other"}, "backends": ["numpy", "keras"]},
            {},
            "line.start: 'other' is not trained in keras; give both experiments the same backends",
        ),
        (
            {"start": {"experiment": "other"}, "seeds": 3},
            {},
            "line.start: seeds must be at most those of 'other', 2, got 3",
        ),
    ],
)
def test_an_invalid_start_is_an_error(line, other, sentence):
    config = good()
    first = config["experiments"]["line"]
    config["experiments"] = {"line": first | line, "other": first | other}
    with pytest.raises(ValueError) as caught:
        configuration.check(config, SCHEMA)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_valid_start_passes():
    config = good()
    first = config["experiments"]["line"]
    config["experiments"]["second"] = first | {"start": {"experiment": "line", "freeze": True}, "seeds": 1}
    configuration.check(config, SCHEMA)


def test_a_message_names_the_file_with_the_error(tmp_path):
    base, override = tmp_path / "base.yaml", tmp_path / "override.yaml"
    base.write_text(yaml.safe_dump(good()))
    override.write_text("experiments: {line: {epochs: 0}}")
    bad = changed((*LINE, "epochs"), 0)
    with pytest.raises(ValueError, match=r"override\.yaml: experiments\.line\.epochs"):
        configuration.check(bad, SCHEMA, [base, override])


def with_units():
    config = changed((*LINE, "for"), {"units": [1, 8]})
    config["experiments"] = {
        "line{units}": config["experiments"]["line"] | {"title": "{units} units", "epochs": "{units}"}
    }
    config["reports"]["assignment1"] = ["line*"]
    return config


def test_for_expands_to_one_experiment_per_value_and_a_report_can_name_them_by_a_pattern():
    config = configuration.expand(with_units())
    configuration.check(config, SCHEMA)
    assert list(config["experiments"]) == ["line1", "line8"]
    assert config["experiments"]["line8"]["epochs"] == 8
    assert config["experiments"]["line8"]["title"] == "8 units"
    assert config["reports"]["assignment1"] == ["line1", "line8"]


def test_an_error_in_an_expanded_experiment_names_the_file_with_the_pattern(tmp_path):
    file, other = tmp_path / "units.yaml", tmp_path / "other.yaml"
    config = with_units()
    config["experiments"]["line{units}"]["for"] = {"units": [1, 0]}
    file.write_text(yaml.safe_dump(config))
    other.write_text("experiments: {}")
    with pytest.raises(ValueError, match=r"units\.yaml: experiments\.line0\.epochs: must be at least 1, got 0"):
        configuration.check(configuration.expand(config), SCHEMA, [file, other])


@pytest.mark.parametrize("choices", [{"units": []}, {"units": 3}, [1, 2]])
def test_a_malformed_for_is_an_error(choices):
    with pytest.raises(ValueError, match=r"experiments\.line\.for"):
        configuration.check(configuration.expand(changed((*LINE, "for"), choices)), SCHEMA)


@pytest.mark.parametrize(("size", "groups"), [(1, [[0], [1], [2]]), (2, [[0, 1], [2]]), (9, [[0, 1, 2]])])
def test_seeds_are_trained_in_groups(size, groups):
    config = good() | {"seeds": 3, "seeds_per_job": size}
    assert [list(group) for group in configuration.seed_groups(config, "line")] == groups


def test_values_of_the_command_line_are_parsed_and_patterns_stay_text():
    given = {"seeds": "3", "skip_studies": ["*", "[!t]*", "null"], "experiments": {"a": {"rate": "0.5"}}}
    expected = {"seeds": 3, "skip_studies": ["*", "[!t]*", None], "experiments": {"a": {"rate": 0.5}}}
    assert configuration.typed(given) == expected

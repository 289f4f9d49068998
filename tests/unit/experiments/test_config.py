from pathlib import Path

import pytest
import yaml

from layerwise.experiments import config as configuration
from layerwise.experiments import expansion

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
        (("seeds",), 2.0, "seeds: must be an integer, got 2.0"),
        (("seeds",), 10**400, "seeds: must be at most 10000, got 1000"),
        ((*LINE, "epochs"), 3.0, "experiments.line.epochs: must be an integer, got 3.0"),
        ((*LINE, "epochs"), 10**400, "experiments.line.epochs: must be at most 4294967295, got 1000"),
        (
            (*LINE, "backends"),
            ["numpy", "numpy"],
            "experiments.line.backends: must not list a value twice, got ['numpy'",
        ),
        (("anchors",), {"x": 3}, "anchors.x: must be a mapping, got 3"),
        (
            ("experiments", "a b"),
            good()["experiments"]["line"],
            "a name must consist of letters, digits and _ and start with a letter, got 'a b'",
        ),
        (
            ("experiments", "line\n"),
            good()["experiments"]["line"],
            "a name must consist of letters, digits and _ and start with a letter, got 'line\\n'",
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


def test_an_unknown_argument_of_a_study_is_an_error():
    study = {"report": "assignment1", "module": "momentum"}
    config = good() | {"studies": {"momentum": study}}
    known = configuration._study_arguments("assignment1", "momentum", 0)
    config["studies"]["momentum"]["arguments"] = dict.fromkeys(known)
    configuration.check(config, SCHEMA)
    study["arguments"] = {f"{known[0]}s": 1}
    with pytest.raises(
        ValueError, match=rf"momentum.arguments.{known[0]}s: unknown argument; did you mean '{known[0]}'"
    ):
        configuration.check(config, SCHEMA)


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


def test_a_message_about_a_value_of_the_command_line_says_so(tmp_path):
    base = tmp_path / "base.yaml"
    base.write_text(yaml.safe_dump(good()))
    bad = changed((*LINE, "epochs"), 0)
    with pytest.raises(ValueError, match=r"^--config: experiments\.line\.epochs: must be at least 1, got 0"):
        configuration.check(bad, SCHEMA, [base, {"experiments": {"line": {"epochs": 0}}}])


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({}, "claims.assignment1.mine: must be a mapping, got 3", "{other}: claims.assignment1.mine: must be a m"),
        ({}, "datasets.points.sead: unknown key", "--config: datasets.points.sead: unknown key"),
        ({"dataset": {"csv": "f.csv"}}, "datasets.user_f.sep: unknown key", "--config: dataset.sep: unknown key"),
        (
            {"claims": {"mine": {"report": "assignment1"}}},
            "claims.mine.test: unknown test 'x'",
            "{other}: claims.assignment1.mine.test: unknown test 'x'",
        ),
        ({}, "nowhere", "nowhere"),
        ({}, "nowhere: at all", "configuration: nowhere: at all"),
    ],
)
def test_an_error_is_located_in_the_last_file_that_sets_the_key(tmp_path, config, error, message):
    base, other = tmp_path / "base.yaml", tmp_path / "other.yaml"
    base.write_text(yaml.safe_dump({"datasets": {"points": {"source": "iris"}}}))
    other.write_text("claims: {assignment1: {mine: 3}}")
    given = {"datasets": {"points": {"sead": 3}}, "dataset": {"csv": "f.csv", "sep": ","}}
    found = configuration.located(config, ValueError(error), [base, other, given])
    assert found.startswith(message.format(other=other))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "seeds: 1\nbackends: [numpy]\nseeds: 2\n",
            "the key 'seeds' is set twice, in lines 1 and 3; remove one of them",
        ),
        ("experiments:\n  a: {}\n  b: {}\n  a: {}\n", "the key 'a' is set twice, in lines 2 and 4"),
    ],
)
def test_a_key_set_twice_in_a_file_is_an_error(tmp_path, text, sentence):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    with pytest.raises(ValueError) as caught:
        configuration.check(good(), SCHEMA, [file])
    assert str(caught.value).startswith(f"{file}: {sentence}")


def test_a_key_that_overrides_a_merged_one_is_no_error(tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("base: &base {a: 1}\nother:\n  <<: *base\n  a: 2\n")
    configuration.check(good(), SCHEMA, [file])


def with_units():
    config = changed((*LINE, "for"), {"units": [1, 8]})
    config["experiments"] = {
        "line{units}": config["experiments"]["line"] | {"title": "{units} units", "epochs": "{units}"}
    }
    config["reports"]["assignment1"] = ["line*"]
    return config


def test_for_expands_to_one_experiment_per_value_and_a_report_can_name_them_by_a_pattern():
    config = expansion.expand(with_units())
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
        configuration.check(expansion.expand(config), SCHEMA, [file, other])


@pytest.mark.parametrize("choices", [{"units": []}, {"units": 3}, [1, 2]])
def test_a_malformed_for_is_an_error(choices):
    with pytest.raises(ValueError, match=r"experiments\.line\.for"):
        configuration.check(expansion.expand(changed((*LINE, "for"), choices)), SCHEMA)


@pytest.mark.parametrize(("size", "groups"), [(1, [[0], [1], [2]]), (2, [[0, 1], [2]]), (9, [[0, 1, 2]])])
def test_seeds_are_trained_in_groups(size, groups):
    config = good() | {"seeds": 3, "seeds_per_job": size}
    assert [list(group) for group in configuration.seed_groups(config, "line")] == groups


def test_values_of_the_command_line_are_parsed_and_patterns_stay_text():
    mine = {"csv": "f.csv", "label": "2", "drop": ["007", "yes"], "seed": "3", "test": "0.2", "separator": "null"}
    parsed = {"csv": "f.csv", "label": "2", "drop": ["007", "yes"], "seed": 3, "test": 0.2, "separator": None}
    assert configuration.typed({"dataset": mine}) == {"dataset": parsed}
    given = {"seeds": "3", "skip_studies": ["*", "[!t]*", "null"], "experiments": {"a": {"rate": "0.5"}}}
    expected = {"seeds": 3, "skip_studies": ["*", "[!t]*", None], "experiments": {"a": {"rate": 0.5}}}
    assert configuration.typed(given) == expected

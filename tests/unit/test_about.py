"""Ladders of studies and claims, and the report about one dataset alone."""

import pytest

from layerwise import config as configuration

CONFIG = {
    "reports": {"assignment1": ["iris_softmax", "table_*"], "assignment2": ["iris_softmax"]},
    "datasets": {"iris": {"source": "iris"}, "wine": {"source": "wine"}},
    "experiments": {
        "iris_softmax": {"dataset": "iris"},
        "table_{dataset}": {"for": {"dataset": ["wine"]}, "dataset": "{dataset}", "title": "On {dataset}"},
    },
    "studies": {
        "odds_{dataset}": {"for": {"dataset": ["iris", "wine"]}, "report": "assignment1", "datasets": ["{dataset}"]},
        "size_{dataset}": {"for": {"dataset": ["iris"]}, "report": "assignment2", "datasets": ["{dataset}"]},
        "checks": {"report": "assignment2"},
    },
    "claims": {
        "odds_{dataset}": {
            "for": {"dataset": ["iris"]},
            "report": "assignment1",
            "of": "studies/odds_{dataset}/ratio",
            "sentences": {"PASS": "On {dataset}: {mean:.1f}."},
        }
    },
}


def test_studies_and_claims_are_made_for_each_value():
    made = configuration.expand(CONFIG)
    assert list(made["studies"]) == ["odds_iris", "odds_wine", "size_iris", "checks"]
    assert made["studies"]["odds_wine"] == {"report": "assignment1", "datasets": ["wine"]}
    assert made["claims"]["odds_iris"]["of"] == "studies/odds_iris/ratio"
    assert made["claims"]["odds_iris"]["sentences"]["PASS"] == "On iris: {mean:.1f}."


@pytest.mark.parametrize(("patterns", "left"), [(["*"], []), (["odds_*"], ["size_iris", "checks"])])
def test_studies_can_be_left_out(patterns, left):
    assert list(configuration.expand({**CONFIG, "skip_studies": patterns})["studies"]) == left


@pytest.mark.parametrize("dataset", [{"csv": "here/my table.csv", "label": "kind"}, {"npz": "my table.npz"}])
def test_a_report_about_an_own_dataset(dataset):
    made = configuration.expand({**CONFIG, "dataset": dataset})
    assert made["reports"] == {"assignment1": ["table_own_my_table"], "assignment2": []}
    assert list(made["experiments"]) == ["table_own_my_table"]
    assert list(made["studies"]) == ["odds_own_my_table"]
    assert list(made["claims"]) == ["odds_own_my_table"]
    assert made["datasets"]["own_my_table"] == {**dataset, "title": "my table"}
    assert made["datasets"]["own_my_table_raw"] == {**dataset, "title": "my table", "scaling": "none"}
    assert made["claims"]["odds_own_my_table"]["sentences"]["PASS"] == "On own my table: {mean:.1f}."
    assert set(made["datasets"]) > set(CONFIG["datasets"])


def test_a_report_about_a_known_dataset():
    made = configuration.expand({**CONFIG, "dataset": "iris"})
    assert made["reports"]["assignment1"] == ["table_iris"]
    assert made["experiments"]["table_iris"]["dataset"] == "iris"


def test_an_unknown_dataset_is_named():
    with pytest.raises(
        ValueError, match=r"dataset: unknown dataset 'iris\.csv'; did you mean 'iris'\?; a table of your own"
    ):
        configuration.expand({**CONFIG, "dataset": "iris.csv"})


def test_nothing_is_changed_in_place():
    before = repr(CONFIG)
    configuration.expand({**CONFIG, "dataset": "wine"})
    assert repr(CONFIG) == before


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"line": {"epochs": "3", "learning_rate": "0.1"}}, {"line": {"epochs": 3, "learning_rate": 0.1}}),
        (["relu", "true", "null"], ["relu", True, None]),
        ("my table.csv", "my table.csv"),
        ("", ""),
        (5, 5),
    ],
)
def test_numbers_inside_the_command_line_are_numbers(given, read):
    assert configuration.typed(given) == read

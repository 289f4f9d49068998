"""Expansion of datasets, experiments, studies and claims, and the report about one dataset alone."""

import re

import numpy as np
import pytest

from layerwise.experiments import config as configuration
from layerwise.experiments import expansion, subject

CONFIG = {
    "reports": {"assignment1": ["iris_softmax", "table_*"], "assignment2": ["iris_softmax"]},
    "datasets": {"iris": {"source": "iris"}, "wine": {"source": "wine"}},
    "experiments": {
        "iris_softmax": {"dataset": "iris"},
        "table_{dataset}": {"for": {"dataset": ["wine"]}, "dataset": "{dataset}", "title": "On {dataset}"},
    },
    "studies": {
        "assignment1": {"odds_ratios_{dataset}": {"for": {"dataset": ["iris", "wine"]}, "datasets": ["{dataset}"]}},
        "assignment2": {
            "hidden_units_{dataset}": {"for": {"dataset": ["iris"]}, "datasets": ["{dataset}"]},
            "overfitting": {},
        },
    },
    "claims": {
        "assignment1": {
            "odds_ratios_{dataset}": {
                "for": {"dataset": ["iris"]},
                "of": "studies/odds_ratios_{dataset}/ratio",
                "statement": "on {dataset} it is so",
            }
        }
    },
}


def test_studies_and_claims_are_expanded_for_each_value():
    made = expansion.expand(CONFIG)
    assert list(made["studies"]) == ["odds_ratios_iris", "odds_ratios_wine", "hidden_units_iris", "overfitting"]
    assert made["studies"]["odds_ratios_wine"] == {
        "report": "assignment1",
        "module": "odds_ratios",
        "datasets": ["wine"],
    }
    assert made["claims"]["odds_ratios_iris"]["of"] == "studies/odds_ratios_iris/ratio"
    assert made["claims"]["odds_ratios_iris"]["statement"] == "on iris it is so"


@pytest.mark.parametrize(
    ("section", "value", "sentence"),
    [
        ("reports", None, "reports: must be a mapping, got None"),
        ("reports", {"assignment1": None}, "reports.assignment1: must be a list of names, got None"),
        (
            "reports",
            {"assignment1": "iris_softmax"},
            "reports.assignment1: must be a list of names, got 'iris_softmax'",
        ),
        ("experiments", ["a"], "experiments: must be a mapping, got ['a']"),
        ("experiments", {3: {}}, "experiments: a name must be text, got 3"),
        ("datasets", None, "datasets: must be a mapping, got None"),
        ("sweeps", ["a"], "sweeps: must be a mapping, got ['a']"),
        ("skip_studies", None, "skip_studies: must be a list of names, got None"),
        ("skip_studies", "odds*", "skip_studies: must be a list of names, got 'odds*'"),
    ],
)
def test_a_section_of_the_wrong_kind_is_an_error(section, value, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        expansion.expand({**CONFIG, section: value})


@pytest.mark.parametrize(
    ("experiments", "name"),
    [
        ({"iris_{x}": {"for": {"x": ["softmax", "mlp"]}}}, "iris_softmax"),
        ({"mine_{x}": {"for": {"x": ["a", "a"]}}}, "mine_a"),
        ({"mine": {"for": {"x": ["a", "b"]}}}, "mine"),
        ({"mine_{x}": {"for": {"x": ["a"]}}, "mine_a": {"dataset": "iris"}}, "mine_a"),
    ],
)
def test_an_expanded_name_must_be_unique(experiments, name):
    config = {**CONFIG, "experiments": {**CONFIG["experiments"], **experiments}}
    with pytest.raises(
        ValueError, match=f"experiments.m?i.*: the name of each entry must be unique, got '{name}' twice"
    ):
        expansion.expand(config)


def test_a_report_lists_an_experiment_once_although_two_patterns_match_it():
    config = {**CONFIG, "reports": {"assignment1": ["table_wine", "table_*", "iris_softmax", "iris_softmax"]}}
    assert expansion.expand(config)["reports"]["assignment1"] == ["table_wine", "iris_softmax"]


def test_a_claim_about_each_dataset_stays_one_claim():
    claim = {"each": {"dataset": ["iris", "wine"]}, "of": "studies/odds_ratios_{dataset}/ratio", "statement": "so"}
    made = expansion.expand({**CONFIG, "claims": {"assignment1": {"odds_ratios_all": claim}}})
    cases = {name: {"of": f"studies/odds_ratios_{name}/ratio"} for name in ("iris", "wine")}
    assert made["claims"]["odds_ratios_all"]["cases"] == cases
    assert "each" not in made["claims"]["odds_ratios_all"]
    texts = {"each": {"text": ["docstrings"]}, "of": "words_{text}/numpy", "statement": "so"}
    mine = {**CONFIG, "dataset": {"text": "my.tsv"}, "claims": {"application_domains": {"words_all": texts}}}
    assert list(expansion.expand(mine)["claims"]["words_all"]["cases"]) == ["my"]


@pytest.mark.parametrize(
    ("studies", "sentence"),
    [
        ({"asignment1": {}}, "studies.asignment1: unknown report; did you mean 'assignment1'?"),
        (
            {"assignment1": {"odd": {}}},
            "studies.assignment1.odd: must be named after its module in src/layerwise/reports",
        ),
        ({"assignment1": {"odds_ratio": {}}}, "; did you mean 'odds_ratios'?"),
        (["odds"], "studies: must be a mapping, got ['odds']"),
        ({"assignment1": "odds"}, "studies.assignment1: must be a mapping, got 'odds'"),
        ({"assignment1": {"odds": 3}}, "studies.assignment1.odds: must be a mapping, got 3"),
        (
            {"assignment1": {"odds": {"report": "assignment2"}}},
            "studies.assignment1.odds.report: must not be set; the place and name of the entry determine it",
        ),
    ],
)
def test_studies_are_listed_under_their_report(studies, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        expansion.expand({**CONFIG, "studies": studies})


def test_names_are_unique_across_reports():
    claims = {"assignment1": {"odds": {}}, "assignment2": {"odds": {}}}
    words = r"claims\.assignment2\.odds: name must be unique, but assignment1 already uses it"
    with pytest.raises(ValueError, match=words):
        expansion.expand({**CONFIG, "claims": claims})


@pytest.mark.parametrize(("patterns", "left"), [(["*"], []), (["odds_*"], ["hidden_units_iris", "overfitting"])])
def test_studies_can_be_skipped(patterns, left):
    assert list(expansion.expand({**CONFIG, "skip_studies": patterns})["studies"]) == left


TABLE = {
    "reports": {"assignment1": []},
    "datasets": {"wine": {"source": "wine"}},
    "experiments": {
        "iris_softmax": {"dataset": "iris"},
        "user_mlp_{classification}": {
            "for": {"classification": "user", "batch_size": "user", "class_weight": "user"},
            "dataset": "{classification}",
            "batch_size": "{batch_size}",
            "class_weight": "{class_weight}",
        },
        "user_mlp_{regression}": {"for": {"regression": "user"}, "dataset": "{regression}"},
        "fold{fold}_mlp_{table}": {"for": {"table": "user", "fold": "user"}, "dataset": "{table}_fold{fold}"},
    },
    "studies": {"user_table": {"baselines_{binary}": {"for": {"binary": "user"}, "datasets": ["{binary}"]}}},
    "claims": {"user_table": {"baselines_{table}": {"for": {"table": "user"}, "statement": "on {table} it is so"}}},
}


def table(folder, label=lambda i: "ab"[i % 2], rows=400):
    path = folder / "my table.csv"
    path.write_text("x,kind\n" + "".join(f"{i % 7},{label(i)}\n" for i in range(rows)))
    return {"csv": str(path), "label": "kind"}


def test_a_report_about_a_user_table(tmp_path):
    spec = table(tmp_path)
    made = expansion.expand({**TABLE, "dataset": {**spec, "class_weight": "balanced"}})
    assert subject.page(made) == "user_table"
    assert made["reports"] == {"assignment1": [], "user_table": ["user_mlp_user_my_table"]}
    mlp = {"dataset": "user_my_table", "batch_size": 16, "class_weight": "balanced"}
    assert made["experiments"] == {"user_mlp_user_my_table": mlp}
    assert list(made["studies"]) == ["baselines_user_my_table"]
    assert made["claims"]["baselines_user_my_table"]["statement"] == "on my table it is so"
    assert made["datasets"]["user_my_table"] == {**spec, "class_weight": "balanced", "title": "my table"}
    assert set(made["datasets"]) == {"wine", "user_my_table"}
    assert subject.subject(made).message == f"{spec['csv']}: 400 usable rows, 2 classes"


def test_the_models_depend_on_the_task_and_the_folds(tmp_path):
    spec = table(tmp_path, lambda i: i / 7)
    made = expansion.expand({**TABLE, "dataset": {**spec, "folds": 3}})
    assert made["experiments"]["user_mlp_user_my_table"] == {"dataset": "user_my_table"}
    assert [name for name in made["experiments"] if "fold" in name] == [f"fold{k}_mlp_user_my_table" for k in range(3)]
    assert [made["datasets"][f"user_my_table_fold{k}"]["fold"] for k in range(3)] == [0, 1, 2]
    assert made["studies"] == {}
    one = expansion.expand({**TABLE, "dataset": {**spec, "folds": 3, "fold": 1}})
    assert list(one["experiments"]) == ["user_mlp_user_my_table"]


@pytest.mark.parametrize(
    ("rows", "size", "epochs"), [(30, 16, 100), (3000, 32, 100), (20_190, 256, 100), (1_000_000, 1024, 20)]
)
def test_batch_size_and_epochs_depend_on_the_number_of_rows(rows, size, epochs):
    made = subject.training_values(rows)
    assert (made["batch_size"], made["epochs"]) == (size, epochs)


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (np.ones((40, 5, 4), np.uint8), "images"),
        (np.ones((40, 5, 1)), "ucr"),
        (np.ones((40, 5)), "table"),
    ],
)
def test_the_kind_of_arrays_decides_the_page(tmp_path, x, kind):
    np.savez(tmp_path / "my.npz", x=x, y=np.arange(40) % 2)
    chosen = subject.subject({"dataset": {"npz": str(tmp_path / "my.npz")}, "datasets": {}})
    assert chosen.kind == kind and chosen.values[kind] == "user_my"


def test_a_report_about_a_known_dataset():
    made = expansion.expand({**TABLE, "dataset": "wine"})
    assert made["reports"]["user_table"] == ["user_mlp_wine"]
    assert made["experiments"]["user_mlp_wine"]["dataset"] == "wine"


DOMAINS = {
    "reports": {"assignment1": ["table_*"], "application_domains": ["words_*", "fold*"]},
    "datasets": {
        "docstrings": {"source": "docstrings"},
        "fold{k}": {"for": {"k": [0, 1]}, "source": "movie_reviews", "folds": 2, "fold": "{k}"},
        "gunpoint": {"source": "ucr_gunpoint"},
    },
    "experiments": {
        "table_{dataset}": {"for": {"dataset": ["docstrings"]}, "dataset": "{dataset}"},
        "words_{text}": {"for": {"text": ["docstrings"]}, "dataset": "{text}"},
        "fold{k}": {"for": {"k": [0, 1]}, "dataset": "fold{k}"},
        "cnn_{images}": {"for": {"images": "user"}, "dataset": "{images}"},
        "fcn_{ucr}": {"for": {"ucr": "user"}, "dataset": "{ucr}"},
        "mlp_{series}": {"for": {"series": "user"}, "dataset": "{series}"},
    },
    "studies": {"application_domains": {"nearest_neighbor_{ucr}": {"for": {"ucr": "user"}, "datasets": ["{ucr}"]}}},
}


@pytest.mark.parametrize(
    ("dataset", "experiment"),
    [
        ({"text": "my.tsv"}, "words_user_my"),
        ({"images": "some/pets/"}, "cnn_user_pets"),
        ({"ucr": "my_TRAIN.tsv"}, "fcn_user_my"),
        ({"series": "my.csv", "value": "level"}, "mlp_user_my"),
        ("docstrings", "words_docstrings"),
        ("gunpoint", "fcn_gunpoint"),
    ],
)
def test_a_page_about_a_dataset_of_another_kind(dataset, experiment):
    asked = {**DOMAINS, "dataset": dataset}
    made = expansion.expand(asked)
    assert subject.page(asked) == subject.page(made) == "application_domains"
    assert made["reports"] == {"assignment1": [], "application_domains": [experiment]}
    assert list(made["experiments"]) == [experiment]
    assert made["experiments"][experiment]["dataset"] in made["datasets"]
    assert list(made["studies"]) == (
        ["nearest_neighbor" + experiment.removeprefix("fcn")] if "fcn" in experiment else []
    )


def test_entries_for_user_data_are_omitted_without_user_data():
    made = expansion.expand(DOMAINS)
    assert list(made["experiments"]) == ["table_docstrings", "words_docstrings", "fold0", "fold1"]
    assert made["studies"] == {} and subject.page(made) is None


def test_datasets_are_expanded_for_each_value():
    made = expansion.expand(DOMAINS)
    assert made["datasets"]["fold1"] == {"source": "movie_reviews", "folds": 2, "fold": 1}


def test_a_specification_without_data_is_an_error():
    words = "dataset: must have exactly one of the keys source, csv, npz, images, .*, got none of them"
    with pytest.raises(ValueError, match=words):
        expansion.expand({**DOMAINS, "dataset": {"txt": "my.tsv"}})


def test_published_results_on_a_dataset_apply_to_all_its_folds():
    anchors = {"ours": {"dataset": "movie_reviews"}, "other": {"dataset": "movie"}}
    experiments = {
        "cnn_3": {"dataset": "movie_reviews_3"},
        "svm": {"dataset": "movie_reviews"},
        "mlp": {"dataset": "iris"},
    }
    config = {"experiments": experiments, "anchors": anchors}
    names = [list(configuration.published(config, name)) for name in experiments]
    assert names == [["ours"], ["ours"], []]


def test_an_unknown_dataset_is_an_error():
    with pytest.raises(
        ValueError, match=r"dataset: unknown dataset 'iris\.csv'; did you mean 'iris'\?; write your own table as {csv:"
    ):
        expansion.expand({**CONFIG, "dataset": "iris.csv"})


def test_expand_does_not_change_its_argument():
    before = repr(CONFIG)
    expansion.expand({**CONFIG, "dataset": "wine"})
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
def test_scalars_in_command_line_options_are_parsed(given, read):
    assert configuration.typed(given) == read

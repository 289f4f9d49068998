"""The studies of the interpretability page: plain arrays, the same again, and the answer where it is known."""

import importlib

import numpy as np
import pytest
from catalogue import of_report

from layerwise import nn
from layerwise.claims import sources
from layerwise.files import write_json, write_npz
from layerwise.plots import Picture, to_svg
from layerwise.reporting import explaining
from layerwise.reporting.artifacts import Report
from layerwise.studies import attribution, importance, inside, planted
from layerwise.studies.runs import Trained

pytestmark = pytest.mark.training

CLASSES, SIZE = 3, 14


def striped(n, seed):
    """Return images of noise with one bright column that tells the class, sorted by class as some datasets are."""
    rng = np.random.default_rng(seed)
    y = np.sort(np.arange(n) % CLASSES)
    x = 0.3 * rng.random((n, SIZE, SIZE, 1))
    x[np.arange(n), 5:, 4 + 3 * y] += 0.7
    return x.astype(np.float32), y.astype(np.int32)


def table(n, seed):
    """Return a table in which the second of four features decides, and the others are noise."""
    x = np.random.default_rng(seed).normal(size=(n, 4))
    return x.astype(np.float32), (x[:, 1] + 0.1 * x[:, 2] > 0).astype(np.int32)


def splits(make):
    return {name: make(n, seed) for seed, (name, n) in enumerate({"train": 60, "validation": 30, "test": 60}.items())}


IMAGES, TABLE = {"stripes": splits(striped)}, {"table": splits(table)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return by name the runs of three networks trained in a moment, two seeds each."""
    folder = tmp_path_factory.mktemp("runs")

    def trained(name, data, loss, make):
        x, y = next(iter(data.values()))["train"]
        folders = []
        for seed in range(2):
            model = nn.Sequential([nn.Input(x.shape[1:]), *make()], seed=seed)
            model.compile(nn.Adam(0.02), loss)
            model.fit(x, y, batch_size=16, epochs=30, verbose=0)
            folders.append(folder / name / "numpy" / f"seed-{seed}")
            folders[-1].mkdir(parents=True)
            model.save(folders[-1] / "model.npz")
        return {f"{name}/numpy": Trained(tuple(folders), {}, {})}

    many, two = nn.SparseCategoricalCrossentropy(from_logits=True), nn.BinaryCrossentropy(from_logits=True)
    return {
        "convolution": trained("convolution", IMAGES, many, convolution),
        "logistic": trained("logistic", TABLE, two, lambda: [nn.Dense(1)]),
        "tanh": trained("tanh", TABLE, two, lambda: [nn.Dense(4, activation="tanh"), nn.Dense(1)]),
    }


def convolution():
    return [
        nn.Conv2D(4, 3, activation="relu"),
        nn.MaxPooling2D(2),
        nn.Conv2D(6, 3, activation="relu"),
        nn.Flatten(),
        nn.Dense(CLASSES),
    ]


# function → its data, its runs, quick arguments, what draws it
QUICK = {
    "attribution.maps": (
        IMAGES,
        "convolution",
        {"mistakes": 2, "images": 4, "steps": [2, 16]},
        [explaining.gallery, explaining.complete, explaining.mistaken],
    ),
    "attribution.trust": (
        IMAGES,
        "convolution",
        {"images": 4, "points": 3},
        [explaining.cascade, explaining.removal, explaining.agreement],
    ),
    "attribution.backends": (IMAGES, "convolution", {"images": 5}, [explaining.backends]),
    "planted.marker": (IMAGES, None, {"epochs": 4, "images": 6, "seeds": 2}, [explaining.marker]),
    "planted.shuffled_labels": (
        IMAGES,
        None,
        {"examples": 30, "epochs": 5, "images": 4, "seeds": 2},
        [explaining.labels],
    ),
    "inside.synthesis": (IMAGES, "convolution", {"sure": 0.8}, [explaining.synthesis]),
    "inside.layers": (IMAGES, "convolution", {}, [explaining.filters]),
    "inside.space": (
        IMAGES,
        "convolution",
        {"images": 40, "neighbours": 3, "mistakes": 2},
        [explaining.space, explaining.neighbours],
    ),
    "importance.table": (TABLE, "logistic", {"repeats": 3}, [explaining.importance]),
    "importance.dependence": (TABLE, "tanh", {"features": 2, "examples": 10}, [explaining.dependence]),
}


def load(name):
    module, function = name.split(".")
    return getattr(importlib.import_module(f"layerwise.studies.{module}"), function)


def run(name, runs, kept={}):  # noqa: B006 — the first result of each study is kept for the other tests
    if name not in kept:
        kept[name] = run_again(name, runs)
    return kept[name]


def run_again(name, runs):
    data, trained, arguments, _ = QUICK[name]
    return load(name)(data, *([runs[trained]] if trained else []), **arguments)


@pytest.mark.parametrize("name", QUICK)
def test_a_study_returns_finite_arrays_the_same_again_and_is_drawn(name, runs, tmp_path):
    first, second = run(name, runs), run_again(name, runs)
    assert list(first) == list(second)
    for key, array in first.items():
        assert np.array_equal(array, second[key]), key
        assert np.asarray(array).dtype.kind == "U" or np.isfinite(array).all(), key
    [dataset] = QUICK[name][0]
    y = QUICK[name][0][dataset]["train"][1]
    info = {"class_names": [str(k) for k in range(y.max() + 1)], "feature_names": [f"feature {j}" for j in range(4)]}
    write_json(tmp_path / "data" / dataset / "dataset.json", info)
    write_npz(tmp_path / "studies" / "study.npz", **first)
    study = Report("r", {}, tmp_path, {"study": {"datasets": [dataset], "arguments": QUICK[name][2]}}).study("study")
    for draw in QUICK[name][3]:
        drawn = draw(study)
        for picture in drawn if isinstance(drawn, list) else [drawn]:
            assert isinstance(picture, Picture) and len(picture.title) > 10 and len(picture.alt) > len(picture.title)
            assert "nan" not in f"{picture.title} {picture.alt}"
            assert to_svg(picture).startswith("<svg")


def test_every_study_of_the_page_is_tested_here_and_every_claim_finds_its_array(runs):
    studies = of_report("studies", "interpretability")
    assert {spec["function"] for spec in studies.values()} == set(QUICK)
    made = {name: run(spec["function"], runs) for name, spec in studies.items()}
    made["maps"] = made["maps"] | {f"error.{n}": 0 for n in studies["maps"]["arguments"]["steps"]}
    for name, claim in of_report("claims", "interpretability").items():
        for source in sources(claim):
            _, study, array = source.split("/")
            assert array in made[study], f"{name}: {source}"


def test_only_the_feature_that_decides_counts(runs):
    found = run("importance.table", runs)
    for way in ("permutation", "gradients"):
        assert (found[way].argmax(axis=1) == 1).all()
    assert (found["odds"][:, 1] > 2).all()
    assert found["error"].max() < 1e-3
    assert run("importance.dependence", runs)["features"][0] == 1


def test_the_column_that_tells_the_class_is_found_and_destroyed_with_the_weights(runs):
    found = run("attribution.trust", runs)
    assert found["deletion_area.integrated_gradients"].mean() < found["deletion_area.random"].mean() - 0.1
    assert found["randomised.integrated_gradients"][:, 0].tolist() == [1, 1]
    assert found["destroyed.integrated_gradients"].mean() < 0.7
    assert found["layers"].tolist() == ["dense", "conv2d_1", "conv2d"]


def test_a_marker_stands_at_a_place_of_its_own_for_each_class():
    x = np.zeros((3, SIZE, SIZE, 1), np.float32)
    x[0, 7, 7] = 1
    marked = planted.marked(x, np.arange(3))
    assert (marked[:, 1:3].sum(axis=(1, 2, 3)) == planted.SIZE**2).all()
    assert len({tuple(np.flatnonzero(image[1])) for image in marked}) == 3
    assert not x[:, 1].any()


def test_networks_that_learnt_a_marker_follow_it_and_maps_show_it():
    rng = np.random.default_rng(0)
    noise = {name: (0.1 * rng.random(x.shape, np.float32), y) for name, (x, y) in IMAGES["stripes"].items()}
    for x, _ in noise.values():
        x[:, 9, 9] = 1  # a marker is as bright as the brightest pixel
    found = planted.marker({"noise": noise}, epochs=20, images=10, seeds=2)
    assert found["follows"].min() > 0.9
    assert found["found"].min() > 0.5 > 10 * found["chance"][0]


def test_images_are_mixed_before_the_first_are_taken():
    x, y = attribution.split(IMAGES)
    assert set(y[:12]) == {0, 1, 2}
    assert all((image[5:, 4 + 3 * k].mean() > 0.7) for image, k in zip(x, y))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda runs: attribution.trust(TABLE, runs["logistic"]), r"dataset 'table': .* shape \(4,\); .* about images"),
        (lambda runs: importance.table(TABLE, runs["tanh"]), "accepted are logistic regressions with one output"),
        (
            lambda runs: planted.marker({"wide": {k: (x[:, :, :8], y) for k, (x, y) in IMAGES["stripes"].items()}}),
            "3 markers of 2 pixels do not fit a width of 8",
        ),
    ],
)
def test_data_that_do_not_fit_are_named(act, message, runs):
    with pytest.raises(ValueError, match=message):
        act(runs)


def test_every_run_is_shown_an_image_of_its_own_as_far_as_it_reads_any():
    y, said = np.array([0, 1, 0, 1, 0]), np.array([0, 0, 1, 0, 0])
    assert [inside._shown(y, said, 0, run) for run in range(3)] == [0, 4, 0]
    assert [inside._shown(y, said, 1, run) for run in range(3)] == [1, 3, 1]  # none is read rightly


def test_synthesis_knows_whether_others_agree(runs):
    found = inside.synthesis(IMAGES, runs["convolution"], sure=0.8)
    assert all(found[f"sure.{kind}"].min() > 0.5 for kind in ("excites", "noise", "disguised"))
    assert all(
        0 <= found[f"shared.{kind}"].min() <= found[f"shared.{kind}"].max() <= 1 for kind in ("excites", "noise")
    )

"""The titles and alt texts of figures state what the data show."""

import html
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import rc_context
from matplotlib.markers import MarkerStyle
from sklearn.decomposition import PCA

from layerwise import plots
from layerwise.plots import factors, studies
from layerwise.plots.convolution import embeddings
from layerwise.plots.studies import lines, measure_range
from layerwise.plots.style import letter, to_svg

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3
NAMES = ["ant", "bee", "cat"]
P = RNG.dirichlet(np.ones(3), 60) * 0.4 + np.eye(3)[Y] * 0.6
IMAGES = RNG.random((60, 6, 6, 1))
POINTS = RNG.normal(size=(60, 2))
SQUARE = np.array([[-1.0, 0.0], [1, 1], [2, 0], [-2, 1]])
HISTORIES = pd.DataFrame(
    [
        {"backend": backend, "seed": seed, "epoch": epoch, "loss": 1 / epoch, "val_loss": (epoch - 3) ** 2 + 0.25,
         "accuracy": 0.5, "val_accuracy": 1 - 0.1 * (epoch - 2) ** 2}
        for backend in ("numpy", "keras") for seed in (0, 1) for epoch in (1, 2, 3, 4)
    ]
)  # fmt: skip
SUMMARY = pd.DataFrame(
    {
        "label": ["a", "a", "b", "b"],
        "backend": ["numpy", "keras"] * 2,
        "mean": [0.9, 0.91, 0.5, 0.8],
        "low": [0.88, 0.9, 0.4, 0.7],
        "high": [0.92, 0.92, 0.6, 0.9],
    }
)
LADDER = pd.DataFrame(
    {"setting": [1, 2, 4], "series": "test", "mean": [0.5, 0.9, 0.7], "low": [0.4, 0.8, 0.6], "high": [0.6, 1.0, 0.8]}
)
SCORES = {name: {"precision": 0.9, "recall": 0.8, "f1": f1} for name, f1 in zip(NAMES, (0.8, 0.6, 0.95))}
FIGURES = {
    "learning_curves": (lambda: plots.learning_curves(HISTORIES), "Lowest validation loss: 0.250 (NumPy, epoch 3)"),
    "learning_curves of accuracy": (
        lambda: plots.learning_curves(HISTORIES, "accuracy"),
        "Highest validation accuracy: 1.000 (NumPy, epoch 2)",
    ),
    "compare_curves": (
        lambda: plots.compare_curves({"one": HISTORIES[HISTORIES["backend"] == "numpy"]}),
        "After the last epoch one has the lowest validation loss, 1.250",
    ),
    "ladder": (lambda: plots.ladder(LADDER, "units"), "Best accuracy: 0.900 on test (units 2)"),
    "ladder of losses": (
        lambda: plots.ladder(LADDER, "units", "log loss"),
        "Best log loss: 0.500 on test (units 1)",
    ),
    "forecast": (
        lambda: plots.forecast(np.arange(4.0), np.zeros(4), {"good": np.ones(4), "bad": np.full(4, 3)}, "year", "n"),
        "Lowest RMSE: good (1); highest: bad (3)",
    ),
    "metric_bars": (lambda: plots.metric_bars(SUMMARY), "overlap in 1 of 2 experiments"),
    "coefficients": (
        lambda: plots.coefficients(["small", "large"], np.array([0.1, -1.0]), "yes"),
        "Largest weight: “large”, one unit multiplies the odds of yes by 0.37",
    ),
    "confusion_matrix": (
        lambda: plots.confusion_matrix([[8, 2, 0], [0, 9, 1], [0, 0, 10]], NAMES),
        "Most common confusion: ant predicted as bee (20.0% of ant)",
    ),
    "confusion_matrix without mistakes": (
        lambda: plots.confusion_matrix(np.eye(3, dtype=int), NAMES),
        "No example is misclassified",
    ),
    "roc_curves": (lambda: plots.roc_curves(Y, np.eye(3)[Y], NAMES), "AUC 1.0000 for every class"),
    "roc_curves of two classes": (lambda: plots.roc_curves(Y % 2, (Y + 1) % 2 * 1.0, NAMES), "AUC 0.0000 for bee"),
    "precision_recall": (lambda: plots.precision_recall(Y, P, NAMES), "Precision–recall curves: AP"),
    "reliability": (
        lambda: plots.reliability(np.array([1, 1, 0, 0]), np.full(4, 0.9)),
        "Expected calibration error 40.0 points (13.5 if calibrated); overconfident by 40.0 points",
    ),
    "per_class_scores": (lambda: plots.per_class_scores(SCORES), "Lowest F1: bee (0.600); highest: cat (0.950)"),
    "scatter": (lambda: plots.scatter(POINTS, Y, NAMES), "60 examples: 20 of ant, 20 of bee, 20 of cat"),
    "decision_boundary": (
        lambda: plots.decision_boundary(lambda x: (x[:, 0] > 0) * 1.0, SQUARE, np.array([0, 1, 1, 1]), NAMES[:2]),
        "The model: accuracy 75.0% on 4 examples",
    ),
    "image_grid": (lambda: plots.image_grid(IMAGES[:7], list("abcdefg"), title="Seven"), "Seven"),
    "mistakes_gallery": (
        lambda: plots.mistakes_gallery(IMAGES[:3], np.array([0, 1, 2]), np.eye(3)[[0, 2, 2]], NAMES),
        "1 of 3 test images are misclassified, with up to 100.0% confidence",
    ),
    "mistakes_gallery without mistakes": (
        lambda: plots.mistakes_gallery(IMAGES, Y, np.eye(3)[Y], NAMES),
        "None of 60 test images is misclassified",
    ),
    "weight_images": (
        lambda: plots.weight_images(np.diag([1.0, -3.0, 2.0, 0.5])[:, :3], (2, 2), NAMES),
        "Weights reach ±3; bee has the largest norm",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_title_states_the_finding(name):
    draw, finding = FIGURES[name]
    picture = draw()
    assert finding in picture.title
    assert picture.alt.startswith(picture.title) and len(picture.alt) > len(picture.title)


@pytest.mark.parametrize("name", FIGURES)
def test_svg_is_deterministic_and_follows_the_page_style(name):
    draw, _ = FIGURES[name]
    svg = plots.to_svg(draw())
    assert svg == plots.to_svg(draw())
    assert svg.startswith("<svg") and svg.rstrip().endswith("</svg>")
    assert not re.search(r"<metadata|<!--|DejaVu|#24272b(?!\))", svg)


def test_png_is_deterministic():
    draw, _ = FIGURES["image_grid"]
    assert plots.to_png(draw()) == plots.to_png(draw())


def test_new_title_replaces_the_old_one_in_the_alt_text():
    picture = plots.bars({"a": 1.0}, "count", "One")
    assert picture.says("NumPy. One", picture.alt).alt == "NumPy. One. a: 1."


def test_titles_have_true_minus_signs_and_powers_of_ten():
    picture = plots.bars({"pre-1950": -0.5}, "change", "From -3 to 1e-05, 2.5e+10 and -.5 in top-5, size-2")
    assert picture.title == "From −3 to 1 × 10⁻⁵, 2.5 × 10¹⁰ and −.5 in top-5, size-2"
    assert picture.alt.endswith("pre-1950: −0.5.")


def test_curves_end_where_most_seeds_have_stopped():
    rows = [
        {"backend": "numpy", "seed": s, "epoch": e, "loss": 1.0, "val_loss": 9.0 - e} for s in range(4) for e in (1, 2)
    ]
    rows.append({"backend": "numpy", "seed": 0, "epoch": 3, "loss": 1.0, "val_loss": 0.0})
    assert "epoch 2" in plots.learning_curves(pd.DataFrame(rows)).title


def test_principal_components_match_scikit_learn_up_to_sign():
    x = RNG.normal(size=(40, 5)) * [5, 3, 1, 1, 1]
    points, shares = plots.principal_components(x)
    reference = PCA(2).fit(x)
    np.testing.assert_allclose(np.abs(points), np.abs(reference.transform(x)), atol=1e-10)
    np.testing.assert_allclose(shares, reference.explained_variance_ratio_)


def test_most_confident_mistakes_come_first():
    probabilities = np.array([[0.1, 0.9], [0.4, 0.6], [0.3, 0.7], [0.8, 0.2]])
    assert plots.most_confident_mistakes(np.array([0, 0, 0, 0]), probabilities, 2).tolist() == [0, 2]


def test_plots_import_neither_tensorflow_nor_pyplot():
    script = "import sys; from layerwise import plots; print({'tensorflow', 'matplotlib.pyplot'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "set()\n"


AWKWARD = ["cost_$_net_$", "$", r"\frac{ ^_"]
NAMED = {
    "confusion_matrix": lambda: plots.confusion_matrix(np.eye(3, dtype=int), AWKWARD),
    "coefficients": lambda: plots.coefficients(AWKWARD, RNG.normal(size=len(AWKWARD)), "yes"),
    "metric_bars": lambda: plots.metric_bars(SUMMARY.assign(label=[*AWKWARD[:2]] * 2), AWKWARD[2]),
}


@pytest.mark.parametrize("name", NAMED)
def test_dollar_signs_in_names_are_no_formulas(name):
    svg = html.unescape(to_svg(NAMED[name]()))
    for text in AWKWARD:
        assert f">{text}<" in svg or f"{text} " in svg


def test_a_class_is_drawn_as_its_first_letter_or_digit():
    assert [letter(name).get_marker() for name in ("bee", "$5", "_", "", "été")] == ["$b$", "$5$", "o", "o", "$é$"]
    with rc_context({"text.parse_math": True}):
        expected = MarkerStyle("$c$").get_path()
    np.testing.assert_array_equal(letter(AWKWARD[0]).get_path().vertices, expected.vertices)
    assert "<svg" in to_svg(embeddings({"input": POINTS}, Y, AWKWARD, "title"))


def test_the_best_point_of_each_curve_is_marked_and_named():
    x = np.array([1.0, 2.0, 3.0])
    series = {"up": (x, np.array([1.0, 2.0, 3.0])), "peak": (x, np.array([1.0, 5.0, 2.0]))}
    picture = studies.lines(series, "x", "y", "The best points", best="highest")
    rings = [line for line in picture.axes[0].lines if line.get_markerfacecolor() == "none"]
    assert [tuple(ring.get_xydata()[0]) for ring in rings] == [(3.0, 3.0), (2.0, 5.0)]
    assert "highest 5 at 2" in picture.alt


def test_effects_have_their_intervals():
    groups = {
        "few": {"a": (0.01, 0.0, 0.03), "b": (-0.02, -0.03, 0.0)},
        "many": {"a": (0.0, -0.01, 0.01), "b": (0.1, 0.0, 0.2)},
    }
    picture = factors.effects(groups, "points", "The effects of a and b", 100.0)
    assert "few, a +1.00 [+0.00, +3.00]" in picture.alt
    ends = [path.vertices[:, 0].tolist() for line in picture.axes[0].collections for path in line.get_paths()]
    np.testing.assert_allclose(ends, [[0, 3], [-3, 0], [-1, 1], [0, 20]], atol=1e-9)


@pytest.mark.parametrize(
    ("label", "range_"),
    [
        ("validation accuracy", (0, 1)),
        ("inked pixels with a share (%)", (0, 100)),
        ("training loss (nats)", (0, np.inf)),
        ("validation accuracy, search − retrained (points)", (-np.inf, np.inf)),
        ("rank correlation", (-np.inf, np.inf)),
    ],
)
def test_a_band_ends_within_the_range_of_its_measure(label, range_):
    assert measure_range(label) == range_
    values = np.array([[0.99, 0.02], [1.0, 0.0]])
    axes = lines({"a": (np.array([0.0, 1.0]), values)}, "x", label, "t").axes[0]
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert min(range_) <= heights.min() and heights.max() <= max(range_)


def test_an_image_drawn_twice_has_no_identifier_twice():
    picture = plots.style.Picture((4, 2))
    for axes in picture.subplots(1, 2):
        axes.imshow(np.eye(3))
    identifiers = re.findall(r' id="([^"]*)"', to_svg(picture))
    assert len(identifiers) == len(set(identifiers))

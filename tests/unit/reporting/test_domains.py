"""Figures and tables of pictures and series: each says its finding, and names published numbers beside ours."""

import numpy as np
import pytest

from layerwise.files import write_json, write_npz
from layerwise.plots import Picture, to_svg
from layerwise.reporting import domains
from layerwise.reporting.artifacts import Report

RNG = np.random.default_rng(0)
ANCHOR = {"value": 13.8, "model": "AR(9)", "source": "somewhere", "protocol": "the same"}


def report(folder, function, arrays, **spec):
    """Return a report of one study over the dataset ``sunspots``, which one network learned."""
    write_npz(folder / "studies" / "study.npz", **arrays)
    info = {"name": "sunspots", "kind": "series", "classes": None, "feature_names": ["sunspot number"]}
    info |= {"class_names": None, "scaling": {"mean": None, "target": None}}
    write_json(folder / "data" / "sunspots" / "dataset.json", info)
    time = np.arange(1921, 1927)
    write_npz(folder / "data" / "sunspots" / "test.npz", x=np.zeros((6, 3, 1)), y=np.zeros((6, 1)), time=time)
    published = {"sunspots_autoregression_early": ANCHOR}
    network = {"dataset": "sunspots", "title": "Sunspots, FCN: small", "backends": ["numpy"], "seeds": 2}
    study = {"function": function, "datasets": ["sunspots"], "runs": ["net/numpy"], **spec}
    return Report("domains", {"net": {**network, "published": published}}, folder, {"study": study})


def forecasts(folder):
    arrays = {"truth": RNG.normal(size=6)}
    for method, runs in (("autoregression", 1), ("net", 3)):
        arrays |= {f"by_step.{method}": 1 + RNG.random((runs, 4)), f"forecast.{method}": RNG.normal(size=(runs, 6))}
        arrays[f"half.{method}"] = np.full((runs, 1), 1.5)
        for period, rows in (("early", 4), ("late", 2)):
            for measure in ("rmse", "mae", "mase", "smape", "width"):
                arrays[f"{measure}.{period}.{method}"] = np.arange(runs) + 2.0
            arrays |= {f"inside.{period}.{method}": np.arange(rows) % 2.0}
    arguments = {"floors": ["autoregression"], "order": 9, "periods": {"early": 4, "late": 2}}
    made = report(folder, "forecasting.compare", arrays, arguments=arguments)
    return made, made.study("study")


def test_a_reference_stands_in_the_row_of_its_method(tmp_path):
    table = domains.forecasts(*forecasts(tmp_path)).set_index("method")
    assert table.loc["AR(9)", "RMSE early"] == "2.00 (reference 13.8)"
    assert table.loc["AR(9)", "RMSE late"] == "2.00"
    assert table.loc["FCN", "RMSE early"] == "3.00 ± 2.48"  # 4.30 / √3
    assert domains.coverage(*forecasts(tmp_path)).set_index("method").loc["FCN", "late"] == "50 %"


def drawn(pictures, *words):
    for picture in [pictures] if isinstance(pictures, Picture) else pictures:
        assert to_svg(picture).startswith("<svg")
        assert len(picture.alt) > len(picture.title) > 0
        assert all(word in picture.title for word in words), picture.title


def test_forecasts_are_drawn(tmp_path):
    page, study = forecasts(tmp_path)
    drawn(domains.ahead(page, study, "ppm", "month"), "one month ahead")
    drawn(domains.drawn(page, study, ["net", "autoregression"], "year"), "RMSE of the next step: FCN")


def test_pictures_and_strangers_are_drawn(tmp_path):
    curve = np.sort(RNG.random((3, 4)))[:, ::-1]
    arrays = {"severity.noise": np.arange(4.0), "picture.noise": RNG.random((4, 8, 8)), "last.noise.net": curve[:, -1]}
    arrays |= {"accuracy.noise.net": curve, "confidence.noise.net": curve + 0.1}
    page = report(tmp_path, "robustness.severity", arrays, arguments={"severities": {"noise": [1, 2, 3]}})
    study = page.study("study")
    drawn(domains.spoiled(study), "1 ways")
    drawn(domains.severities(page, study), "Noise of 3", "FCN")
    drawn(domains.overconfidence(page, study), "overconfident by 10 points")

    arrays = {f"picture.{kind}": RNG.random((4, 8, 8)) for kind in ("familiar", "inverted", "static")}
    arrays |= {
        f"auroc.{kind}.{score}.net": np.full(3, 0.9 if kind == "static" else 0.4)
        for kind in ("inverted", "static")
        for score in domains.SCORES
    }
    page = report(tmp_path / "strange", "robustness.unfamiliar", arrays)
    drawn(domains.strangers(page.study("study")), "2 kinds of strangers")
    drawn(domains.detection(page, page.study("study")), "on inverted, 40 % of the pairs")


def test_where_a_network_looks_is_drawn(tmp_path):
    share = np.linspace(0, 1, 5)
    arrays = {"series": RNG.normal(size=(2, 12)), "map.net": np.eye(2, 12), "share": share}
    arrays |= {"removed.net": np.exp(-9 * share) * np.ones((3, 1)), "random.net": (1 - share) * np.ones((3, 1))}
    page = report(tmp_path, "sequences.activation_maps", arrays)
    page.datasets["sunspots"].info["class_names"] = ["low", "high"]
    drawn(domains.looks(page, page.study("study")), "FCN: a quarter of the steps brings 100 %")
    drawn(domains.removals(page, page.study("study")), "without the 25 % of steps", "0.11", "0.75")


def test_losses_of_both_backends_stand_side_by_side(tmp_path):
    losses = np.array([[2.0, 1.0], [3.0, 2.0]])
    arrays = {"loss.numpy.net": losses, "loss.keras.net": losses * (1 + 1e-6), "apart.net": np.array([1e-6, 2e-6])}
    page = report(tmp_path, "forecasting.twins", arrays)
    [row] = domains.apart(page, page.study("study")).to_dict("records")
    assert row["network"] == "FCN"
    assert row["last loss, NumPy"] == pytest.approx(1.5)
    assert row["largest relative difference"] == "2.0e-06"

"""A user's own table needs configuration and no code."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image


def table(folder):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3))
    kind = np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")
    pd.DataFrame(x, columns=["a", "b", "c"]).assign(kind=kind).to_csv(folder / "mine.csv", index=False)
    return "{csv: mine.csv, label: kind}"


def arrays(folder):
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 120)
    np.savez(folder / "mine.npz", x=generator.normal(size=(120, 3)) + 2 * y[:, None], y=y)
    return "{npz: mine.npz}"


@pytest.mark.parametrize("make", [table, arrays])
def test_a_user_dataset_is_trained_and_evaluated(project, make):
    config = project.folder / "mine.yaml"
    config.write_text(
        f"datasets: {{mine: {make(project.folder)}}}\n"
        "reports: {assignment1: [mine_logistic]}\n"
        "experiments:\n"
        "  mine_logistic:\n"
        "    dataset: mine\n"
        "    model: [{layer: Dense, units: classes}]\n"
        "    loss: {name: BinaryCrossentropy, from_logits: true}\n"
        "    optimizer: {name: SGD, learning_rate: 0.5}\n"
        "    epochs: 20\n"
        "    batch_size: 16\n"
        "    backends: [numpy]\n"
        "seeds: 2\n"
    )
    project.snakemake("results/summaries/assignment1.csv", configfile="mine.yaml")
    summary = pd.read_csv(project.folder / "results/summaries/assignment1.csv")
    accuracy = summary.query("split == 'test' and metric == 'accuracy'")["mean"]
    assert accuracy.item() > 0.75


def sections(page):
    return [heading.strip() for heading in re.findall(r"<h2[^>]*>([^<]*)", page)]


def hostile(folder):
    """Write a table with all kinds of columns, and names that are markup, formulas and formats elsewhere."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(150, 3))
    frame = pd.DataFrame(x, columns=["cost_$_net_$", "<b>x", "a|b{0}"])
    frame["*town*"] = generator.choice(["ü", "<i>v", "$w$"], 150)
    frame.loc[::9, "<b>x"] = np.nan
    frame["kind <u>"] = np.where(x[:, 0] + generator.normal(size=150) / 3 > 0, "yes *!*", "NA")
    frame.to_csv(folder / "mine.csv")
    return "{csv: mine.csv, label: 'kind <u>'}"


def test_one_key_creates_a_page_about_a_user_table(project):
    """It begins with the result, has no link to a page that is not built, and every test row is in a CSV file."""
    spec = hostile(project.folder)
    (project.folder / "mine.yaml").write_text(f"dataset: {spec}\nseeds: 2\nbackends: [numpy]\n")
    done = project.snakemake("all", configfile="mine.yaml")
    found = "Unnamed: 0: a row number; left out"
    assert found in done.stdout and done.stdout.index(found) < done.stdout.index("jobs done")
    assert [file.name for file in (project.folder / "reports").glob("*.html")] == ["user_table.html"]
    page = (project.folder / "reports/user_table.html").read_text()
    assert "mine: predicting kind &lt;u&gt;</h1>" in page and "<u>" not in page and "<b>x" not in page
    headings = sections(page)
    assert headings[:3] == ["Confusion matrix", "Mistakes", "Classes"]
    assert not re.findall(r'href="[^#"][^"]*"', page.replace('href="data:,"', ""))
    assert page.index("gradient boosting") < page.index("<h2") and "Permutation importance" in headings
    claims = pd.read_csv(project.folder / "results/claims/user_table.csv")
    assert set(claims["claim"]) == {
        "baselines_prior_user_mine", "baselines_boosting_user_mine", "user_mlp_wins_user_mine",
    }  # fmt: skip
    run = project.folder / "results/runs/user_mlp_user_mine/numpy/seed-1"
    predictions = pd.read_csv(run / "predictions.csv", keep_default_na=False)
    assert len(predictions) == 30 and set(predictions["true"]) == {"yes *!*", "NA"}
    assert (predictions["true"] == predictions["predicted"]).mean() > 0.8


def test_a_table_with_a_number_to_predict_and_folds(project):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3))
    pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=3 * x[:, 0] + 100).to_csv(
        project.folder / "mine.csv", index=False
    )
    (project.folder / "mine.yaml").write_text(
        "dataset: {csv: mine.csv, label: y, folds: 3}\nseeds: 2\nbackends: [numpy]\n"
    )
    project.snakemake("all", configfile="mine.yaml")
    page = (project.folder / "reports/user_table.html").read_text()
    assert sections(page)[:3] == ["Predicted against true y", "Largest errors", "Cross-validation"]
    assert "over the 3 folds" in page and "Classes" not in sections(page)


def test_a_faulty_table_stops_before_any_job_with_all_its_faults(project):
    (project.folder / "mine.csv").write_text("a,b,y\n" + "".join(f"{i},1e40,x\n" for i in range(9)) + "red,2,x\n")
    (project.folder / "mine.yaml").write_text("dataset: {csv: mine.csv, label: y}\nseeds: 2\n")
    done = project.snakemake("all", configfile="mine.yaml", check=False)
    words = " ".join(done.stdout.split())
    assert done.returncode != 0 and "mine.yaml: dataset: mine.csv: 3 things must be changed:" in words
    assert "column 'a', row 10: got 'red'" in words and "column 'b', row 1: got '1e+40'" in words
    assert "must have at least two classes" in words and not (project.folder / "results").exists()
    assert "Traceback" not in done.stdout


def test_one_key_creates_a_page_for_a_folder_of_images(project):
    generator = np.random.default_rng(0)
    for kind, level in (("dark", 60), ("light", 190)):
        folder = project.folder / "shades" / kind
        folder.mkdir(parents=True)
        for i in range(20):
            Image.fromarray(generator.integers(level - 60, level + 60, (6, 6), dtype=np.uint8)).save(
                folder / f"{i}.png"
            )
    (project.folder / "mine.yaml").write_text("dataset: {images: shades}\nseeds: 2\nbackends: [numpy]\n")
    project.snakemake("all", configfile="mine.yaml")
    page = (project.folder / "reports/application_domains.html").read_text()
    assert "Your data" in page and "shades" in page and "nearest neighbor" in page
    claims = pd.read_csv(project.folder / "results/claims/application_domains.csv")
    assert list(claims["claim"]) == ["user_cnn_wins_user_shades"]
    assert not list((project.folder / "reports").glob("assignment*.html"))


def test_an_unknown_dataset_is_an_error(project):
    done = project.snakemake("--dry-run", "--config", "dataset=irsi", configfile=None, check=False)
    assert done.returncode != 0
    assert "unknown dataset 'irsi'; did you mean 'iris'?" in " ".join(done.stdout.split())

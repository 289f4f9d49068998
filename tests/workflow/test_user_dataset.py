"""A user's own table needs configuration and no code."""

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


def test_one_key_creates_the_first_report_for_a_user_table(project):
    (project.folder / "mine.yaml").write_text(f"dataset: {table(project.folder)}\nseeds: 2\n")
    plan = project.plan("all", configfile="mine.yaml")
    assert {job.rule for job in plan} >= {"train", "evaluate", "study", "evaluate_study", "render"}
    trained = [file for job in plan if job.rule == "train" for file in job.outputs]
    assert "results/runs/table_user_mine/numpy/trained-0-1.json" in trained
    assert {file for job in plan for file in job.outputs if file.startswith("reports/")} == {"reports/assignment1.html"}
    (project.folder / "mine.yaml").write_text(f"dataset: {table(project.folder)}\nseeds: 2\nskip_studies: ['*']\n")
    project.snakemake("all", configfile="mine.yaml")
    page = (project.folder / "reports/assignment1.html").read_text()
    assert "Logistic regression on mine" in page


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

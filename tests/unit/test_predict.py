"""New rows of a CSV file are scored as in the pipeline, from the stored preprocessing and NumPy alone."""

import csv
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from layerwise.data.prepare import prepare
from layerwise.evaluation.run import evaluate
from layerwise.experiments.run import Job, parse_spec, read_inputs, train_seeds
from layerwise.predict import predict

SPEC = json.dumps(
    {
        "model": [{"layer": "Dense", "units": "classes"}],
        "loss": {"name": "Crossentropy", "from_logits": True},
        "optimizer": {"name": "Adam", "learning_rate": 0.1},
        "epochs": 5,
        "batch_size": 16,
    }
)


def table(task):
    rng = np.random.default_rng(0)
    x, n = rng.normal(size=(150, 2)).round(3), np.arange(150)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": np.array(["u", "v", "w"])[n % 3], "on": x[:, 0] > 0.3})
    frame.loc[n % 9 == 0, "b"] = np.nan
    frame.loc[n % 31 == 5, "c"] = np.nan
    score = x[:, 0] + (n % 3) + rng.normal(size=150) / 5
    return frame.assign(y=np.where(score > 1, "yes", "no") if task == "binary" else score.round(3) * 100)


@pytest.fixture(params=["binary", "regression"])
def trained(request, tmp_path):
    table(request.param).to_csv(tmp_path / "my.csv", index=False)
    data = tmp_path / "results/data/mine"
    prepare("mine", {"csv": str(tmp_path / "my.csv"), "label": "y"}, tmp_path, data)
    spec = SPEC if request.param == "binary" else SPEC.replace("Crossentropy", "MeanSquaredError").replace(
        ', "from_logits": true', "")  # fmt: skip
    job = Job("e", parse_spec("e", spec), "numpy", read_inputs(*[data / f"{s}.npz" for s in ("train", "validation")],
              data / "dataset.json"))  # fmt: skip
    folder = tmp_path / "results/runs/e/numpy"
    train_seeds(job, [0], folder)
    evaluate({str(folder): {"seeds": 1, "dataset": str(data), "code": ""}}, 100)
    return tmp_path, folder / "seed-0", request.param


def rows_of(text):
    return list(csv.DictReader(text.splitlines()))


def test_rows_are_scored_as_in_the_pipeline(trained):
    folder, run, task = trained
    frame = pd.read_csv(folder / "my.csv")
    stored = pd.read_csv(run / "predictions.csv")
    assert list(stored["row"]) == sorted(stored["row"]) and len(stored) == 30
    labels = frame["y"][stored["row"] - 1].to_numpy()
    if task == "binary":
        assert (stored["true"] == labels).all()
    else:
        np.testing.assert_allclose(stored["true"], labels, rtol=1e-5, atol=1e-4)
    frame.drop(columns="y")[["c", "b", "on", "a"]].assign(more=1).to_csv(folder / "new.csv", index=False)
    scored = rows_of(predict(run, folder / "new.csv"))
    assert [row["row"] for row in scored] == [str(i) for i in range(1, 151)]
    chosen = [scored[row - 1]["predicted"] for row in stored["row"]]
    if task == "binary":
        assert chosen == list(stored["predicted"])
        assert set(scored[0]) == {"row", "predicted", "probability of no", "probability of yes"}
    else:
        np.testing.assert_allclose(np.array(chosen, float), stored["predicted"], rtol=1e-5, atol=1e-4)
        assert np.corrcoef(np.array(chosen, float), labels)[0, 1] > 0.5


def test_scoring_imports_nothing_but_numpy(trained):
    folder, run, _ = trained
    code = (
        "import sys; from layerwise.predict import predict; from pathlib import Path; "
        f"predict(Path({str(run / 'model.npz')!r}), Path({str(folder / 'my.csv')!r})); "
        "assert not {'pandas', 'sklearn', 'scipy', 'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


BAD = [
    ({"c": "color"}, lambda f: f, "must have the columns of the model, but lacks 'c'"),
    ({}, lambda f: f.assign(a="red"), "new.csv: column 'a', row 1: must be a finite number, got 'red'"),
    ({}, lambda f: f.assign(on="maybe"), "column 'on', row 1: must be true or false, got 'maybe'"),
    ({}, lambda f: f.iloc[:0], "must have at least one row below the header"),
    ({"y": "a"}, lambda f: f, "the header must have each name once, but has 'a' more than once"),
]


@pytest.mark.parametrize(("names", "change", "sentence"), BAD, ids=[row[2][:24] for row in BAD])
@pytest.mark.parametrize("trained", ["binary"], indirect=True)
def test_rows_that_do_not_fit_are_an_error(trained, names, change, sentence):
    folder, run, _ = trained
    change(pd.read_csv(folder / "my.csv")).rename(columns=names).to_csv(folder / "new.csv", index=False)
    with pytest.raises(ValueError) as caught:
        predict(run, folder / "new.csv")
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("trained", ["binary"], indirect=True)
def test_a_model_that_cannot_be_used_is_an_error(trained):
    folder, run, _ = trained
    with pytest.raises(ValueError, match=r"must be the folder of a NumPy run with a model\.npz"):
        predict(folder, folder / "my.csv")
    (folder / "new.csv").write_text("")
    with pytest.raises(ValueError, match=r"new\.csv: must have a header line, got an empty file"):
        predict(run, folder / "new.csv")
    description = folder / "results/data/mine/dataset.json"
    description.write_text(description.read_text() + " ")
    with pytest.raises(ValueError, match="the preprocessing has changed since"):
        predict(run, folder / "my.csv")
    description.unlink()
    with pytest.raises(ValueError, match=r"no such file; it holds the preprocessing of .*--dataset"):
        predict(run, folder / "my.csv")


@pytest.mark.parametrize("trained", ["binary"], indirect=True)
def test_the_command_writes_a_file_or_a_sentence(trained):
    folder, run, _ = trained
    command = [sys.executable, "-m", "layerwise", "predict", str(run), str(folder / "my.csv")]
    done = subprocess.run([*command, "--output", str(folder / "out.csv")], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == done.stderr == ""
    assert (folder / "out.csv").read_text() == subprocess.run(command, capture_output=True, text=True).stdout
    done = subprocess.run([*command[:-1], "none.csv"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "error: none.csv: No such file or directory\n"

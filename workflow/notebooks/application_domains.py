# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # The same layers on images, words and numbers
#
# One framework, three kinds of data: pictures of digits, sentences of documentation, and the sunspots counted since
# 1700.

# %% tags=["parameters"]
report = "application_domains"
experiments = {}
studies = {}
results = "results"

# %%
import pandas as pd

from layerwise import plots
from layerwise.data.splits import load_texts
from layerwise.evaluation.metrics import class_probabilities
from layerwise.reporting import compose, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)


def of(kind):
    return [e for e in page if e.dataset.info["kind"] == kind]


# %%
show.table(compose.datasets(page), "What the models are given")

# %%
if of("image"):
    show.text("## Images")
for e in of("image"):
    show.figure(compose.look(e.dataset), *compose.confusion(e)[:1], caption=f"{e.title}. Training images; confusion.")
    show.figure(*compose.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")

# %%
if of("text"):
    show.text("""## Words

Which library wrote this sentence? Every word becomes a vector, the vectors of all $T$ places are averaged, the empty
ones at the end included, and a softmax regression reads the mean. The order of the words is lost:

$$\\bar{e} = \\frac{1}{T} \\sum_{t=1}^{T} E_{w_t}, \\qquad p = \\mathrm{softmax}(W^\\top \\bar{e} + b)$$""")
for e in of("text"):
    _, y = e.dataset.split("test")
    p = class_probabilities(e.predictions("numpy"))
    texts = load_texts(e.dataset.folder / "test.npz")
    majority = max(e.dataset.info["class_balance"]["test"]) / len(y)
    show.figure(
        *compose.learning(e),
        caption=f"{e.title}. {e.parameters:,} parameters; guessing the largest class gives {majority:.3f}.",
    )
    show.figure(
        *compose.confusion(e)[:1],
        plots.per_class_scores(e.scores("numpy")),
        caption=f"{e.title}. Test split: confusion over all NumPy runs; scores of the first.",
    )
    sentences = pd.DataFrame(
        {
            "text": texts,
            "true": [e.dataset.names[k] for k in y],
            "predicted": [e.dataset.names[k] for k in p.argmax(axis=1)],
            "probability": p.max(axis=1),
        }
    )
    sure = sentences.loc[sentences.groupby("predicted")["probability"].idxmax()]
    show.table(sure, "The most confident sentence of each predicted class")
    show.table(sentences.loc[plots.most_confident_mistakes(y, p, 5)], "The most confident mistakes")

# %%
if of("series"):
    show.text("""## A series

The next value from the last few, against the floor that every forecast has to beat: that nothing changes. Errors are in
the unit of the series.""")
for e in of("series"):
    if e.dataset.info["task"] != "regression":
        continue
    x, y, time = e.dataset.series("test")
    window = e.dataset.info["preparation"]["window"]
    unit = e.dataset.info["feature_names"][0]
    names = {"numpy": "NumPy", "keras": "Keras"}
    forecasts = {names[b]: e.dataset.unscaled(e.predictions(b).reshape(len(y), -1)[:, 0]) for b in e.backends}
    forecasts["last value"] = x[:, -1, 0]
    show.figure(
        plots.forecast(time, y, forecasts, "year", unit),
        caption=f"{e.title}. Test split, one step ahead from the last {window} values; one run of each backend.",
    )
    show.figure(
        *compose.learning(e),
        caption=f"{e.title}. {e.parameters} parameters; squared error in units of the training split's variance.",
    )

# %% [markdown]
# ## Every result

# %%
classifiers = page.scoreboard("accuracy", "f1_macro", "log_loss")
show.table(classifiers[classifiers["accuracy"] != "–"], f"Classification, test split: {page.over_seeds}")
errors = page.scoreboard("rmse", "mae", "r2")
show.table(
    errors[errors["RMSE"] != "–"],
    f"Regression, test split, targets scaled to the training split's spread: {page.over_seeds}",
)
show.claims(page.claims())

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

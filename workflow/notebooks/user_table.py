# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% tags=["parameters"]
report = "user_table"
experiments = {}
studies = {}
results = "results"

# %%
import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.user_table.figures import baselines, partial_dependence, permutation_importance, predictions
from layerwise.reports.user_table.shared import groups

page = Report(report, experiments, results, studies)
models = baselines.experiments(page)
data = models[0].dataset
info = data.info
target = info["preparation"].get("label", "y")
compared = next((study for study in page.studies("baselines") if "_fold" not in study.name), None)
best = models[int(compared["best"][0]) if compared else 0]
importance = page.first_study("permutation_importance")
ranked = np.argsort(-importance["increase"].mean(axis=0), kind="stable") if importance else range(3)
chosen = [list(groups(info))[k] for k in list(ranked)[:3]]

display.text(f"# {display.plain(info['title'])}: predicting {display.plain(target)}")
if compared:
    display.text(baselines.headline(page, compared))
    display.table(*baselines.table(page, compared))
display.claims(page.claims("baselines_*"))

# %%
if not info["classes"]:
    y, p = (data.unscaled(v.reshape(len(v), -1)[:, 0]) for v in (data.split("test")[1], best.predictions("numpy")))
    display.text(f"## Predicted against true {display.plain(target)}")
    display.figure(plots.predicted_against_true(y, p, target), caption=f"{best.title}, one NumPy run, test split.")
elif info["classes"] <= predictions.MOST_CLASSES:
    display.text("## Confusion matrix")
    display.figure(
        *common_figures.confusion(best),
        caption=f"{best.title}. Test split, summed over seeds, in percent of the class.",
    )
elif len(confused := predictions.confusions(best)):
    display.text("## Most common confusions")
    display.table(confused, f"{best.title} in NumPy, test split, all seeds")

# %%
wrong = predictions.mistakes(best, chosen)
if len(wrong):
    display.text("## Mistakes" if info["classes"] else "## Largest errors")
    which = "The most confident mistakes" if info["classes"] else "The largest errors"
    display.table(
        wrong,
        f"{which} of one NumPy run of the {best.title} on the test split; rows are counted from 1 below the header. "
        "All test rows are in predictions.csv in the folder of each run",
    )

# %%
if info["classes"]:
    display.text("## Classes")
    display.table(*predictions.classes(best))

# %%
if (over_folds := baselines.folds(page)) is not None:
    display.text("## Cross-validation")
    display.table(
        over_folds,
        f"Mean ± standard deviation over the {info['preparation']['folds']} folds, one run of each model per fold",
    )

# %% [markdown]
# ## The file
#
# What was found in the file, and what was done about it. Medians, levels and scales are fitted on the training split.

# %%
display.table(common_figures.datasets(page).head(1), "Rows of each split")
if info.get("findings"):
    found = pd.DataFrame(info["findings"])[["column", "found", "done"]]
    display.table(found.head(100), f"{len(found)} findings" if len(found) > 1 else "1 finding")
else:
    display.text("Every column is a number without missing values.")

# %% [markdown]
# ## Training curves
#
# Dotted lines are measured on the training split, solid lines on the validation split.

# %%
for e in models:
    display.figure(
        *common_figures.learning(e),
        caption=f"{e.title}. {e.parameters:,} parameters, Adam with learning rate "
        f"{e.spec['optimizer']['learning_rate']}, batches of {e.spec['batch_size']}, stopped after "
        f"{e.spec['early_stopping']['patience']} epochs without improvement.",
    )
display.table(baselines.costs(page), "Time of training per run, and largest memory of its process, on this machine")

# %%
if info["task"] == "binary":
    display.text("""## Calibration (reliability diagram)

A model is calibrated if, for example, 90% of the predictions with a confidence of 0.9 are correct.""")
    display.figure(*common_figures.calibration(best), caption=f"{best.title}. One run of each backend, test split.")
    display.text("""## Decision thresholds

A class is predicted if its probability reaches a threshold. With a rare class, 0.5 is seldom the best one. Thresholds
are chosen on the validation split and evaluated on the test split.""")
    display.table(predictions.thresholds(best), f"Positive class: {data.names[1]}; mean over the NumPy runs")
    display.text("### ROC and precision–recall curves")
    display.figure(*common_figures.ranking(best), caption=f"{best.title}. One NumPy run, test split.")

# %%
if importance:
    display.text("""## Permutation importance

How much the loss on the test split increases when the values of one column are shuffled over the rows. Columns that
carry the same information share their importance.""")
    display.figure(
        permutation_importance.draw(importance),
        caption=f"{models[1].title}, on {int(importance['rows'][0]):,} test rows. Mean and 95% interval over runs.",
    )

# %%
dependence = page.first_study("partial_dependence")
if dependence and len(dependence["columns"]):
    display.text("""## Partial dependence

The mean prediction if one column had the same value in every row, and all other columns their own.""")
    display.figure(
        *partial_dependence.draw(dependence, target),
        caption=f"{models[1].title}, on {int(dependence['rows'][0]):,} test rows. Mean and 95% band over runs.",
    )

# %%
if info["classes"] == 2:
    weights = models[0].model().get_weights()[0][:, 0]
    display.text("""## Weights of the linear model

The sign of a weight shows for which class its feature is evidence, and the size of the weight how strong it is.""")
    display.figure(
        plots.coefficients(info["feature_names"] or list(groups(info)), weights, data.names[1]),
        caption="One NumPy run; numbers are standardized.",
    )

# %%
parity = page.claims("user_*")
if len(parity):
    display.text("## NumPy vs Keras, MLP vs linear model")
    agreement = common_figures.agreement(page)
    if len(agreement):
        display.table(agreement, "First run of each backend on the same test examples")
    display.claims(parity)

# %% [markdown]
# ## Using the model
#
# A run folder holds the model, and `results/data` the preprocessing fitted on the training split. New rows in a CSV
# file with the same columns are scored with NumPy alone:

# %%
display.text(f"""```
python -m layerwise predict {best.run("numpy", best.healthy("numpy")[0])} new_rows.csv --output scored.csv
```""")

# %% [markdown]
# ## Appendix: statistical tests

# %%
display.verdicts(page.claims())

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Choosing a learning rate
#
# A ladder of learning rates, all else equal, chosen on the validation split. This page holds that one ladder; it does
# not search over several settings at once.

# %% tags=["parameters"]
report = "hyperparameter_tuning"
experiments = {}
studies = {}
results = "results"

# %%
import pandas as pd

from layerwise import plots
from layerwise.reporting import compose, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)
ladder = sorted(page, key=lambda e: e.spec["optimizer"]["learning_rate"])

# %% [markdown]
# ## The question
#
# A step of gradient descent moves the weights by $\eta$ times the gradient. On a quadratic valley with curvature
# $\lambda$ the distance to the bottom is multiplied by $1 - \eta \lambda$ at each step: too small an $\eta$ crawls, and
# beyond $\eta = 2 / \lambda$ every step lands further away. A network has many curvatures, and they change on the way,
# so the rate is found by trying.

# %%
show.table(compose.datasets(page))
show.table(
    pd.DataFrame(
        [
            {
                "learning rate": f"{e.spec['optimizer']['learning_rate']:g}",
                "validation loss": e.mean("log_loss", "validation"),
                "validation accuracy": e.mean("accuracy", "validation"),
                "seeds": len(e.seeds),
                "diverged": len(e.seeds) - len(e.healthy("numpy")),
            }
            for e in ladder
        ]
    ),
    "Every rate on the validation split, NumPy, mean over the seeds that did not diverge",
)

# %% [markdown]
# ## The ladder


# %%
def rungs(metric):
    rows = page.summary.query("metric == @metric and split == 'validation' and backend == 'numpy'")
    rates = {e.name: e.spec["optimizer"]["learning_rate"] for e in page}
    return rows.assign(setting=rows["experiment"].map(rates), series="validation")


if ladder:
    show.figure(
        plots.ladder(rungs("accuracy"), "learning rate"),
        plots.ladder(rungs("log_loss"), "learning rate", "log loss"),
        caption="Validation accuracy and loss against the learning rate, mean and 95 % interval over seeds.",
    )
    histories = {
        f"rate {e.spec['optimizer']['learning_rate']:g}": e.histories.query("backend == 'numpy'") for e in ladder
    }
    show.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_accuracy"),
        caption="Training loss (logarithmic) and validation accuracy over the epochs, one line per learning rate.",
    )
show.claims(page.claims())

# %% [markdown]
# ## The choice, and its price
#
# The rate with the lowest validation loss is chosen; only then the test split is looked at.

# %%
alive = [e for e in ladder if e.healthy("numpy")]
if alive:
    best = min(alive, key=lambda e: e.mean("log_loss", "validation"))
    show.text(
        f"Chosen: learning rate **{best.spec['optimizer']['learning_rate']:g}**, validation accuracy "
        f"{best.mean('accuracy', 'validation'):.4f}. On the test split it reaches {best.mean('accuracy', 'test'):.4f}."
    )

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

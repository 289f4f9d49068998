# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Holding a network back
#
# One network, changed in one place at a time: batch normalization, dropout, an L2 penalty. What each does to learning,
# to the gap between training and test, and to the probabilities.

# %% tags=["parameters"]
report = "assignment5"
experiments = {}
studies = {}
results = "results"

# %%
import pandas as pd

from layerwise import plots
from layerwise.reporting import compose, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)
short = {e.title.split(", ")[-1]: e for e in page}

# %% [markdown]
# ## The three changes
#
# **Batch normalization** gives every unit zero mean and unit variance over the mini-batch $B$, then lets it choose its
# own scale and shift (Ioffe & Szegedy 2015):
#
# $$\hat{x} = \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}, \qquad y = \gamma \hat{x} + \beta$$
#
# When the network is used, running means of $\mu_B$ and $\sigma_B^2$ stand in for those of a batch.
#
# **Dropout** silences each unit with probability $r$ at every training step and scales the others up, so that the
# expected sum stays the same (Srivastava et al. 2014); nothing is dropped when the network is used:
#
# $$y = \frac{m \odot x}{1 - r}, \qquad m_j \sim \mathrm{Bernoulli}(1 - r)$$
#
# **An L2 penalty** adds $\lambda \|W\|^2$ to the loss, so each step also shrinks the weights:
#
# $$\frac{\partial}{\partial W} \left( L + \lambda \|W\|^2 \right) =
# \frac{\partial L}{\partial W} + 2 \lambda W$$

# %% [markdown]
# ## The data

# %%
show.table(compose.datasets(page))

# %% [markdown]
# ## Learning
#
# The training loss of the penalised network includes the penalty, as it is what the training minimises.

# %%
histories = {name: e.histories.query("backend == 'numpy'") for name, e in short.items()}
if histories:
    show.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_loss"),
        plots.compare_curves(histories, "accuracy"),
        plots.compare_curves(histories, "val_accuracy"),
        caption="Training and validation, NumPy, mean and 95 % band over seeds.",
    )

# %% [markdown]
# ## The gap
#
# How much better a network does on what it has seen than on what it has not.

# %%
gaps = pd.DataFrame(
    [
        {
            "network": name,
            "parameters": e.parameters,
            "training accuracy": e.mean("accuracy", "train"),
            "test accuracy": e.mean("accuracy", "test"),
            "gap": e.mean("accuracy", "train") - e.mean("accuracy", "test"),
            "test log loss": e.mean("log_loss", "test"),
        }
        for name, e in short.items()
    ]
)
show.table(gaps, "NumPy, mean over seeds")
show.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    plots.metric_bars(page.comparison("log_loss"), "test log loss (nats per example)"),
    caption="Test accuracy and log loss with 95 % intervals over seeds.",
)
show.claims(page.claims("*_batchnorm", "*_dropout", "*_l2"))

# %% [markdown]
# ## The probabilities

# %%
for e in page:
    show.figure(*compose.calibration(e), caption=f"{e.title}. One run of each backend, test split.")
show.claims(page.claims("*_calibration"))

# %% [markdown]
# ## NumPy beside Keras

# %%
both = compose.agreement(page)
if len(both):
    show.table(both, "First run of each backend on the same test examples")
show.claims(page.claims("*_twins", "*_mistakes", "*_anchor"))

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

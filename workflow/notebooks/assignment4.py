# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Looking at neighbourhoods
#
# A convolution slides one small set of weights over the whole image. It has far fewer numbers to learn than a fully
# connected layer, and it knows that a stroke is a stroke wherever it stands.

# %% tags=["parameters"]
report = "assignment4"
experiments = {}
studies = {}
results = "results"

# %%
import pandas as pd

from layerwise import plots
from layerwise.reporting import compose, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)


def convolves(e):
    return any(layer["layer"].startswith("Conv") for layer in e.spec["model"])


# %% [markdown]
# ## The layer
#
# A filter of $k \times k$ pixels and $C$ channels gives one number at each place of the image, and $F$ filters give $F$
# channels:
#
# $$Y_{i,j,f} = b_f + \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} \sum_{c=1}^{C} X_{i+u,\,j+v,\,c}\; W_{u,v,c,f}$$
#
# Each weight meets every place, so its gradient is a sum over places; and each pixel met every weight, so its gradient
# is a convolution with the kernel turned round:
#
# $$\frac{\partial L}{\partial W_{u,v,c,f}} =
# \sum_{i,j} \frac{\partial L}{\partial Y_{i,j,f}}\, X_{i+u,\,j+v,\,c}, \qquad
# \frac{\partial L}{\partial X_{i,j,c}} = \sum_{u,v,f} \frac{\partial L}{\partial Y_{i-u,\,j-v,\,f}}\, W_{u,v,c,f}$$
#
# Max-pooling keeps the largest of each little square, and sends the gradient back to where the largest stood. The
# number of weights, $k^2 C F + F$, does not depend on the size of the image.

# %% [markdown]
# ## The data

# %%
show.table(compose.datasets(page))
show.figure(*[compose.look(dataset) for dataset in page.datasets.values()], caption="Training images.")

# %% [markdown]
# ## Fewer numbers, better answers?

# %%
sizes = pd.DataFrame(
    [
        {"model": e.title, "layers": " → ".join(part["layer"] for part in e.spec["model"]), "parameters": e.parameters}
        for e in page
    ]
)
show.table(sizes, "What is compared")
show.table(
    page.scoreboard("accuracy", "f1_macro", "log_loss", "ece"),
    f"Test split: {page.over_seeds}",
)
show.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95 % intervals over seeds.",
)
show.claims(page.claims("*_convolution"))

# %% [markdown]
# ## Learning

# %%
for e in page:
    show.figure(*compose.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")

# %% [markdown]
# ## Learned filters

# %%
for e in page:
    if convolves(e):
        kernel = e.model().get_weights()[0]
        show.figure(
            plots.weight_images(kernel.reshape(-1, kernel.shape[-1]), kernel.shape[:3], columns=8),
            caption=f"{e.title}. The first layer's {kernel.shape[-1]} filters of {kernel.shape[0]} × {kernel.shape[1]} "
            "pixels, one NumPy run; blue where ink excites, vermillion where it inhibits.",
        )

# %% [markdown]
# ## Where each fails

# %%
for e in page:
    show.figure(
        *compose.confusion(e), caption=f"{e.title}. Test split, all seeds together, per cent of the true class."
    )

# %%
for e in page:
    show.figure(
        *compose.mistakes(e), caption=f"{e.title}. Most confident mistakes on the test split: true → predicted class."
    )

# %%
show.text("## NumPy beside Keras")
both = compose.agreement(page)
if len(both):
    show.table(both, "First run of each backend on the same test examples")
show.claims(page.claims("*_twins", "*_mistakes", "*_anchor"))

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

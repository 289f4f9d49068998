# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # What a hidden layer is for
#
# One straight line cannot part two moons, two rings or two spirals. One hidden layer bends it.

# %% tags=["parameters"]
report = "assignment2"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import compose, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)


def hidden_units(e):
    return e.spec["model"][0]["units"] if len(e.spec["model"]) > 1 else 0


ladder = sorted(page.matching("flower_tanh*"), key=hidden_units)

# %% [markdown]
# ## The model
#
# Between the features and the score stands one layer of $m$ units, each a logistic regression of its own with the
# hyperbolic tangent in place of the sigmoid:
#
# $$h = \tanh(W_1^\top x + b_1), \qquad p = \sigma(w_2^\top h + b_2)$$
#
# The output sees only $h$: it draws a straight line in the space of the hidden units, and the hidden units have bent
# that space. The chain rule goes back through the same two steps. With $\delta_2 = p - y$ at the output,
#
# $$\frac{\partial L}{\partial w_2} = h\,\delta_2, \qquad
# \delta_1 = w_2\,\delta_2 \odot (1 - h^2), \qquad
# \frac{\partial L}{\partial W_1} = x\,\delta_1^\top$$
#
# because $\tanh' = 1 - \tanh^2$: backpropagation is these three products.

# %% [markdown]
# ## The data

# %%
show.table(compose.datasets(page), "Generated with fixed seeds; noise makes the classes overlap")

# %% [markdown]
# ## A line, then a curve
#
# On the left logistic regression, on the right a network with one hidden layer, each with its test split. Shades show
# the probability of the winning class; the dark line is where both classes are equally likely.

# %%
for name in page.datasets:
    pair = sorted((e for e in page if e.spec["dataset"] == name), key=hidden_units)
    if name == "flower" and len(ladder) > 2:
        pair = [e for e in pair if hidden_units(e) in (0, 10)]
    show.figure(
        *[compose.boundary(e, "The line" if not hidden_units(e) else f"{hidden_units(e)} hidden units") for e in pair],
        caption=f"{page.datasets[name].info['title']}. First NumPy run of each model, test split.",
    )
show.claims(page.claims("*_hidden_layer"))

# %% [markdown]
# ## Learning

# %%
for e in page:
    if hidden_units(e) and e not in ladder:
        show.figure(*compose.learning(e), caption=f"{e.title}. {e.parameters} parameters.")

# %%
if len(ladder) > 1:
    show.text("""## How many hidden units

The same network on the flower with more and more units.""")
    units = {e.name: hidden_units(e) for e in ladder}
    rungs = page.summary[page.summary["experiment"].isin(units)]
    rungs = rungs.assign(setting=rungs["experiment"].map(units), series=rungs["split"].replace("train", "training"))
    show.figure(
        plots.ladder(rungs[rungs["metric"] == "accuracy"], "hidden units"),
        plots.ladder(rungs[rungs["metric"] == "log_loss"], "hidden units", "log loss"),
        caption="Accuracy and log loss against the number of hidden units, NumPy, mean and 95 % interval over seeds.",
    )
    show.figure(
        *[compose.boundary(e, f"{hidden_units(e)} hidden units") for e in ladder],
        caption="Decision regions as the hidden layer grows: first NumPy run, test split.",
    )
    show.claims(page.claims("flower_*units"))

# %% [markdown]
# ## Every result

# %%
show.table(page.scoreboard("accuracy", "roc_auc", "log_loss"), f"Test split: {page.over_seeds}")
show.claims(page.claims("*_twins", "*_anchor"))

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

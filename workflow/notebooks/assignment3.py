# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # A framework of layers
#
# A network is a chain of layers, and each layer knows two things: how to turn its input into its output, and how to
# turn the gradient at its output into the gradients of its weights and of its input.

# %% tags=["parameters"]
report = "assignment3"
experiments = {}
studies = {}
results = "results"

# %%
import numpy as np
import pandas as pd

from layerwise import plots
from layerwise.reporting import compose, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)
largest = list({e.spec["dataset"]: e for e in page}.values())  # the last experiment of each dataset
pictures = [e for e in largest if e.dataset.is_image]

# %% [markdown]
# ## How a layer works
#
# A network of $L$ layers is a composition, $\hat{y} = f_L(\dots f_2(f_1(x)))$. Going forward, each layer keeps what its
# backward pass will need. Going backward, it receives $\partial L / \partial y$ and answers with $\partial L / \partial
# x$, which is the question for the layer before it. For a fully connected layer with a batch of inputs $X$, one a row:
#
# $$Z = X W + \mathbf{1} b^\top, \qquad Y = g(Z)$$
#
# Write $\delta = \partial L / \partial Z = \partial L / \partial Y \odot g'(Z)$. Each entry of $Z$ is a sum of
# products, so the chain rule gives three matrix products and nothing else:
#
# $$\frac{\partial L}{\partial W} = X^\top \delta, \qquad
# \frac{\partial L}{\partial b} = \delta^\top \mathbf{1}, \qquad
# \frac{\partial L}{\partial X} = \delta\, W^\top$$
#
# The shapes check themselves: $X$ is batch × inputs, $\delta$ batch × units, so $X^\top \delta$ is inputs × units, like
# $W$. The layer has to remember $X$ and, for the activation, $Z$ or $Y$.
#
# ### The activation
#
# Without $g$ the chain of linear maps would be one linear map. The rectifier keeps what is positive; its derivative is
# 0 or 1, so a gradient passes a living unit unchanged. The sigmoid's derivative is at most a quarter:
#
# $$\mathrm{ReLU}(z) = \max(0, z), \qquad
# \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) \le \frac{1}{4}$$
#
# ### Softmax and cross-entropy
#
# The last layer gives a score $z_k$ per class. For an example of class $c$:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\log p_c = \log \sum_j e^{z_j} - z_c$$
#
# Differentiate the right-hand form: the first term gives $p_k$, the second $-1$ for the true class alone. With the
# one-hot label $y$,
#
# $$\frac{\partial L}{\partial z_k} = p_k - y_k$$
#
# the same error as in logistic regression. Taken separately, the two derivatives would be a full Jacobian, $\partial
# p_k / \partial z_j = p_k (\delta_{kj} - p_j)$, and a division by $p_c$; joined, both are gone.
#
# Computed as written, $e^{z}$ overflows in float32 beyond $z = 88$. Subtracting the largest score changes nothing in
# exact arithmetic and keeps every exponent at or below zero:
#
# $$\log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \qquad m = \max_j z_j$$

# %% [markdown]
# ## The data

# %%
show.table(compose.datasets(page), "The same classifier code takes tables and images")
show.figure(*[compose.look(dataset) for dataset in page.datasets.values()], caption="The training splits.")

# %% [markdown]
# ## Learning
#
# Dotted lines are measured on the training split, solid ones on the validation split; bands are 95 % intervals over the
# seeds. Where the two part, the network has begun to learn the training examples rather than the classes.

# %%
for e in page:
    show.figure(
        *compose.learning(e),
        caption=f"{e.title}. {e.parameters:,} parameters, {e.spec['optimizer']['name']}, batches of "
        f"{e.spec['batch_size']}.",
    )

# %%
ways = {e.spec["optimizer"]["name"] + (" + momentum" if e.spec["optimizer"].get("momentum") else ""): e
        for e in page.matching("mnist5k_mlp*")}  # fmt: skip
if len(ways) > 1:
    show.text("""### Ways downhill

The same network and the same data; only the rule for the step differs. Momentum keeps a running sum of gradients,
$v \\leftarrow \\mu v - \\eta g$; Adam divides by the root of a running mean of their squares.""")
    histories = {name: e.histories.query("backend == 'numpy'") for name, e in ways.items()}
    show.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_loss"),
        caption="Training loss (logarithmic) and validation loss of one network under different optimizers, NumPy.",
    )
    show.claims(page.claims("*_momentum", "*_adam"))

# %% [markdown]
# ## What the hidden layer adds

# %%
show.table(
    page.scoreboard("accuracy", "f1_macro", "roc_auc", "log_loss", "ece"),
    f"Test split: {page.over_seeds}",
)
show.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95 % intervals over seeds.",
)
show.claims(page.claims("*_hidden_layer"))

# %% [markdown]
# ### Validation and test
#
# Choices are made on the validation split. If they were fitted to it, the test split would tell.

# %%
gaps = pd.DataFrame(
    [
        {
            "experiment": e.title,
            **{split: e.mean("accuracy", split) for split in ("train", "validation", "test")},
            "validation − test": e.mean("accuracy", "validation") - e.mean("accuracy", "test"),
        }
        for e in page
    ]
)
show.table(gaps, "Accuracy by split, NumPy, mean over seeds")

# %% [markdown]
# ## Where it fails
#
# The largest network of each dataset, class by class.

# %%
for e in largest:
    show.figure(
        *compose.confusion(e), caption=f"{e.title}. Test split, all seeds together, per cent of the true class."
    )

# %%
for e in largest:
    show.figure(
        plots.per_class_scores(e.scores("numpy")),
        *compose.ranking(e)[:1],
        caption=f"{e.title}. One NumPy run, test split: scores by class, and each class ranked against the rest.",
    )

# %%
for e in pictures:
    show.figure(
        *compose.mistakes(e), caption=f"{e.title}. Most confident mistakes on the test split: true → predicted class."
    )

# %%
networks = [e for e in pictures if len(e.model().get_weights()) > 2]
if networks:
    show.text("""## What the first layer looks for

Each hidden unit of the first layer weighs every pixel; drawn as an image, the weights show what excites it.""")
for e in networks:
    kernel = e.model().get_weights()[0]
    strongest = np.argsort(-np.linalg.norm(kernel, axis=0))[:25]
    show.figure(
        plots.weight_images(kernel[:, strongest], e.dataset.info["shape"]),
        caption=f"{e.title}. The {len(strongest)} of {kernel.shape[1]} hidden units with the largest weights, one "
        "NumPy run; blue excites, vermillion inhibits.",
    )

# %% [markdown]
# ## NumPy beside Keras
#
# The same specification, each backend with its own initial weights and its own order of the mini-batches. Equivalence
# is tested over seeds (two one-sided t-tests); McNemar's test asks, example by example, whether one backend is right
# where the other is wrong more often than chance would have it.

# %%
both = compose.agreement(page)
if len(both):
    show.table(both, "First run of each backend on the same test examples")
show.claims(page.claims("*_twins", "*_mistakes"))

# %%
published = page.claims("*_anchor")
if len(published):
    show.text("## Beside published numbers")
    show.claims(published)

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

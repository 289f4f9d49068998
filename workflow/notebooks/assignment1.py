# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Logistic regression by gradient descent
#
# The smallest model that learns: a linear score, a sigmoid or a softmax on top, and a loss whose gradient fits on one
# line. Everything larger in these reports is made of the same parts.

# %% tags=["parameters"]
report = "assignment1"
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
pictures = [e for e in page if e.dataset.is_image]
tables = [e for e in page if e.dataset.info["kind"] == "table"]

# %% [markdown]
# ## The model
#
# An example is a vector $x$ of $d$ numbers, its label $y$ is 0 or 1. The model weighs the numbers, adds them up and
# squeezes the sum into a probability:
#
# $$z = w^\top x + b, \qquad p = \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# So $z$ is the logarithm of the odds, $\log \frac{p}{1-p}$, and one unit more of feature $j$ multiplies the odds by
# $e^{w_j}$. With $K$ classes there are $K$ scores, and the softmax turns them into probabilities that sum to one:
#
# $$z = W^\top x + b, \qquad p_k = \frac{e^{z_k}}{\sum_{j=1}^{K} e^{z_j}}$$
#
# For $K = 2$ only the difference $z_1 - z_0$ matters, and $p_1 = \sigma(z_1 - z_0)$: the two models are the same.
#
# ### The loss
#
# The weights are chosen to make the labels that were seen likely. The negative logarithm of that likelihood, averaged
# over $n$ examples, is the cross-entropy:
#
# $$L(w, b) = -\frac{1}{n} \sum_{i=1}^{n} \left[ y_i \log p_i + (1 - y_i) \log (1 - p_i) \right]$$
#
# A model that knows nothing and gives every class $1/K$ has the loss $\log K$: where training should start.
#
# ### Its gradient
#
# Three factors, by the chain rule, for one example:
#
# $$\frac{\partial L_i}{\partial p} = \frac{p - y}{p\,(1-p)}, \qquad
# \frac{\partial p}{\partial z} = p\,(1-p), \qquad
# \frac{\partial z}{\partial w} = x$$
#
# The first two multiply to $p - y$. What is left is the error times the input, averaged; stacked into the matrix $X$
# with one example a row, there is no loop:
#
# $$\nabla_w L = \frac{1}{n} X^\top (p - y), \qquad \nabla_b L = \frac{1}{n} \sum_{i=1}^{n} (p_i - y_i)$$
#
# The second derivative is $\frac{1}{n} X^\top S X$ with $S = \mathrm{diag}(p_i (1 - p_i))$, never negative in any
# direction: the loss is convex, and every minimum is a global one.
#
# ### Gradient descent
#
# Each step goes downhill, over a mini-batch $B$ of the examples, with the learning rate $\eta$:
#
# $$w \leftarrow w - \eta \, \frac{1}{|B|} \sum_{i \in B} (p_i - y_i) \, x_i$$

# %% [markdown]
# ## The data

# %%
show.table(
    compose.datasets(page),
    "Test examples are never seen in training or selection; features are scaled by the training split alone",
)
show.figure(
    *[compose.look(dataset) for dataset in page.datasets.values()],
    caption="The training splits: points where there are two features, the two first principal components where there "
    "are more, examples where they are images.",
)

# %% [markdown]
# ## Learning
#
# Dotted lines are measured on the training split, solid ones on the validation split. Bands are 95 % intervals over the
# seeds, which draw the initial weights and the order of the mini-batches.

# %%
for e in page:
    optimizer, chance = e.spec["optimizer"], np.log(e.dataset.info["classes"])
    show.figure(
        *compose.learning(e),
        caption=f"{e.title}. {e.parameters} parameters, {optimizer['name']} with learning rate "
        f"{optimizer['learning_rate']}, batches of {e.spec['batch_size']}. Knowing nothing costs {chance:.3f}.",
    )

# %%
flat = [e for e in tables if e.dataset.info["shape"] == [2]]
if flat:
    show.text("""## Where the boundary runs

Two classes are equally likely where their scores are equal, $(w_k - w_j)^\\top x + b_k - b_j = 0$: a straight line,
however long the training. Shades show the probability of the winning class.""")
    show.figure(*[compose.boundary(e) for e in flat], caption="Decision regions of one NumPy run and the test split.")

# %% [markdown]
# ## How good it is
#
# Accuracy counts; ROC-AUC tells how well the scores rank; log loss, the Brier score and the calibration error (ECE)
# tell whether the probabilities can be taken at their word.

# %%
show.table(
    page.scoreboard("accuracy", "f1_macro", "roc_auc", "log_loss", "brier", "ece"),
    f"Test split: {page.over_seeds}",
)
show.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95 % intervals over seeds.",
)

# %%
runs = [
    {
        "experiment": e.title,
        "test examples": e.dataset.info["counts"]["test"],
        **{
            name: "{:.4f} [{:.4f}, {:.4f}]".format(test[metric], *test["intervals"][metric])
            for name, metric in {"accuracy": "accuracy", "ROC-AUC": "roc_auc", "log loss": "log_loss"}.items()
            if metric in test["intervals"]
        },
    }
    for e in page
    for test in [e.metrics["numpy", e.healthy("numpy")[0]]["splits"]["test"]]
]
show.text("""The intervals above speak of the seeds. How much the *choice of test examples* matters is another question;
the bootstrap answers it for a single run by drawing the test split again, with replacement.""")
show.table(pd.DataFrame(runs), "One NumPy run: value and 95 % bootstrap interval over test examples")

# %% [markdown]
# ### Which classes are confused

# %%
for e in page:
    show.figure(
        *compose.confusion(e), caption=f"{e.title}. Test split, all seeds together, per cent of the true class."
    )

# %% [markdown]
# ### How well the scores rank
#
# A receiver operating characteristic shows, for every threshold, how many of a class are found against how many others
# are taken for it. Precision against recall is stricter where a class is rare.

# %%
for e in page:
    show.figure(*compose.ranking(e), caption=f"{e.title}. One NumPy run, test split, each class against the rest.")

# %% [markdown]
# ### Whether 90 % means nine in ten
#
# A model is calibrated if, of all predictions made with confidence 0.9, nine in ten are right. Points below the
# diagonal are overconfident.

# %%
for e in page:
    show.figure(*compose.calibration(e), caption=f"{e.title}. One run of each backend, test split, 15 bins.")

# %% [markdown]
# ## What the weights say

# %%
for e in pictures:
    kernel = e.model().get_weights()[0]
    show.figure(
        plots.weight_images(kernel, e.dataset.info["shape"], e.dataset.names),
        caption=f"{e.title}. One image per class from one NumPy run: a blue pixel is evidence for the class when it "
        "is inked, a vermillion one evidence against it.",
    )
for e in tables:
    if e.dataset.info["classes"] == 2:
        kernels = np.stack([e.model(seed).get_weights()[0][:, 0] for seed in e.healthy("numpy")])
        show.figure(
            plots.coefficients(e.dataset.info["feature_names"], kernels, e.dataset.names[1]),
            caption=f"{e.title}. Mean over seeds of NumPy with 95 % intervals; features are standardised, so a weight "
            "of 1 multiplies the odds by 2.7 for each standard deviation.",
        )

# %%
if pictures:
    show.text("## Mistakes\n\nThe mistakes made with most confidence teach most: true class → predicted class.")
for e in pictures:
    show.figure(*compose.mistakes(e), caption=f"{e.title}. Test images, one run of each backend.")

# %% [markdown]
# ## NumPy beside Keras
#
# Both backends train the same specification, each with its own initial weights and its own order of the mini-batches.

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
#
# A claim is a sentence with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
show.verdicts(page.claims())

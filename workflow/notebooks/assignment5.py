# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Holding a network back
#
# Batch normalization, dropout, penalties on the weights, optimizers: what each does to a deep network, alone and together.

# %% tags=["parameters"]
report = "assignment5"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import compose, normalized, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)


def first(function):
    return next(iter(page.studies(function)), None)


# %% [markdown]
# ## The data
#
# Most of this page is small studies: few images, narrow networks, five seeds, so that the differences are those of the
# method. They are on the digits of scikit-learn (8 × 8 pixels) and on MNIST-5k.

# %%
show.table(compose.datasets(page))

# %% [markdown]
# ## Batch normalization
#
# Each unit's input is brought to zero mean and unit variance over the mini-batch, then the unit chooses its own scale and
# shift (Ioffe & Szegedy 2015):
#
# $$\mu = \frac1n \sum_i x_i, \qquad \sigma^2 = \frac1n \sum_i (x_i - \mu)^2, \qquad
# \hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y_i = \gamma \hat x_i + \beta$$
#
# Every $y_i$ depends on every $x_j$, through $\mu$ and $\sigma^2$. The gradient has to follow all three paths.

# %%
if study := first("batch_normalization.derivation"):
    show.text(f"### The gradient, two ways\n\n{normalized.walkthrough(study)}")
    show.text("The same on ten random batches of 20 examples and 5 features, in float64:")
    show.claims(
        page.claims("batch_norm_forward", "batch_norm_closed_form", "batch_norm_layer", "batch_norm_differences")
    )

# %%
if study := first("batch_normalization.running_statistics"):
    show.text("""### Training and inference

In training an example's output depends on its companions. In use it must not: there the layer takes running means of
$\\mu$ and $\\sigma^2$, which follow each batch with a memory called *momentum*,

$$\\bar\\mu \\leftarrow m\\,\\bar\\mu + (1 - m)\\,\\mu$$

They start at 0 and 1 and need about $1/(1 - m)$ steps to arrive.""")
    show.figure(
        *normalized.statistics(study),
        caption="Digits, 50-50 ReLU units, batches of 50. Mean and 95 % band over seeds.",
    )
    show.claims(page.claims("batch_norm_companions", "batch_norm_sorted"))

# %%
if study := first("batch_normalization.sigmoid_network"):
    show.text("""### The experiment of Ioffe and Szegedy

Three hidden layers of 100 sigmoid units, batches of 60, plain gradient descent, small Gaussian first weights. Sigmoids
pass on at most a quarter of the gradient, so the first layers learn late; and while they do, the inputs of the last layer
keep moving. The two pictures on the right follow the input to one of its units over the validation images.""")
    show.figure(
        *normalized.sigmoid(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['steps']:,} steps at learning rate "
        f"{study.arguments['learning_rate']:g}. Accuracy: mean and 95 % band over seeds. Quantiles: first seed.",
    )
    show.claims(page.claims("sigmoid_*"))

# %%
if ladders := page.studies("batch_normalization.tolerance"):
    show.text("""### What a network can bear

The same ReLU network over learning rates, over the scale of its first weights, and over batch sizes. Normalization makes
the scale of the weights irrelevant for what a layer computes; the larger the weights, the smaller the steps relative to
them. Its price shows in small batches, whose means and variances are noise. Layer normalization takes them over the units
of one example instead.""")
    show.figure(
        *[normalized.tolerance(study) for study in ladders],
        caption="Digits, 64-64-64 ReLU units, gradient descent; as many epochs for each value. Mean and 95 % band over seeds.",
    )
    show.claims(page.claims("batch_norm_rates", "batch_norm_scales", "batch_norm_tiny_batches"))

# %%
if study := first("batch_normalization.residual_variance"):
    show.text("""### Deep residual stacks

With He's weights a branch carries as much variance as comes in, so $x + f(x)$ doubles it in every block. Normalized at
its entrance, a branch carries 1, whatever came in: the variance grows by 1 a block, and the deeper the block, the nearer
it is to the identity (De & Smith 2020).""")
    show.figure(
        normalized.residual(study),
        caption="Untrained blocks of ReLU and 100 units, noise sent through. Mean and 95 % band over seeds.",
    )
    show.claims(page.claims("residual_*"))

# %%
if crossed := page.studies("factorial.cells"):
    ours = crossed[0]
    show.text("""## Every combination

Batch normalization, dropout and L2, each on or off, on few and on many examples: sixteen networks a seed. An effect is
the mean over everything else of *on* less *off*; an interaction is how an effect changes when another factor is on. As the
design is balanced, each term $t$ with mean effect $\\bar e_t$ explains the sum of squares $N \\bar e_t^2 / 4$ of all
$N$ runs, and

$$F_t = \\frac{N \\bar e_t^2 / 4}{s^2}$$

with $s^2$ the residual mean square after terms and seeds. All runs of a seed share their images, their order and their
first weights, in both backends.""")
    show.figure(
        normalized.interaction(ours),
        caption="Test accuracy, NumPy. Parallel lines: no interaction. Mean and 95 % interval over seeds.",
    )
    show.figure(*normalized.factorial(*crossed), caption="Effects of factors and pairs, mean and 95 % interval over seeds.")
    show.table(normalized.variance_table(ours), "Analysis of variance of the test accuracy, NumPy")
    show.claims(page.claims("factorial_*"))
    if len(crossed) == 2:
        show.table(normalized.twins(*crossed), "NumPy beside Keras, means over seeds")

# %% [markdown]
# ## Through the pipeline, NumPy beside Keras

# %%
for e in page:
    if len(e.backends) == 2:
        show.figure(*compose.learning(e), caption=f"{e.title}. {e.parameters} parameters.")
if len(page.experiments):
    show.figure(
        plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
        plots.metric_bars(page.comparison("log_loss"), "test log loss (nats per example)"),
        caption="Test accuracy and log loss with 95 % intervals over seeds.",
    )
for e in page:
    show.figure(*compose.calibration(e), caption=f"{e.title}. One run of each backend, test split.")
both = compose.agreement(page)
if len(both):
    show.table(both, "First run of each backend on the same test examples")
show.claims(page.claims("*_twins", "mnist5k_*", "mnist_*"))

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Regularization, normalization, optimization
#
# Batch normalization, dropout, weight penalties and optimizers: the effect of each on a deep network, alone and in
# combination.

# %% tags=["parameters"]
report = "assignment5"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.assignment5.figures import (
    batch_norm_batch_size,
    batch_norm_derivation,
    batch_norm_robustness,
    deep_optimizers,
    deep_schedules,
    dropout_expectation,
    dropout_hidden_units,
    dropout_rate,
    factorial,
    internal_covariate_shift,
    loss_smoothness,
    max_norm,
    monte_carlo_dropout,
    penalty_boundaries,
    regularizer_comparison,
    residual_variance,
    running_statistics,
)

page = Report(report, experiments, results, studies)
display.overview(page)


# %% [markdown]
# ## Datasets and protocol
#
# Most comparisons on this page use MNIST-1D (Greydanus & Kobak 2024): digits as series of 40 numbers, on which a
# multilayer perceptron overfits so much that a method against overfitting has something to do. **Every arm of a
# comparison gets its own learning rate**, chosen by the validation accuracy on a separate seed; it is then trained with
# fresh seeds. Where a method has a strength, the one with the highest validation accuracy is evaluated on the test
# split. Training is by Adam unless stated otherwise, in batches of 50, and the learning rate falls to zero along a half
# cosine, so that every arm has settled at the end. Differences of test accuracies are paired, with intervals for new
# seeds and new test examples.

# %%
display.table(common_figures.datasets(page))

# %% [markdown]
# ## Batch normalization
#
# The input of each unit is normalized to zero mean and unit variance over the mini-batch, then scaled and shifted by
# learned parameters (Ioffe & Szegedy 2015):
#
# $$\mu = \frac1n \sum_i x_i, \qquad \sigma^2 = \frac1n \sum_i (x_i - \mu)^2, \qquad
# \hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y_i = \gamma \hat x_i + \beta$$
#
# Every $y_i$ depends on every $x_j$ through $\mu$ and $\sigma^2$, so the gradient has to follow three paths.

# %%
if study := page.first_study("batch_norm_derivation"):
    display.text(
        "### Backward pass of batch normalization\n\nNode by node, then in closed form. "
        f"{batch_norm_derivation.walkthrough(study)}"
    )
    display.text("The same on ten random batches of 20 examples with 5 features, in float64:")
    display.claims(page.claims("batch_norm_derivation_*"))

# %%
if study := page.first_study("running_statistics"):
    display.text("""### Training and inference

During training, the output for an example depends on the other examples in its batch. At inference it must not: there
the layer uses running means of $\\mu$ and $\\sigma^2$, which are updated after each batch with a *momentum* $m$,

$$\\bar\\mu \\leftarrow m\\,\\bar\\mu + (1 - m)\\,\\mu$$

They start at 0 and 1 and need on the order of $1/(1 - m)$ steps to converge.""")
    display.figure(
        *running_statistics.draw(study),
        caption="Digits, 50-50 ReLU units, batches of 50. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("running_statistics_*"))

# %%
if study := page.first_study("batch_norm_robustness"):
    display.text("""### Speed, and robustness to learning rate and initialization

The same ReLU network without normalization, with batch normalization, and with layer normalization, which computes mean
and variance over the units of a single example instead of over the batch (Ba, Kiros & Hinton 2016). Each is trained by
SGD for several learning rates and scales of the initial weights. With normalization, the output of a layer does not
depend on the scale $a$ of its weights (but for $\\epsilon$), and the larger the weights, the smaller the gradient:

$$\\mathrm{BN}(a W x) = \\mathrm{BN}(W x), \\qquad
\\frac{\\partial\\, \\mathrm{BN}(a W x)}{\\partial (a W)} =
\\frac1a \\frac{\\partial\\, \\mathrm{BN}(W x)}{\\partial W}$$

So weights that a large step makes too large slow themselves down, and large learning rates become usable. That is also
why it is faster: the best rate of the plain network is lower. Layer normalization tolerates more initial scales, but is
not faster on this problem.""")
    display.figure(
        *batch_norm_robustness.draw(study),
        caption=f"{study.dataset.info['title']}, four layers of 64 ReLU units, {study.arguments['steps']} steps of "
        "SGD. Curves: each network at its best learning rate, mean and 95% band over seeds. Maps: mean validation "
        "accuracy in percent.",
        cover=True,
    )
    display.claims(page.claims("batch_norm_robustness_*"))

# %%
if study := page.first_study("batch_norm_batch_size"):
    display.text("""### Where batch normalization hurts: small batches

The mean and variance of a batch of two are mostly noise: the normalized values of two examples are always close to ±1,
whatever they were. Layer normalization and group normalization (Wu & He 2018; here eight groups of units) do not use
other examples and do not suffer. The other case in which batch normalization fails is above: at inference on batches
that are not a random sample, its own batch statistics are wrong, and running statistics are needed.""")
    display.figure(
        batch_norm_batch_size.draw(study),
        caption=f"{study.dataset.info['title']}, 1,000 training examples, three layers of 64 ReLU units, three epochs "
        "of SGD for every batch size, each network at its best learning rate. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("batch_norm_batch_size_*"))

# %%
if study := page.first_study("internal_covariate_shift"):
    display.text("""### Internal covariate shift: the experiment of Ioffe and Szegedy

Three hidden layers of 100 sigmoid units, batches of 60, plain SGD and small Gaussian initial weights. The derivative of
the sigmoid is at most 1/4, so the first layers learn slowly, and while they do, the distribution of the inputs to the
last layer keeps changing (*internal covariate shift*), which Ioffe and Szegedy held responsible for slow training. Two
figures show the input to one of its units over the validation images during training. Both networks have the same
learning rate here, as in the paper; the comparison at the best rate of each is above.""")
    display.figure(
        *internal_covariate_shift.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['steps']:,} steps at learning rate "
        f"{study.arguments['learning_rate']:g}. Accuracy: mean and 95% band over seeds. Quantiles: first seed.",
    )

# %%
if study := page.first_study("loss_smoothness"):
    display.text("""### Why it helps: a smoother loss

Santurkar et al. (2018) found that batch normalization helps even if it does not reduce internal covariate shift, and
that what it changes is the loss surface. From the weights $w$ with gradient $g$, go different distances along the
gradient, $w_a = w - a \\eta g$ for $a$ from ½ to 4, and measure how far the gradient there predicts the loss:

$$\\text{range of } L(w_a), \\qquad \\max_a \\frac{\\lVert g(w_a) - g \\rVert}{\\lVert g \\rVert}, \\qquad
\\beta = \\max_a \\frac{\\lVert g(w_a) - g \\rVert}{\\lVert a \\eta g \\rVert}$$

If the gradient hardly changes along the step, a larger step is safe. This, more than the range of the loss itself, is
what sets the two networks apart here: with batch normalization the gradient changes by less than its own length,
without it by more.""")
    display.figure(
        *loss_smoothness.draw(study),
        caption=f"{study.dataset.info['title']}, four layers of 64 ReLU units, SGD at learning rate "
        f"{study.arguments['learning_rate']:g} for both, on 200 training examples. Mean and 95% band over seeds; "
        "titles: geometric mean over the steps.",
    )
    display.claims(page.claims("loss_smoothness_*"))

# %%
if study := page.first_study("residual_variance"):
    display.text("""### Signal propagation in residual networks

With He initialization, the output of a residual branch has the same variance as its input, so $x + f(x)$ doubles the
variance in every block. If the branch starts with batch normalization, its output has variance 1 regardless of the
input: the variance grows by 1 per block, and the deeper the block, the closer it is to the identity (De & Smith
2020).""")
    display.figure(
        residual_variance.draw(study),
        caption="Noise through untrained residual blocks with ReLU and 100 units. Mean and 95% band over seeds.",
    )

# %% [markdown]
# ## Dropout
#
# At every training step each hidden unit is dropped with probability $r = 1 - q$ and the others are divided by $q$, so
# that the expected value stays the same (Srivastava et al. 2014):
#
# $$y_j = \frac{m_j x_j}{q}, \quad m_j \sim \mathrm{Bernoulli}(q), \qquad E[y_j] = x_j, \qquad
# \mathrm{var}(y_j) = x_j^2\,\frac{1 - q}{q}$$
#
# At inference nothing is dropped.

# %%
if study := page.first_study("dropout_expectation"):
    display.figure(
        dropout_expectation.draw(study),
        caption="One layer of 200 values, averaged over random masks. Mean and 95% band over seeds.",
    )

# %%
for study in page.studies("dropout_rate"):
    display.text("""### Dropout rate and sample size

Dropout is noise that keeps a network from memorizing, at a price: with few units left, the network fits the training
examples worse and learns more slowly. What is best depends on how much it overfits. The less data, the higher the best
rate; with much data or a narrow network, a high rate only underfits. A ring marks the best rate of each curve. So
dropout is worth trying where the training error is far below the validation error, and the training budget should grow
with the rate.""")
    display.figure(
        *dropout_rate.draw(study),
        caption=f"{study.dataset.info['title']}, two hidden layers, {study.arguments['steps']:,} steps at the best "
        "learning rate of each rate and size. Mean and 95% band over seeds.",
    )
if page.first_study("dropout_rate"):
    display.claims(page.claims("dropout_rate_*"))

# %%
if study := page.first_study("dropout_hidden_units"):
    display.text("""### Sparsity and co-adaptation

A unit cannot rely on other units that may be dropped at any time, so units should be less *co-adapted*. An autoencoder
with one hidden layer shows this: without dropout, an image is reconstructed only by all units together; with dropout,
few units are active at a time (a *sparse* code), and half of them can be removed.""")
    display.figure(
        *dropout_hidden_units.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['units']} ReLU units. Weights and activations: first "
        "seed. Removal of units: validation images, the other units scaled up, mean and 95% band over seeds.",
    )
    display.claims(page.claims("dropout_hidden_units_*"))

# %%
if study := page.first_study("monte_carlo_dropout"):
    classes = " and ".join(map(str, study.arguments["unknown"]))
    display.text(f"""### Monte Carlo dropout

*Monte Carlo dropout* keeps dropout on at inference and averages over many forward passes: the spread of the predictions
is a measure of uncertainty (Gal & Ghahramani 2016). The digits {classes} were left out of training. The entropy of the
mean prediction is

$$H = -\\sum_k \\bar p_k \\log \\bar p_k, \\qquad \\bar p = \\frac1T \\sum_t p^{{(t)}}$$""")
    display.figure(
        *monte_carlo_dropout.draw(study),
        caption=f"{study.dataset.info['title']}, test images. Histograms: first seed; others: mean and 95% band, or "
        "all seeds.",
    )

# %%
if study := page.first_study("max_norm"):
    display.text("""### Max-norm constraint

Dropout works best with large learning rates and high momentum, which can make the weights grow without bound.
*Max-norm* rescales the incoming weights of a unit whenever their norm exceeds a limit.""")
    display.figure(
        *max_norm.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['examples']:,} training examples, limit "
        f"{study.arguments['limit']:g}. Left: mean and 95% band over seeds.",
    )

# %% [markdown]
# ## L1 and L2 regularization
#
# Both are penalties on the weights. L2 adds $\lambda \lVert W \rVert^2$ to the loss, which shrinks each weight in
# proportion to its size at each step; L1 adds $\lambda \sum |w|$, which shrinks each weight by the same amount until
# it is zero:
#
# $$\frac{\partial}{\partial w} \lambda w^2 = 2 \lambda w, \qquad
# \frac{\partial}{\partial w} \lambda |w| = \lambda\,\mathrm{sign}(w)$$
#
# **One meaning of $\lambda$.** On this page and in Keras the L2 penalty is $\lambda \lVert W \rVert^2$. Assignments 1
# and 2 use $\tfrac12 \lambda' \lVert w \rVert^2$, so $\lambda' = 2 \lambda$. AdamW has a weight decay $\delta$: each
# step subtracts $\eta \delta w$ from each weight, separately from the gradient. Under plain SGD this equals L2 with
# $\delta = 2 \lambda$. Adam divides the gradient, including that of the penalty, by the root of its mean square, so
# weights with large gradients are regularized less; AdamW decays all weights at the same rate (Loshchilov & Hutter
# 2019).

# %%
if study := page.first_study("regularizer_comparison"):
    display.text("""### Regularizers compared: strength, accuracy and log loss

The accuracy first rises and then falls with the strength: too weak, and the network memorizes; too strong, and it
underfits. The best strength of AdamW is of another order of magnitude than that of L2 in Adam, so neither can be copied
from the other. The last two rows of the table are methods of another kind: dropout, and *label smoothing*, which moves
the targets slightly away from 0 and 1.""")
    display.figure(
        *regularizer_comparison.draw(study),
        caption=f"{study.dataset.info['title']}, 1,000 training examples, 64-64 ReLU units, "
        f"{study.arguments['steps']:,} steps of Adam, each strength at its best learning rate. Dashed: no "
        "regularization. Rings: best strength. Mean and 95% band over seeds.",
    )
    display.table(
        regularizer_comparison.table(study),
        "Test split, at the strength and learning rate chosen on validation",
    )
    display.claims(page.claims("regularizer_comparison_*"))

# %%
if study := page.first_study("penalty_boundaries"):
    display.figure(
        penalty_boundaries.draw(study),
        caption="Two moons, 60 training examples, 50-50 ReLU units, L2. Boundaries: first seed; validation accuracy: "
        "mean over seeds.",
    )

# %%
for study in page.studies("factorial"):
    display.text("""## Factorial ablation (ANOVA)

Every combination of batch normalization, dropout and L2, each on or off, with few and with many examples. Each
combination has its own learning rate and dropout rate, chosen on validation; $\\lambda$ is the best of the previous
section. A *simple effect* is the difference that one method makes in a given network: alone, or added to the other two.
The effect of a term $t$ is the mean difference between *on* and *off* over all other settings; that of an interaction
is the change of an effect when the other method is on, halved. An effect may differ between sizes, so each size is
analyzed on its own. With $\\bar e_t$ the mean effect and $s_t$ its standard error for new seeds and new test examples,
the interval and the $F$ test are the same analysis:

$$\\bar e_t \\pm t_{0.975}\\, s_t, \\qquad F_t = \\left(\\frac{\\bar e_t}{s_t}\\right)^2$$

Methods that act against the same weakness replace each other in part, so that their effects do not add up: what a
method is worth depends on what is there already.""")
    display.figure(
        *factorial.draw(study),
        caption=f"{study.dataset.info['title']}. Effects on the test accuracy with 95% intervals for new seeds and "
        "examples. Left: simple effects. Right: main effects and interactions.",
    )
    display.figure(
        factorial.interaction(study),
        caption="Test accuracy averaged over the third method. Parallel lines mean no interaction. Mean and 95% "
        "interval over seeds.",
    )
    display.table(factorial.cells_table(study), "Chosen settings, with learning rate η, and results on the test split")
    display.table(factorial.anova_table(study), "Analysis of variance; p-values with Holm correction for each size")
if page.first_study("factorial"):
    display.claims(page.claims("factorial_*"))

# %%
if study := page.first_study("deep_optimizers"):
    display.text("""## Optimizers

Six optimizers on a network with four hidden layers, each at the learning rate with the lowest validation loss on
separate seeds.""")
    display.figure(
        *deep_optimizers.draw(study),
        caption="Digits, 64-64-64-64 ReLU units, 1,000 training images. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("deep_optimizers_*"))

# %%
if study := page.first_study("deep_schedules"):
    display.text("""### Learning-rate schedules

The same network trained with Nesterov momentum and four learning-rate schedules: constant, step decay, cosine decay and
one cycle (Smith & Topin 2018).""")
    display.figure(
        *deep_schedules.draw(study),
        caption="Digits, 64-64-64-64 ReLU units, 1,000 training images. Mean and 95% band over seeds.",
    )

# %% [markdown]
# ## The full model: NumPy vs Keras
#
# All methods combined, as experiments of the pipeline in both backends.

# %%
for e in page:
    if len(e.backends) == 2:
        display.figure(*common_figures.learning(e), caption=f"{e.title}. {e.parameters} parameters.")
if len(page.experiments):
    display.table(page.scoreboard("accuracy", "log_loss", "ece"), f"Test split: {page.over_seeds}")
for e in page:
    display.figure(*common_figures.calibration(e), caption=f"{e.title}. One run of each backend, test split.")
both = common_figures.agreement(page)
if len(both):
    display.table(both, "First run of each backend on the same test examples")
display.claims(page.claims("mnist5k_*", "mnist_*"))

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; the wording of a claim follows its verdict.

# %%
display.verdicts(page.claims())

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
    batch_norm_derivation,
    batch_norm_robustness,
    deep_optimizers,
    deep_schedules,
    dropout_expectation,
    dropout_hidden_units,
    dropout_rate,
    dropout_sample_size,
    factorial,
    internal_covariate_shift,
    max_norm,
    monte_carlo_dropout,
    penalty_boundaries,
    penalty_strengths,
    regularizer_comparison,
    residual_variance,
    running_statistics,
    weight_decay,
)

page = Report(report, experiments, results, studies)
display.overview(page)


# %% [markdown]
# ## Datasets
#
# Most studies on this page are small: few images, narrow networks and five seeds. They use the digits of scikit-learn
# (8 × 8 pixels) and MNIST-5k.

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
if study := page.first_study("internal_covariate_shift"):
    display.text("""### Internal covariate shift: the experiment of Ioffe and Szegedy

Three hidden layers of 100 sigmoid units, batches of 60, plain SGD and small Gaussian initial weights. The derivative of
the sigmoid is at most 1/4, so the first layers learn slowly, and while they do, the distribution of the inputs to the
last layer keeps changing (*internal covariate shift*). Two figures show the input to one of its units over the
validation images during training.""")
    display.figure(
        *internal_covariate_shift.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['steps']:,} steps at learning rate "
        f"{study.arguments['learning_rate']:g}. Accuracy: mean and 95% band over seeds. Quantiles: first seed.",
    )
    display.claims(page.claims("internal_covariate_shift_*"))

# %%
if robustness := page.studies("batch_norm_robustness"):
    display.text("""### Robustness to learning rate, initialization and batch size

The same ReLU network for a range of learning rates, scales of the initial weights, and batch sizes. With normalization,
the output of a layer does not depend on the scale of its weights; and the larger the weights, the smaller the relative
step size. The disadvantage shows with small batches, whose means and variances are noisy. Layer normalization computes
them over the units of a single example instead.""")
    display.figure(
        *[batch_norm_robustness.draw(study) for study in robustness],
        caption="Digits, 64-64-64 ReLU units, SGD, the same number of epochs for each value. Mean and 95% band over "
        "seeds.",
    )
    display.claims(page.claims("batch_norm_robustness_*"))

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
    display.claims(page.claims("residual_*"))

# %%
by_dataset = {}
for study in page.studies("factorial"):
    by_dataset.setdefault(study.dataset.info["title"], []).append(study)
if by_dataset:
    display.text("""## Factorial ablation (ANOVA)

Every combination of batch normalization, dropout and L2, each on or off, with few and with many examples: sixteen
networks per seed. The effect of a factor is the mean difference between *on* and *off* over all other settings; an
interaction is the change of an effect when another factor is on. As the design is balanced, a term $t$ with mean effect
$\\bar e_t$ over all $N$ runs has the sum of squares $N \\bar e_t^2 / 4$, and

$$F_t = \\frac{N \\bar e_t^2 / 4}{s^2}$$

with $s^2$ the residual mean square after removing terms and seeds. All runs of a seed share the images, their order and
the initial weights, in both backends.""")
for title, backends in by_dataset.items():
    display.figure(
        factorial.interaction(backends[0]),
        caption=f"{title}. Test accuracy, NumPy. Parallel lines mean no interaction. Mean and 95% interval over seeds.",
    )
    display.figure(
        *factorial.main_effects(*backends), caption="Effects of factors and pairs, mean and 95% interval over seeds."
    )
    display.table(
        factorial.anova_table(backends[0]), f"{title}: analysis of variance, NumPy; p-values with Holm correction"
    )
    if len(backends) == 2:
        display.table(factorial.backends_table(*backends), f"{title}: NumPy vs Keras, means over seeds")
if by_dataset:
    display.claims(page.claims("factorial_*"))

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
    display.claims(page.claims("dropout_expectation_*"))

# %%
if study := page.first_study("dropout_rate"):
    display.text("""### Dropout rate

If too few units are kept, the network is too small to fit even the training examples. On the right, the layers are
widened so that the same number of units is kept on average.""")
    display.figure(
        *dropout_rate.draw(study),
        caption=f"{study.dataset.info['title']}, two hidden layers, {study.arguments['examples']} training images, "
        f"{study.arguments['steps']} steps. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("dropout_rate_*"))

# %%
if study := page.first_study("dropout_sample_size"):
    display.text("""### Dropout vs sample size

All training sets get the same number of steps.""")
    display.figure(
        dropout_sample_size.draw(study),
        caption=f"{study.dataset.info['title']}, two layers of {study.arguments['width']} units, rate "
        f"{study.arguments['rate']:g}. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("dropout_sample_size_*"))

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
    display.claims(page.claims("monte_carlo_dropout_*"))

# %%
if study := page.first_study("max_norm"):
    display.text("""### Max-norm constraint

Dropout works best with large learning rates and high momentum, which can make the weights grow without bound.
*Max-norm* rescales the incoming weights of a unit whenever their norm exceeds a limit.""")
    display.figure(
        *max_norm.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['examples']} training images, limit "
        f"{study.arguments['limit']:g}. Left: mean and 95% band over seeds.",
    )
    display.claims(page.claims("max_norm_*"))

# %% [markdown]
# ## L1 and L2 regularization
#
# Both are penalties on the weights. L2 adds $\lambda \lVert W \rVert^2$ to the loss, which shrinks each weight in
# proportion to its size at each step; L1 adds $\lambda \sum |w|$, which shrinks each weight by the same amount until
# it is zero:
#
# $$\frac{\partial}{\partial w} \lambda w^2 = 2 \lambda w, \qquad
# \frac{\partial}{\partial w} \lambda |w| = \lambda\,\mathrm{sign}(w)$$

# %%
if study := page.first_study("penalty_strengths"):
    display.figure(
        *penalty_strengths.draw(study),
        caption="Digits, 64-64 ReLU units, 500 training images. The chosen strength is the strongest within one "
        "standard error of the lowest validation error. Mean and 95% band over seeds; weights: first seed.",
    )
    display.claims(page.claims("penalty_strengths_*"))

# %%
if study := page.first_study("penalty_boundaries"):
    display.figure(
        penalty_boundaries.draw(study),
        caption="Two moons, 60 training examples, 50-50 ReLU units, L2. Boundaries: first seed; validation accuracy: "
        "mean over seeds.",
    )
    display.claims(page.claims("penalty_boundaries_*"))

# %%
if study := page.first_study("weight_decay"):
    display.text("""### AdamW vs L2

With Adam, weight decay is not equivalent to L2. Weight decay $\\delta$ subtracts $\\eta \\delta w$ from each weight,
separately from the gradient. Under plain SGD this equals L2 with $\\delta = 2 \\lambda$. Adam divides the gradient,
including that of the penalty, by the root of its mean square, so weights with large gradients are regularized less;
AdamW decays all weights at the same rate (Loshchilov & Hutter 2019).""")
    display.figure(
        *weight_decay.draw(study),
        caption=f"Digits, validation accuracy in percent, mean over {study.arguments['seeds']} seeds.",
    )
    display.claims(page.claims("weight_decay_*"))

# %%
if study := page.first_study("regularizer_comparison"):
    display.text("""### Regularizers compared

Two further regularizers: *label smoothing* moves the targets slightly away from 0 and 1; *early stopping* keeps the
weights with the lowest validation loss. The strength of each regularizer is chosen by the validation loss, then
evaluated once on the test split.""")
    pictures, table = regularizer_comparison.draw(study)
    display.figure(*pictures, caption=f"{study.dataset.info['title']}, 500 training images.")
    display.table(table, "Test split, mean over seeds")
    display.claims(page.claims("regularizer_comparison_*"))

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
    display.claims(page.claims("deep_schedules_*"))

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

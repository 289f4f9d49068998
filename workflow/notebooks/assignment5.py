# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Regularization, normalization, optimization
#
# Batch normalization, dropout, penalties on the weights, optimizers: what each does to a deep network, alone and with
# the others.

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


# %% [markdown]
# ## Datasets
#
# Most of this page is small studies: few images, narrow networks, five seeds, so that the differences are those of the
# method. They are on the digits of scikit-learn (8 × 8 pixels) and on MNIST-5k.

# %%
display.table(common_figures.datasets(page))

# %% [markdown]
# ## Batch normalization
#
# Each unit's input is brought to zero mean and unit variance over the mini-batch, then the unit chooses its own scale
# and shift (Ioffe & Szegedy 2015):
#
# $$\mu = \frac1n \sum_i x_i, \qquad \sigma^2 = \frac1n \sum_i (x_i - \mu)^2, \qquad
# \hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}, \qquad y_i = \gamma \hat x_i + \beta$$
#
# Every $y_i$ depends on every $x_j$, through $\mu$ and $\sigma^2$. The gradient has to follow all three paths.

# %%
if study := page.first_study("batch_norm_derivation"):
    display.text(
        "### Backward pass of batch normalization\n\nNode by node, then in one line. "
        f"{batch_norm_derivation.walkthrough(study)}"
    )
    display.text("The same on ten random batches of 20 examples and 5 features, in float64:")
    display.claims(
        page.claims("batch_norm_derivation_*")
    )

# %%
if study := page.first_study("running_statistics"):
    display.text("""### Training and inference

In training an example's output depends on its companions. In use it must not: there the layer takes running means of
$\\mu$ and $\\sigma^2$, which follow each batch with a memory called *momentum*,

$$\\bar\\mu \\leftarrow m\\,\\bar\\mu + (1 - m)\\,\\mu$$

They start at 0 and 1 and need about $1/(1 - m)$ steps to arrive.""")
    display.figure(
        *running_statistics.draw(study),
        caption="Digits, 50-50 ReLU units, batches of 50. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("running_statistics_*"))

# %%
if study := page.first_study("internal_covariate_shift"):
    display.text("""### Internal covariate shift: the experiment of Ioffe and Szegedy

Three hidden layers of 100 sigmoid units, batches of 60, plain gradient descent, small Gaussian first weights. A sigmoid
passes on at most a quarter of the gradient, so the first layers learn late; and while they do, the inputs of the last
layer keep moving (*internal covariate shift*). Two pictures follow the input to one of its units over the validation
images.""")
    display.figure(
        *internal_covariate_shift.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['steps']:,} steps at learning rate "
        f"{study.arguments['learning_rate']:g}. Accuracy: mean and 95 % band over seeds. Quantiles: first seed.",
    )
    display.claims(page.claims("internal_covariate_shift_*"))

# %%
if ladders := page.studies("batch_norm_robustness"):
    display.text("""### Robustness to learning rate, initialization and batch size

What a network can bear: the same ReLU network over learning rates, over the scale of its first weights, and over batch
sizes. Normalization makes the scale of the weights irrelevant for what a layer computes; the larger the weights, the
smaller the steps relative to them. Its price shows in small batches, whose means and variances are noise. Layer
normalization takes them over the units of one example instead.""")
    display.figure(
        *[batch_norm_robustness.draw(study) for study in ladders],
        caption="Digits, 64-64-64 ReLU units, gradient descent; as many epochs for each value. Mean and 95 % band over "
        "seeds.",
    )
    display.claims(page.claims("batch_norm_robustness_*"))

# %%
if study := page.first_study("residual_variance"):
    display.text("""### Signal propagation in residual networks

With He's weights a branch carries as much variance as comes in, so $x + f(x)$ doubles it in every block. Normalized at
its entrance, a branch carries 1, whatever came in: the variance grows by 1 per block, and the deeper the block, the
nearer it is to the identity (De & Smith 2020).""")
    display.figure(
        residual_variance.draw(study),
        caption="Untrained blocks of ReLU and 100 units, noise sent through. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("residual_*"))

# %%
crossed = {}
for study in page.studies("factorial"):
    crossed.setdefault(study.dataset.info["title"], []).append(study)
if crossed:
    display.text("""## Factorial ablation (ANOVA)

Every combination of batch normalization, dropout and L2, each on or off, on few and on many examples: sixteen networks
per seed. An effect is the mean over everything else of *on* less *off*; an interaction is how an effect changes when
another factor is on. As the design is balanced, each term $t$ with mean effect $\\bar e_t$ explains the sum of squares
$N \\bar e_t^2 / 4$ of all $N$ runs, and

$$F_t = \\frac{N \\bar e_t^2 / 4}{s^2}$$

with $s^2$ the residual mean square after terms and seeds. All runs of a seed share their images, their order and their
first weights, in both backends.""")
for title, backends in crossed.items():
    display.figure(
        factorial.interaction(backends[0]),
        caption=f"{title}. Test accuracy, NumPy. Parallel lines: no interaction. Mean and 95 % interval over seeds.",
    )
    display.figure(
        *factorial.main_effects(*backends), caption="Effects of factors and pairs, mean and 95 % interval over seeds."
    )
    display.table(factorial.anova_table(backends[0]), f"{title}: analysis of variance, NumPy; p-values after Holm")
    if len(backends) == 2:
        display.table(factorial.backends_table(*backends), f"{title}: NumPy vs Keras, means over seeds")
if crossed:
    display.claims(page.claims("factorial_*"))

# %% [markdown]
# ## Dropout
#
# Each hidden unit is dropped with probability $r = 1 - q$ at every training step and the others are divided by $q$, so
# that the expected sum stays the same (Srivastava et al. 2014):
#
# $$y_j = \frac{m_j x_j}{q}, \quad m_j \sim \mathrm{Bernoulli}(q), \qquad E[y_j] = x_j, \qquad
# \mathrm{var}(y_j) = x_j^2\,\frac{1 - q}{q}$$
#
# When the network is used nothing is dropped.

# %%
if study := page.first_study("dropout_expectation"):
    display.figure(
        dropout_expectation.draw(study),
        caption="One layer of 200 values, masks drawn anew. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("dropout_expectation_*"))

# %%
if study := page.first_study("dropout_rate"):
    display.text("""### Dropout rate

How much dropout? With few units kept there is too little network left to fit even the training examples. On the right
the layers are widened so that as many units are kept on average.""")
    display.figure(
        *dropout_rate.draw(study),
        caption=f"{study.dataset.info['title']}, two hidden layers, {study.arguments['examples']} training images, "
        f"{study.arguments['steps']} steps. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("dropout_rate_*"))

# %%
if study := page.first_study("dropout_sample_size"):
    display.text("""### Dropout vs sample size

As many steps on each training set.""")
    display.figure(
        dropout_sample_size.draw(study),
        caption=f"{study.dataset.info['title']}, two layers of {study.arguments['width']} units, rate "
        f"{study.arguments['rate']:g}. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("dropout_sample_size_*"))

# %%
if study := page.first_study("dropout_hidden_units"):
    display.text("""### Sparsity and co-adaptation

A unit that others may leave at any time cannot count on them, so units should be less *co-adapted*. An autoencoder of
one hidden layer shows it: without dropout its units add up to an image only together; with dropout few are on at a time
(a *sparse* code), and half of them can be taken away.""")
    display.figure(
        *dropout_hidden_units.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['units']} ReLU units. Weights and activations: first "
        "seed. Taken away: validation images, the others scaled up, mean and 95 % band over seeds.",
    )
    display.claims(page.claims("dropout_hidden_units_*"))

# %%
if study := page.first_study("monte_carlo_dropout"):
    classes = " and ".join(map(str, study.arguments["unknown"]))
    display.text(f"""### Monte Carlo dropout

How unsure is a network? *Monte Carlo dropout* leaves dropout on when it is used and asks many times: the spread of the
answers is a measure of doubt (Gal & Ghahramani 2016). This network never learned the digits {classes}. The entropy of
the mean answer is

$$H = -\\sum_k \\bar p_k \\log \\bar p_k, \\qquad \\bar p = \\frac1T \\sum_t p^{{(t)}}$$""")
    display.figure(
        *monte_carlo_dropout.draw(study),
        caption=f"{study.dataset.info['title']}, test images. Histograms: first seed; else mean and 95 % band, or all "
        "seeds.",
    )
    display.claims(page.claims("monte_carlo_dropout_*"))

# %%
if study := page.first_study("max_norm"):
    display.text("""### Max-norm constraint

Dropout wants large steps and much momentum, and these let weights grow without end. *Max-norm* rescales the weights
into a unit whenever their norm exceeds a limit.""")
    display.figure(
        *max_norm.draw(study),
        caption=f"{study.dataset.info['title']}, {study.arguments['examples']} training images, limit "
        f"{study.arguments['limit']:g}. Left: mean and 95 % band over seeds.",
    )
    display.claims(page.claims("max_norm_*"))

# %% [markdown]
# ## L1 and L2 regularization
#
# Both are penalties on the weights. L2 adds $\lambda \lVert W \rVert^2$ to the loss and so takes a part of each weight
# away at each step; L1 adds $\lambda \sum |w|$ and takes the same amount of each, until it is zero:
#
# $$\frac{\partial}{\partial w} \lambda w^2 = 2 \lambda w, \qquad
# \frac{\partial}{\partial w} \lambda |w| = \lambda\,\mathrm{sign}(w)$$

# %%
if study := page.first_study("penalty_strengths"):
    display.figure(
        *penalty_strengths.draw(study),
        caption="Digits, 64-64 ReLU units, 500 training images. The strength chosen is the strongest within a standard "
        "error of the lowest validation error. Mean and 95 % band over seeds; weights: first seed.",
    )
    display.claims(page.claims("penalty_strengths_*"))

# %%
if study := page.first_study("penalty_boundaries"):
    display.figure(
        penalty_boundaries.draw(study),
        caption="Two moons, 60 training examples, 50-50 ReLU units, L2. First seed; per cent of the validation split "
        "right, mean over seeds.",
    )
    display.claims(page.claims("penalty_boundaries_*"))

# %%
if study := page.first_study("weight_decay"):
    display.text("""### AdamW vs L2

In Adam, weight decay is not L2. Weight decay $\\delta$ takes $\\eta \\delta w$ off each weight, apart from the
gradient. Under plain gradient descent that is L2 with $\\delta = 2 \\lambda$. Adam divides the gradient by the root of
its mean square, and the penalty's part with it, so weights with large gradients are hardly held back; AdamW decays all
alike (Loshchilov & Hutter 2019).""")
    display.figure(
        *weight_decay.draw(study),
        caption=f"Digits, validation accuracy in per cent, mean over {study.arguments['seeds']} seeds.",
    )
    display.claims(page.claims("weight_decay_*"))

# %%
if study := page.first_study("regularizer_comparison"):
    display.text("""### Regularizers compared

Two rivals: *label smoothing* moves the targets a little from 0 and 1; *early stopping* keeps the weights of the lowest
validation loss. The strength of each remedy is chosen by the validation loss, then judged once on the test split.""")
    pictures, table = regularizer_comparison.draw(study)
    display.figure(*pictures, caption=f"{study.dataset.info['title']}, 500 training images.")
    display.table(table, "Test split, mean over seeds")
    display.claims(page.claims("regularizer_comparison_*"))

# %%
if study := page.first_study("deep_optimizers"):
    display.text("""## Optimizers

Six optimizers on one network of four hidden layers, each at the learning rate of the lowest training loss, chosen on
other seeds.""")
    display.figure(
        *deep_optimizers.draw(study),
        caption="Digits, 64-64-64-64 ReLU units, 1,000 training images. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("deep_optimizers_*"))

# %%
if study := page.first_study("deep_schedules"):
    display.text("""### Learning-rate schedules

The same network under Nesterov's momentum, with the learning rate constant, lowered in steps, lowered along half a
cosine, or raised and lowered once (Smith & Topin 2018).""")
    display.figure(
        *deep_schedules.draw(study),
        caption="Digits, 64-64-64-64 ReLU units, 1,000 training images. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("deep_schedules_*"))

# %% [markdown]
# ## The full model: NumPy vs Keras
#
# The methods together, as experiments of the pipeline in both backends.

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

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())

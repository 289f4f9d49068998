# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Multilayer perceptrons: a modular framework
#
# A multilayer perceptron (MLP) is a chain of layers, and each layer knows two things: how to turn its input into its
# output, and how to turn the gradient at its output into the gradients of its weights and of its input.

# %% tags=["parameters"]
report = "assignment3"
experiments = {}
studies = {}
results = "results"

# %%
import numpy as np

from layerwise import plots
from layerwise.reporting import compose, multiclass, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)
largest = list({e.spec["dataset"]: e for e in page}.values())  # the last experiment of each dataset
pictures = [e for e in largest if e.dataset.is_image]


def first(function):
    return next(iter(page.studies(function)), None)


# %% [markdown]
# ## Forward and backward pass of a layer
#
# A network of $L$ layers is a composition, $\hat{y} = f_L(\dots f_2(f_1(x)))$. Going forward, each layer keeps what its
# backward pass will need. Going backward, it receives $\partial L / \partial y$ and answers with
# $\partial L / \partial x$, which is the question for the layer before it. For a fully connected layer with a batch of
# inputs $X$, one per row:
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

# %%
if study := first("layers.one_batch"):
    show.text(f"### A worked example\n\nNumber by number. {multiclass.walkthrough(study)}")
    show.claims(page.claims("one_batch_layer"))

# %%
if study := first("layers.gradients"):
    show.text("""### Gradient checks

A layer's backward pass is right if it equals finite differences of its forward pass. The pipeline tries every layer of
the framework on a small batch in float64: each weight and the input, moved a little to either side. “Kept” is how many
numbers the layer holds from forward to backward beside its weights: another shape needs none, a Dense layer keeps input
and output, a recurrent layer every step.""")
    show.table(multiclass.gradients(study), "Backward pass of every layer against central differences")
    show.table(multiclass.losses(study), "The losses, through a Dense layer")
    show.claims(page.claims("layer_gradients*"))

# %% [markdown]
# ### Activation functions
#
# Without the activation $g$ the chain of linear maps would be one linear map. The rectifier keeps what is positive; its
# derivative is 0 or 1, so a gradient passes a living unit unchanged. The sigmoid's derivative is at most a quarter:
#
# $$\mathrm{ReLU}(z) = \max(0, z), \qquad \tanh' = 1 - \tanh^2 \le 1$$
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}}, \qquad \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) \le \frac{1}{4}$$

# %%
if study := first("layers.one_batch"):
    show.figure(*multiclass.shapes(study), caption="Three activations and their slopes in the framework.")

# %% [markdown]
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

# %%
if study := first("layers.one_batch"):
    show.text(multiclass.softmax(study))
    show.claims(page.claims("one_batch_softmax"))

# %% [markdown]
# ### Numerical stability: log-sum-exp
#
# Computed as written, $e^{z}$ overflows in float32 beyond $z = 88$, and $p_c$ underflows to 0 below about $-103$, where
# the logarithm is infinite. Subtracting the largest score changes nothing in exact arithmetic and keeps every exponent
# at or below zero:
#
# $$\log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \qquad m = \max_j z_j$$

# %%
if study := first("layers.overflow"):
    show.figure(*multiclass.overflowing(study), caption="200 examples, 10 normal scores each, float32. 95 % bands.")
    show.claims(page.claims("overflow_*"))

# %% [markdown]
# ## Datasets

# %%
show.table(compose.datasets(page), "The same classifier code takes tables and images")
show.figure(*[compose.look(dataset) for dataset in page.datasets.values()], caption="The training splits.")

# %%
if study := first("training_dynamics.health"):
    show.text("""## Sanity checks

Two checks before training. A network that knows nothing should give each of $C$ classes the probability $1/C$, so the
first loss should be near $\\log C$. Much more means that the output starts sure and wrong. And a network that cannot
memorize 50 examples will not learn 50,000: something is broken. That it learns shuffled labels as well says how little
a fit means.""")
    show.figure(*multiclass.first_losses(study), caption="Fresh networks of 64 hidden units, training split.")
    show.figure(*multiclass.by_heart(study), caption="The same network, trained on 50 examples by Adam.")
    show.claims(page.claims("initial_*", "overfit_*", "memorised_*"))

# %% [markdown]
# ## Training curves
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
if study := first("training_dynamics.signals"):
    show.text("""## Activation and gradient distributions

Four hidden layers of 64 units on digits, the same plain gradient descent, different activations: what do the units and
the gradients at them look like, layer by layer? A ReLU is flat where it is off; tanh and sigmoid are flat where they
are *saturated*, near the ends of their range.""")
    for picture in multiclass.distributions(study):
        show.figure(picture)
    show.figure(
        *multiclass.saturation(study), caption="Digits. “Hardly any slope”: below a twentieth of the steepest. Mean of "
        f"{study.arguments['seeds']} networks, 95 % band."
    )  # fmt: skip
    show.claims(page.claims("signals_*"))

# %%
if study := first("training_dynamics.dead_units"):
    show.text("""### Dead ReLUs

A ReLU that is off for every training example gets no gradient and never comes back. One step that is too large can
push it there. Leaky ReLU keeps a small slope below zero, so it can come back; that does not make a large rate safe.""")
    show.figure(*multiclass.dying(study), caption="Digits, two hidden layers of 64 units, ten epochs of SGD.")
    show.claims(page.claims("dead_*"))

# %%
if study := first("training_dynamics.updates"):
    show.text("""### Update-to-weight ratio

How far does a step go? Its size says little; its ratio to the weight it moves says much. A rule of thumb is

$$\\lVert \\Delta W \\rVert / \\lVert W \\rVert \\approx 10^{-3}.$$

Far less and training crawls, far more and it stumbles.""")
    show.figure(
        *multiclass.moved(study),
        caption="Digits, plain SGD; median over each epoch's steps. In the legend the validation accuracy at the end.",
    )
    show.claims(page.claims("updates_*"))

# %% [markdown]
# ## Optimizers
#
# All optimizers take the gradient $g$ of a batch and differ in the step. Momentum keeps a running sum of gradients;
# RMSprop divides by the root of a running mean of their squares; Adam does both, each corrected for its beginning at
# zero:
#
# $$\text{momentum:} \quad v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v$$
#
# $$\text{RMSprop:} \quad s \leftarrow \rho s + (1 - \rho) g^2, \qquad
# w \leftarrow w - \eta \frac{g}{\sqrt{s} + \epsilon}$$
#
# $$\text{Adam:} \quad m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2$$
#
# $$w \leftarrow w - \eta \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \frac{m}{\sqrt{v} + \epsilon}$$

# %%
if study := first("training_dynamics.optimizers"):
    show.text("""To compare optimizers at one rate is to compare the rate. So each tries six rates; the best by
validation loss is chosen with five seeds and judged with five others.""")
    show.figure(*multiclass.descents(study), caption="Digits, 64 hidden units. Mean and 95 % band over seeds.")
    show.claims(page.claims("optimizers_*"))

# %%
ways = {e.spec["optimizer"]["name"] + (" + momentum" if e.spec["optimizer"].get("momentum") else ""): e
        for e in page.matching("mnist5k_mlp*")}  # fmt: skip
if len(ways) > 1:
    show.text("On MNIST-5k, at rates that are common for each:")
    histories = {name: e.histories.query("backend == 'numpy'") for name, e in ways.items()}
    show.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_loss"),
        caption="Training loss (logarithmic) and validation loss of one network under different optimizers, NumPy.",
    )
    show.claims(page.claims("*5k_momentum", "*5k_adam"))

# %%
if study := first("training_dynamics.batch_sizes"):
    show.text("""### Batch size

The gradient of a batch of $B$ examples is the whole gradient plus noise that falls as $1/\\sqrt{B}$. An epoch of large
batches is few steps; at the same rate it gets less far. Growing the rate with the batch (Goyal et al. 2017) makes up
for it, as long as the rate stays in bounds.""")
    show.figure(*multiclass.batched(study), caption="Digits, momentum 0.9. Mean and 95 % band over seeds.")
    show.claims(page.claims("batches_*"))

# %%
if study := first("training_dynamics.finder"):
    show.text("""### Learning-rate range test

To find a learning rate, let it grow with each step of one short run, from far too small to far too large (Smith 2017).
The loss falls while the rate is good and climbs when it is too large; a rate somewhat below the lowest point is a fair
guess.""")
    show.figure(*multiclass.rates_found(study), caption="Digits, momentum 0.9, batches of 32.")
    show.claims(page.claims("finder_*"))

# %%
if study := first("training_dynamics.schedules"):
    show.text("""### Learning-rate schedules

A large rate gets far at first and then jumps about the minimum; a small one settles. A schedule has both: large at
first, small at the end. A warm-up keeps the first steps, when gradients are largest, short.""")
    show.figure(*multiclass.scheduled(study), caption="Digits, momentum 0.9, highest rate the same for all.")
    show.claims(page.claims("schedules_*"))

# %% [markdown]
# ## MLP vs softmax regression
#
# What hidden layers add: the multilayer perceptron and, without any, softmax regression, on the same splits.

# %%
show.table(
    page.scoreboard("accuracy", "f1_macro", "roc_auc", "pr_auc", "log_loss"),
    f"Test split: {page.over_seeds}",
)
show.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95 % intervals over seeds.",
)
show.claims(page.claims("*_hidden_layer", "*_ranking", "mnist_dropout"))

# %%
if study := first("judging.baselines"):
    show.text("""## Baselines

The same network code, with the same settings, on tables and on images, beside three classifiers of scikit-learn. All
see the same random splits. Digits come twice: as a table of standardized columns and as images. Trees look only at the
order of a column's values, so gradient boosting finds the same in both and is asked once; on 784 pixels it is left out
for its time.""")
    show.table(
        multiclass.baseline_table(study),
        f"Test accuracy, mean ± half-width of the 95 % interval over {study.arguments['repeats']} random splits",
    )
    show.figure(
        *multiclass.baselines(study),
        caption=f"At most {study.arguments['examples']:,} examples of each, a fifth of them tested on.",
    )
    show.claims(page.claims("baselines_*"))

# %% [markdown]
# ## Model-selection bias
#
# Choices are made on the validation split. If they were fitted to it (a *selection bias*), the test split would tell.

# %%
show.table(multiclass.gaps(page), "Accuracy by split, NumPy, mean over seeds; gaps in percentage points")

# %%
if study := first("judging.selection"):
    show.text("""A single model that was not chosen by its validation accuracy is judged fairly by it. The best of many
is not: it is also the luckiest. Here networks of random size, rate and length compete; which held-out examples validate
and which test is drawn again and again.""")
    show.figure(*multiclass.chosen(study), caption="Digits. Mean of five groups of networks, 95 % band.")
    show.claims(page.claims("selection_*"))

# %% [markdown]
# ## Error analysis
#
# Where the largest network of each dataset fails, class by class.

# %%
for e in largest:
    show.figure(
        *compose.confusion(e),
        caption=f"{e.title}. Confusion matrix, test split, all seeds; per cent of the true class.",
    )

# %%
for e in pictures:
    show.figure(*multiclass.pairs(e), caption=f"{e.title}. The pairs of classes most often taken for each other.")

# %%
for e in largest:
    show.figure(
        *compose.ranking(e),
        plots.per_class_scores(e.scores("numpy")),
        caption=f"{e.title}. One NumPy run, test split: each class against the rest; per-class precision and recall.",
    )

# %%
for e in pictures:
    show.figure(
        *compose.mistakes(e), caption=f"{e.title}. Most confident mistakes on the test split: true → predicted class."
    )
show.claims(page.claims("*_calibration"))

# %%
networks = [e for e in pictures if len(e.model().get_weights()) > 2]
if networks:
    show.text("""## First-layer weights

Each hidden unit of the first layer weighs every pixel; drawn as an image, the weights show what it looks for.""")
for e in networks:
    kernel = e.model().get_weights()[0]
    strongest = np.argsort(-np.linalg.norm(kernel, axis=0))[:25]
    show.figure(
        plots.weight_images(kernel[:, strongest], e.dataset.info["shape"]),
        caption=f"{e.title}. The {len(strongest)} of {kernel.shape[1]} hidden units with the largest weights, one "
        "NumPy run; blue excites, vermillion inhibits.",
    )

# %% [markdown]
# ## NumPy vs Keras

# %%
if study := first("twins.trajectories"):
    show.text("""### Identical initialization and batches

If two frameworks compute the same, they must go the same way from the same start. NumPy's first weights are copied to
Keras, and both get the same batches in the same order. float32 has seven digits, and sums in another order round
otherwise, so the yardstick is what float32 does to NumPy alone: the same training in float64.

Adam has one more place to round: Keras computes $1 - \\beta^t$ in float32, where $1 - 0.999$ has four digits left; here
it is computed in float64. So NumPy also runs once with the correction rounded as Keras rounds it.""")
    show.figure(*multiclass.twinned(study)[:2], caption="MNIST-5k, 128 hidden units, batches of 64. Momentum 0.9.")
    show.figure(*multiclass.twinned(study)[2:], caption="The same with Adam. Equal to the last bit is drawn at 10⁻⁹.")
    show.claims(page.claims("same_*"))

# %% [markdown]
# ### Independent seeds
#
# The same specification, each backend with its own initial weights and its own order of the mini-batches. Equivalence
# is tested over seeds (two one-sided t-tests); McNemar's test asks, example by example, whether one backend is right
# where the other is wrong more often than chance would have it.

# %%
show.claims(page.claims("*_twins", "*_mistakes"))
both = multiclass.agreements(page)
if len(both):
    show.table(both, "Mistakes on the same test examples, seed by seed, with McNemar's exact test")

# %%
spent = multiclass.costs(page)
if len(spent):
    show.text("""### Time and memory

As the runs recorded them on this machine, one thread each; these numbers vary from run to run. Of memory the largest
resident set of the training process, in which TensorFlow itself weighs most.""")
    show.table(spent, "Training in both backends, medians over seeds")

# %%
published = page.claims("*_anchor", "*_error")
if len(published):
    show.text("## Comparison with published results")
    show.claims(published)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
show.verdicts(page.claims())

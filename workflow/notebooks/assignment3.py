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
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.assignment3.figures import (
    activation_distributions,
    baselines,
    batch_sizes,
    dead_units,
    error_analysis,
    layer_example,
    layer_gradients,
    learning_rate_range_test,
    learning_rate_schedules,
    loss_trajectories,
    model_comparison,
    model_selection,
    numerical_stability,
    optimizers,
    training_checks,
    update_ratio,
)

page = Report(report, experiments, results, studies)
largest = list({e.spec["dataset"]: e for e in page}.values())  # the last experiment of each dataset
pictures = [e for e in largest if e.dataset.is_image]


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
if study := page.first_study("layer_example"):
    display.text(f"### A worked example\n\nNumber by number. {layer_example.walkthrough(study)}")
    display.claims(page.claims("layer_example_layer"))

# %%
if study := page.first_study("layer_gradients"):
    display.text("""### Gradient checks

A layer's backward pass is right if it equals finite differences of its forward pass. The pipeline tries every layer of
the framework on a small batch in float64: each weight and the input, moved a little to either side. “Kept” is how many
numbers the layer holds from forward to backward beside its weights: another shape needs none, a Dense layer keeps input
and output, a recurrent layer every step.""")
    display.table(layer_gradients.layers(study), "Backward pass of every layer against central differences")
    display.table(layer_gradients.losses(study), "The losses, through a Dense layer")
    display.claims(page.claims("layer_gradients*"))

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
if study := page.first_study("layer_example"):
    display.figure(*layer_example.activations(study), caption="Three activations and their slopes in the framework.")

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
if study := page.first_study("layer_example"):
    display.text(layer_example.softmax(study))
    display.claims(page.claims("layer_example_softmax"))

# %% [markdown]
# ### Numerical stability: log-sum-exp
#
# Computed as written, $e^{z}$ overflows in float32 beyond $z = 88$, and $p_c$ underflows to 0 below about $-103$, where
# the logarithm is infinite. Subtracting the largest score changes nothing in exact arithmetic and keeps every exponent
# at or below zero:
#
# $$\log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \qquad m = \max_j z_j$$

# %%
if study := page.first_study("numerical_stability"):
    display.figure(
        *numerical_stability.draw(study), caption="200 examples, 10 normal scores each, float32. 95 % bands."
    )
    display.claims(page.claims("numerical_stability_*"))

# %% [markdown]
# ## Datasets

# %%
display.table(common_figures.datasets(page), "The same classifier code takes tables and images")
display.figure(*[common_figures.look(dataset) for dataset in page.datasets.values()], caption="The training splits.")

# %%
if study := page.first_study("training_checks"):
    display.text("""## Sanity checks

Two checks before training. A network that knows nothing should give each of $C$ classes the probability $1/C$, so the
first loss should be near $\\log C$. Much more means that the output starts sure and wrong. And a network that cannot
memorize 50 examples will not learn 50,000: something is broken. That it learns shuffled labels as well says how little
a fit means.""")
    display.figure(*training_checks.first_losses(study), caption="Fresh networks of 64 hidden units, training split.")
    display.figure(*training_checks.memorization(study), caption="The same network, trained on 50 examples by Adam.")
    display.claims(page.claims("training_checks_*"))

# %% [markdown]
# ## Training curves
#
# Dotted lines are measured on the training split, solid ones on the validation split; bands are 95 % intervals over the
# seeds. Where the two part, the network has begun to learn the training examples rather than the classes.

# %%
for e in page:
    display.figure(
        *common_figures.learning(e),
        caption=f"{e.title}. {e.parameters:,} parameters, {e.spec['optimizer']['name']}, batches of "
        f"{e.spec['batch_size']}.",
    )

# %%
if study := page.first_study("activation_distributions"):
    display.text("""## Activation and gradient distributions

Four hidden layers of 64 units on digits, the same plain gradient descent, different activations: what do the units and
the gradients at them look like, layer by layer? A ReLU is flat where it is off; tanh and sigmoid are flat where they
are *saturated*, near the ends of their range.""")
    for picture in activation_distributions.distributions(study):
        display.figure(picture)
    display.figure(
        *activation_distributions.saturation(study),
        caption="Digits. “Hardly any slope”: below a twentieth of the steepest. Mean of "
        f"{study.arguments['seeds']} networks, 95 % band.",
    )
    display.claims(page.claims("activation_distributions_*"))

# %%
if study := page.first_study("dead_units"):
    display.text("""### Dead ReLUs

A ReLU that is off for every training example gets no gradient and never comes back. One step that is too large can
push it there. Leaky ReLU keeps a small slope below zero, so it can come back; that does not make a large rate safe.""")
    display.figure(*dead_units.draw(study), caption="Digits, two hidden layers of 64 units, ten epochs of SGD.")
    display.claims(page.claims("dead_*"))

# %%
if study := page.first_study("update_ratio"):
    display.text("""### Update-to-weight ratio

How far does a step go? Its size says little; its ratio to the weight it moves says much. A rule of thumb is

$$\\lVert \\Delta W \\rVert / \\lVert W \\rVert \\approx 10^{-3}.$$

Far less and training crawls, far more and it stumbles.""")
    display.figure(
        *update_ratio.draw(study),
        caption="Digits, plain SGD; median over each epoch's steps. In the legend the validation accuracy at the end.",
    )
    display.claims(page.claims("update_ratio_*"))

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
if study := page.first_study("optimizers"):
    display.text("""To compare optimizers at one rate is to compare the rate. So each tries six rates; the best by
validation loss is chosen with five seeds and judged with five others.""")
    display.figure(*optimizers.draw(study), caption="Digits, 64 hidden units. Mean and 95 % band over seeds.")
    display.claims(page.claims("optimizers_*"))

# %%
ways = {e.spec["optimizer"]["name"] + (" + momentum" if e.spec["optimizer"].get("momentum") else ""): e
        for e in page.matching("mnist5k_mlp*")}  # fmt: skip
if len(ways) > 1:
    display.text("On MNIST-5k, at rates that are common for each:")
    histories = {name: e.histories.query("backend == 'numpy'") for name, e in ways.items()}
    display.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_loss"),
        caption="Training loss (logarithmic) and validation loss of one network under different optimizers, NumPy.",
    )
    display.claims(page.claims("*5k_momentum", "*5k_adam"))

# %%
if study := page.first_study("batch_sizes"):
    display.text("""### Batch size

The gradient of a batch of $B$ examples is the whole gradient plus noise that falls as $1/\\sqrt{B}$. An epoch of large
batches is few steps; at the same rate it gets less far. Growing the rate with the batch (Goyal et al. 2017) makes up
for it, as long as the rate stays in bounds.""")
    display.figure(*batch_sizes.draw(study), caption="Digits, momentum 0.9. Mean and 95 % band over seeds.")
    display.claims(page.claims("batch_sizes_*"))

# %%
if study := page.first_study("learning_rate_range_test"):
    display.text("""### Learning-rate range test

To find a learning rate, let it grow with each step of one short run, from far too small to far too large (Smith 2017).
The loss falls while the rate is good and climbs when it is too large; a rate somewhat below the lowest point is a fair
guess.""")
    display.figure(*learning_rate_range_test.draw(study), caption="Digits, momentum 0.9, batches of 32.")
    display.claims(page.claims("learning_rate_range_test_*"))

# %%
if study := page.first_study("learning_rate_schedules"):
    display.text("""### Learning-rate schedules

A large rate gets far at first and then jumps about the minimum; a small one settles. A schedule has both: large at
first, small at the end. A warm-up keeps the first steps, when gradients are largest, short.""")
    display.figure(*learning_rate_schedules.draw(study), caption="Digits, momentum 0.9, highest rate the same for all.")
    display.claims(page.claims("learning_rate_schedules_*"))

# %% [markdown]
# ## MLP vs softmax regression
#
# What hidden layers add: the multilayer perceptron and, without any, softmax regression, on the same splits.

# %%
display.table(
    page.scoreboard("accuracy", "f1_macro", "roc_auc", "pr_auc", "log_loss"),
    f"Test split: {page.over_seeds}",
)
display.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95 % intervals over seeds.",
)
display.claims(page.claims("*_hidden_layer", "*_ranking", "mnist_dropout"))

# %%
if study := page.first_study("baselines"):
    display.text("""## Baselines

The same network code, with the same settings, on tables and on images, beside three classifiers of scikit-learn. All
see the same random splits. Digits come twice: as a table of standardized columns and as images. Trees look only at the
order of a column's values, so gradient boosting finds the same in both and is asked once; on 784 pixels it is left out
for its time.""")
    display.table(
        baselines.table(study),
        f"Test accuracy, mean ± half-width of the 95 % interval over {study.arguments['repeats']} random splits",
    )
    display.figure(
        *baselines.draw(study),
        caption=f"At most {study.arguments['examples']:,} examples of each, a fifth of them tested on.",
    )
    display.claims(page.claims("baselines_*"))

# %% [markdown]
# ## Model-selection bias
#
# Choices are made on the validation split. If they were fitted to it (a *selection bias*), the test split would tell.

# %%
display.table(model_comparison.gaps(page), "Accuracy by split, NumPy, mean over seeds; gaps in percentage points")

# %%
if study := page.first_study("model_selection"):
    display.text("""A single model that was not chosen by its validation accuracy is judged fairly by it. The best of
many is not: it is also the luckiest. Here networks of random size, rate and length compete; which held-out examples
validate and which test is drawn again and again.""")
    display.figure(*model_selection.draw(study), caption="Digits. Mean of five groups of networks, 95 % band.")
    display.claims(page.claims("model_selection_*"))

# %% [markdown]
# ## Error analysis
#
# Where the largest network of each dataset fails, class by class.

# %%
for e in largest:
    display.figure(
        *common_figures.confusion(e),
        caption=f"{e.title}. Confusion matrix, test split, all seeds; per cent of the true class.",
    )

# %%
for e in pictures:
    display.figure(
        *error_analysis.confused_pairs(e), caption=f"{e.title}. The pairs of classes most often taken for each other."
    )

# %%
for e in largest:
    display.figure(
        *common_figures.ranking(e),
        plots.per_class_scores(e.scores("numpy")),
        caption=f"{e.title}. One NumPy run, test split: each class against the rest; per-class precision and recall.",
    )

# %%
for e in pictures:
    display.figure(
        *common_figures.mistakes(e),
        caption=f"{e.title}. Most confident mistakes on the test split: true → predicted class.",
    )
display.claims(page.claims("*_calibration"))

# %%
networks = [e for e in pictures if len(e.model().get_weights()) > 2]
if networks:
    display.text("""## First-layer weights

Each hidden unit of the first layer weighs every pixel; drawn as an image, the weights show what it looks for.""")
for e in networks:
    kernel = e.model().get_weights()[0]
    strongest = np.argsort(-np.linalg.norm(kernel, axis=0))[:25]
    display.figure(
        plots.weight_images(kernel[:, strongest], e.dataset.info["shape"]),
        caption=f"{e.title}. The {len(strongest)} of {kernel.shape[1]} hidden units with the largest weights, one "
        "NumPy run; blue excites, vermillion inhibits.",
    )

# %% [markdown]
# ## NumPy vs Keras

# %%
if study := page.first_study("loss_trajectories"):
    display.text("""### Identical initialization and batches

If two frameworks compute the same, they must go the same way from the same start. NumPy's first weights are copied to
Keras, and both get the same batches in the same order. float32 has seven digits, and sums in another order round
otherwise, so the yardstick is what float32 does to NumPy alone: the same training in float64.

Adam has one more place to round: Keras computes $1 - \\beta^t$ in float32, where $1 - 0.999$ has four digits left; here
it is computed in float64. So NumPy also runs once with the correction rounded as Keras rounds it.""")
    display.figure(
        *loss_trajectories.draw(study)[:2], caption="MNIST-5k, 128 hidden units, batches of 64. Momentum 0.9."
    )
    display.figure(
        *loss_trajectories.draw(study)[2:], caption="The same with Adam. Equal to the last bit is drawn at 10⁻⁹."
    )
    display.claims(page.claims("loss_trajectories_*"))

# %% [markdown]
# ### Independent seeds
#
# The same specification, each backend with its own initial weights and its own order of the mini-batches. Equivalence
# is tested over seeds (two one-sided t-tests); McNemar's test asks, example by example, whether one backend is right
# where the other is wrong more often than chance would have it.

# %%
display.claims(page.claims("*_twins", "*_mistakes"))
both = model_comparison.agreements(page)
if len(both):
    display.table(both, "Mistakes on the same test examples, seed by seed, with McNemar's exact test")

# %%
spent = model_comparison.costs(page)
if len(spent):
    display.text("""### Time and memory

As the runs recorded them on this machine, one thread each; these numbers vary from run to run. Of memory the largest
resident set of the training process, in which TensorFlow itself weighs most.""")
    display.table(spent, "Training in both backends, medians over seeds")

# %%
published = page.claims("*_anchor", "*_error")
if len(published):
    display.text("## Comparison with published results")
    display.claims(published)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())

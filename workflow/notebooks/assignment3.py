# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Multilayer perceptrons: a modular framework
#
# A multilayer perceptron (MLP) is a chain of layers. Each layer computes its output from its input and, in the backward
# pass, the gradients of its weights and of its input from the gradient of its output.

# %% tags=["parameters"]
report = "assignment3"
experiments = {}
studies = {}
results = "results"

# %%
import numpy as np

from layerwise import nn, plots
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.assignment3.figures import (
    activation_distributions,
    baselines,
    batch_sizes,
    dead_units,
    ensembles,
    error_analysis,
    gradient_tape,
    label_errors,
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
    training_diagnostics,
    update_ratio,
)

page = Report(report, experiments, results, studies)
display.overview(page)
largest = list({e.spec["dataset"]: e for e in page}.values())  # the last experiment of each dataset
pictures = [e for e in largest if e.dataset.is_image]


# %% [markdown]
# ## Forward and backward pass of a layer
#
# A network of $L$ layers is a composition, $\hat{y} = f_L(\dots f_2(f_1(x)))$. In the forward pass, each layer stores
# what its backward pass needs. In the backward pass, it receives $\partial L / \partial y$ and returns
# $\partial L / \partial x$, which the layer before it receives in turn. For a fully connected layer with a batch of
# inputs $X$, one per row:
#
# $$Z = X W + \mathbf{1} b^\top, \qquad Y = g(Z)$$
#
# Write $\delta = \partial L / \partial Z = \partial L / \partial Y \odot g'(Z)$. Each entry of $Z$ is a sum of
# products, so the chain rule gives three matrix products:
#
# $$\frac{\partial L}{\partial W} = X^\top \delta, \qquad
# \frac{\partial L}{\partial b} = \delta^\top \mathbf{1}, \qquad
# \frac{\partial L}{\partial X} = \delta\, W^\top$$
#
# The shapes match: $X$ is batch × inputs and $\delta$ is batch × units, so $X^\top \delta$ is inputs × units, like $W$.
# The layer has to store $X$ and, for the activation, $Z$ or $Y$. The fully connected layer of the framework, `Dense`:

# %%
display.source(nn.Dense.forward, nn.Dense.pre_activation, nn.Dense.backward, nn.Dense.pre_activation_backward)

# %%
if study := page.first_study("layer_example"):
    display.text(f"### A worked example\n\n{layer_example.walkthrough(study)}")
    display.claims(page.claims("layer_example"))

# %%
if study := page.first_study("layer_gradients"):
    display.text("""### Gradient checks

A backward pass is correct if it agrees with finite differences of the forward pass. The pipeline checks every layer of
the framework on a small batch in float64, for all weight arrays and the input. “Stored” is the number of values,
besides the weights, that a layer stores for its backward pass: none for Reshape, input and output for Dense, and every
time step for a recurrent layer.""")
    display.table(layer_gradients.layers(study), "Backward pass of every layer vs central differences")
    display.table(layer_gradients.losses(study), "Backward pass of every loss, through a Dense layer")
    display.claims(page.claims("layer_gradients*"))

# %% [markdown]
# ### Activation functions
#
# Without the activation $g$, a chain of linear maps would be a single linear map. ReLU sets negative values to zero;
# its derivative is 0 or 1, so the gradient passes an active unit unchanged. The derivative of the sigmoid is at most ¼:
#
# $$\mathrm{ReLU}(z) = \max(0, z), \qquad \tanh' = 1 - \tanh^2 \le 1$$
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}}, \qquad \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) \le \frac{1}{4}$$

# %%
if study := page.first_study("layer_example"):
    display.figure(*layer_example.activations(study), caption="Three activation functions and their slopes.")

# %% [markdown]
# ### Softmax and cross-entropy
#
# The last layer gives a score $z_k$ per class. For an example of class $c$:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\log p_c = \log \sum_j e^{z_j} - z_c$$
#
# In the derivative of the right-hand form, the first term gives $p_k$, and the second $-1$ for the true class only.
# With the one-hot label $y$,
#
# $$\frac{\partial L}{\partial z_k} = p_k - y_k$$
#
# the same error as in logistic regression. Computed separately, the two derivatives need a full Jacobian, $\partial
# p_k / \partial z_j = p_k (\delta_{kj} - p_j)$, and a division by $p_c$; computed together, they need neither.

# %%
if study := page.first_study("layer_example"):
    display.text(layer_example.softmax(study))

# %% [markdown]
# ### Numerical stability: log-sum-exp
#
# With the naive formula in float32, $e^{z}$ overflows for $z > 88$ and underflows to 0 for $z$ below about $-103$,
# where the logarithm of $p_c$ is infinite. Subtracting the largest score does not change the result in exact
# arithmetic, and keeps every exponent at or below zero:
#
# $$\log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \qquad m = \max_j z_j$$

# %%
if study := page.first_study("numerical_stability"):
    display.figure(
        *numerical_stability.draw(study),
        caption="200 examples with 10 normally distributed scores each, in float32. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("numerical_stability_*"))

# %% [markdown]
# ## Datasets

# %%
display.table(common_figures.datasets(page), "The same code classifies tables and images")
display.figure(*[common_figures.look(dataset) for dataset in page.datasets.values()], caption="The training splits.")

# %%
if study := page.first_study("training_checks"):
    display.text("""## Sanity checks

Two checks find errors early. An untrained network should give each of $K$ classes a probability near $1/K$, so the
initial loss should be near $\\log K$; a much larger loss means that the network starts confident and wrong. And a
network that cannot memorize 50 examples cannot learn 50,000. That it also memorizes shuffled labels shows that a
perfect fit does not imply generalization.""")
    display.figure(
        *training_checks.first_losses(study), caption="Untrained networks of 64 hidden units, training split."
    )
    display.figure(*training_checks.memorization(study), caption="The same network, trained on 50 examples with Adam.")

# %%
if study := page.first_study("training_diagnostics"):
    display.text("""### Input-independent baseline and prediction dynamics

With all inputs set to zero, a network can learn only how frequent the classes are. If the loss with the true inputs is
not clearly lower, the network does not get any information from them (Karpathy 2019). And the predictions for a fixed
set of examples, watched during training, show whether it is stable: if most of them change at every step, the learning
rate is too high.""")
    display.figure(
        *training_diagnostics.during_training(study),
        caption=f"Digits, {study.arguments['hidden']} hidden units. Left: Adam. Right: SGD in batches of 32, "
        f"{study.arguments['watched']} validation examples. Mean and 95% band over seeds.",
    )
    display.text("""### Leakage between examples

The output for one example must not depend on the other examples of the batch. A reshape that mixes them goes unnoticed,
since all shapes fit and the network still learns. Backpropagation finds it: the gradient of the output for example $i$
with respect to the input of example $j \\ne i$ must be zero. Batch normalization couples the examples on purpose, and
only in training.""")
    display.figure(
        training_diagnostics.leaks(study),
        caption=f"A batch of {study.arguments['batch']} digits. Norm of the gradient of the output of example i (row) "
        "with respect to the input of example j (column), in training; dark: large.",
    )

# %% [markdown]
# ## Training curves
#
# Dotted lines are measured on the training split, solid lines on the validation split; bands are 95% intervals over
# seeds. Where the two curves diverge, the network overfits.

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

The histograms show the activations and gradients in each of four hidden layers of 64 units, trained on digits by plain
SGD with different activation functions. The slope of ReLU is zero where it is inactive; the slopes of tanh and sigmoid
are near zero where they are *saturated*, near the ends of their range.""")
    for picture in activation_distributions.distributions(study):
        display.figure(picture)
    display.figure(
        *activation_distributions.saturation(study),
        caption="Digits. A unit is saturated where its slope is below a twentieth of the largest. Mean and 95% band "
        f"over {study.arguments['seeds']} networks.",
    )
    display.claims(page.claims("activation_distributions_*"))

# %%
if study := page.first_study("dead_units"):
    display.text("""### Dead ReLUs

A ReLU that is inactive on every training example gets no gradient and rarely recovers. A single step that is too large
can cause this. Leaky ReLU has a small slope below zero, so it can recover, but that does not make a large learning rate
safe.""")
    display.figure(*dead_units.draw(study), caption="Digits, two hidden layers of 64 units, ten epochs of SGD.")
    display.claims(page.claims("dead_*"))

# %%
if study := page.first_study("update_ratio"):
    display.text("""### Update-to-weight ratio

The size of a step is meaningful only in relation to the size of the weights. A rule of thumb is

$$\\lVert \\Delta W \\rVert / \\lVert W \\rVert \\approx 10^{-3}.$$

If the ratio is much smaller, training is slow; if it is much larger, training is unstable.""")
    display.figure(
        *update_ratio.draw(study),
        caption="Digits, plain SGD; median over the steps of each epoch. The legend has the final validation accuracy.",
    )

# %% [markdown]
# ## Optimizers
#
# All optimizers use the gradient $g$ of a batch and differ in the step. Momentum keeps a decaying sum of gradients;
# RMSprop divides by the root of a running mean of their squares; Adam does both, and corrects the bias that results
# from initializing both averages to zero:
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
    display.text("""A comparison at one learning rate would favor the optimizers for which it is suitable. Each
optimizer is therefore trained at six rates; the best one by validation loss is chosen with five seeds and evaluated
with five others.""")
    display.figure(
        *optimizers.draw(study), caption="Digits, 64 hidden units. Mean and 95% band over seeds.", cover=True
    )
    display.claims(page.claims("optimizers_*"))

# %%
ways = {e.spec["optimizer"]["name"] + (" + momentum" if e.spec["optimizer"].get("momentum") else ""): e
        for e in page.matching("mnist5k_mlp*")}  # fmt: skip
if len(ways) > 1:
    display.text("""On MNIST-5k, each optimizer has one commonly used learning rate that was not tuned. The curves show
how the loss falls; they do not show which optimizer is better.""")
    histories = {name: e.histories.query("backend == 'numpy'") for name, e in ways.items()}
    display.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_loss"),
        caption="Training loss (logarithmic) and validation loss of one network under different optimizers, NumPy.",
    )

# %%
if study := page.first_study("batch_sizes"):
    display.text("""### Batch size

The gradient of a batch of $B$ examples is the full gradient plus noise that falls as $1/\\sqrt{B}$. An epoch of large
batches has few steps, so at the same learning rate it makes less progress. A learning rate proportional to the batch
size compensates for this (Goyal et al. 2017), as long as it is not too large.""")
    display.figure(*batch_sizes.draw(study), caption="Digits, momentum 0.9. Mean and 95% band over seeds.")
    display.claims(page.claims("batch_sizes_*"))

# %%
if study := page.first_study("learning_rate_range_test"):
    display.text("""### Learning-rate range test

A range test increases the learning rate with each step of one short run, from far too small to far too large (Smith
2017). The loss falls while the rate is suitable and rises when it is too large; a rate somewhat below the one with the
lowest loss is a good choice.""")
    display.figure(*learning_rate_range_test.draw(study), caption="Digits, momentum 0.9, batches of 32.")

# %%
if study := page.first_study("learning_rate_schedules"):
    display.text("""### Learning-rate schedules

A high learning rate makes fast progress at first, but then oscillates around the minimum; a low one converges. A
schedule combines both: high at first, low at the end. A warm-up keeps the first steps small, when gradients are
largest.""")
    display.figure(*learning_rate_schedules.draw(study), caption="Digits, momentum 0.9, highest rate the same for all.")
    display.claims(page.claims("learning_rate_schedules_*"))

# %% [markdown]
# ## MLP vs softmax regression
#
# The multilayer perceptron and softmax regression, which has no hidden layer, are compared on the same splits.

# %%
display.table(
    page.scoreboard("accuracy", "f1_macro", "roc_auc", "pr_auc", "log_loss"),
    f"Test split: {page.over_seeds}",
)
display.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95% intervals over seeds.",
)
display.claims(page.claims("*_hidden_layer", "mnist_dropout"))

# %%
if study := page.first_study("baselines"):
    display.text("""## Baselines

The network, with the same settings for tables and images, is compared with classifiers of scikit-learn on the same
random splits: logistic regression, support vector machines (linear and with an RBF kernel), nearest neighbors, and
gradient boosting. Digits are used twice, as a table of standardized columns and as images. Trees depend only on the
order of a column's values, so gradient boosting gives the same result for both and is trained once; on the 784 pixels
of MNIST-5k, it is omitted because of its training time.""")
    display.table(
        baselines.table(study),
        f"Test accuracy, mean ± half-width of the 95% interval over {study.arguments['repeats']} random splits",
    )
    display.figure(
        *baselines.draw(study),
        caption=f"At most {study.arguments['examples']:,} examples of each dataset, a fifth of them for testing.",
    )
    display.claims(page.claims("baselines_*"))

# %%
if study := page.first_study("ensembles"):
    display.text("""## Ensembles and weight averaging

The mean of the probabilities of several networks is a prediction, too, an *ensemble*. Its log loss is never above the
mean log loss of its members, because the logarithm is concave (Jensen's inequality); for the accuracy there is no such
guarantee. The mean of the *weights* of networks that were trained from different initial weights is not a good network,
as their hidden units are in a different order. Along one training, it is: *stochastic weight averaging* (SWA, Izmailov
et al. 2018) continues with a high learning rate and averages the weights after each step.""")
    display.figure(
        ensembles.draw(study),
        caption="MNIST-5k. One dot per subset of the runs of the MLP trained with Adam; bar: mean.",
    )
    display.table(
        ensembles.table(study),
        f"Test split, means over the runs. SGD: {study.arguments['epochs']} further epochs at learning rate "
        f"{study.arguments['learning_rate']:g}",
    )

# %%
if study := page.first_study("label_errors"):
    display.text("""## Finding label errors

Datasets contain wrong labels, and a trained network can find them: an example whose label it contradicts is suspicious.
Here a few training labels are replaced by random other classes, and all examples are ranked. The loss of the given
label works as long as the network has not memorized the wrong labels. *Confident learning* (Northcutt et al. 2021)
judges each example by networks that were not trained on it, by cross-validation: the lower the probability of the
given label is below the largest of the others (the *margin*), the more suspicious is the label.""")
    display.figure(
        *label_errors.draw(study),
        caption=f"Digits, {100 * study.arguments['share']:.0f}% of the training labels changed; dotted: their number. "
        "Mean and 95% band over seeds. Images: the most suspicious examples of the first seed by the margin, given "
        "label → prediction.",
    )

# %% [markdown]
# ## Model-selection bias
#
# Models are selected on the validation split. If the selection overfits that split (*selection bias*), the accuracy on
# the test split is lower.

# %%
display.table(
    model_comparison.gaps(page), "Accuracy by split, NumPy, mean over seeds; differences in percentage points"
)

# %%
if study := page.first_study("model_selection"):
    display.text("""The validation accuracy of a single model is unbiased if it was not selected by it. That of the best
of many models is too high, since the best is also the luckiest. In this study, the candidates are networks of random
size, learning rate and number of epochs, and the held-out examples are divided at random into validation and test
examples many times.""")
    display.figure(*model_selection.draw(study), caption="Digits. Mean and 95% band over five groups of networks.")
    display.claims(page.claims("model_selection_*"))

# %% [markdown]
# ## Error analysis
#
# The mistakes of the largest network of each dataset, by class.

# %%
for e in largest:
    display.figure(
        *common_figures.confusion(e),
        caption=f"{e.title}. Confusion matrix, test split, summed over seeds, in percent of the true class.",
    )

# %%
for e in pictures:
    display.figure(
        *error_analysis.confused_pairs(e), caption=f"{e.title}. The most frequently confused pairs of classes."
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

# %%
networks = [e for e in pictures if len(e.model().get_weights()) > 2]
if networks:
    display.text("""## First-layer weights

Each hidden unit of the first layer has one weight per pixel; drawn as an image, the weights show the pattern to which
the unit responds.""")
for e in networks:
    kernel = e.model().get_weights()[0]
    strongest = np.argsort(-np.linalg.norm(kernel, axis=0))[:25]
    display.figure(
        plots.weight_images(kernel[:, strongest], e.dataset.info["shape"]),
        caption=f"{e.title}. The {len(strongest)} of {kernel.shape[1]} hidden units with the largest weights, one "
        "NumPy run; positive weights are blue, negative ones vermillion.",
    )

# %% [markdown]
# ## NumPy vs Keras

# %%
if study := page.first_study("loss_trajectories"):
    display.text("""### Identical initialization and batches

Two correct implementations must have the same loss trajectory if they start from the same weights and use the same
batches. NumPy's initial weights are copied to Keras, and both are trained on the same batches in the same order. A
float32 number has about seven digits, and sums in another order are rounded differently, so the difference is compared
with that between NumPy in float32 and in float64.

Adam has another source of rounding error: Keras computes $1 - \\beta^t$ in float32, where $1 - 0.999$ has four correct
digits; NumPy computes it in float64. NumPy is therefore also trained with this correction rounded as in Keras.""")
    display.figure(
        *loss_trajectories.draw(study)[:2], caption="MNIST-5k, 128 hidden units, batches of 64. Momentum 0.9."
    )
    display.figure(
        *loss_trajectories.draw(study)[2:], caption="The same with Adam. Differences of zero are drawn at 10⁻⁹."
    )
    display.claims(page.claims("loss_trajectories_*"))

# %%
if study := page.first_study("gradient_tape"):
    display.text("""### A training loop with GradientTape

`fit` hides the training step. In TensorFlow it can be written out: `GradientTape` records the operations of the forward
pass, and `gradient` goes through them backward. The update is that of SGD with momentum. No Keras is involved:""")
    display.source(gradient_tape.LOOP)
    display.text("""From the same weights on the same batches, this loop, `fit` of Keras and the NumPy framework must
have
the same loss and the same weights at each step.""")
    display.table(gradient_tape.table(study), "Loss of each batch before the step on it")
    display.figure(
        gradient_tape.draw(study),
        caption=f"MNIST-5k, {study.arguments['hidden']} hidden units, batches of {study.arguments['batch_size']}. "
        "Differences of zero are drawn at 10⁻¹⁰.",
    )
    display.claims(page.claims("gradient_tape_*"))

# %% [markdown]
# ### Whole trainings
#
# Both backends train the same specification. Runs of the same seed start from the same weights and see the same
# mini-batches; rounding errors, which training amplifies, and the masks of dropout are what makes them differ.
# Equivalence is tested over seeds and test examples (two one-sided t-tests). McNemar's test compares two runs on the
# same test examples: it tests whether one of them is right where the other is wrong significantly more often than the
# reverse.

# %%
display.claims(page.claims("*_parity"))
agreements = model_comparison.agreements(page)
if len(agreements):
    display.table(agreements, "Mistakes on the same test examples by seed, with McNemar's exact test")

# %%
costs = model_comparison.costs(page)
if len(costs):
    display.text("""### Time and memory

The runs recorded their time and memory on this machine, with one thread each; these numbers vary from run to run.
Memory is the peak resident set size of the training process, most of which is TensorFlow itself in the case of
Keras.""")
    display.table(costs, "Training in both backends, medians over seeds")

# %%
published = page.claims("*_anchor")
if len(published):
    display.text("## Comparison with published results")
    display.claims(published)

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with its statistical test, the test's value and the verdict.

# %%
display.verdicts(page.claims())

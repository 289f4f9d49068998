# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Neural networks with one hidden layer
#
# A linear boundary cannot separate two moons, two circles or two spirals. A network with one hidden layer learns a
# nonlinear one.

# %% tags=["parameters"]
report = "assignment2"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.estimators import two_layer_network
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reporting.widgets import backpropagation, playground
from layerwise.reports.assignment2.figures import (
    autograd,
    bias_variance,
    double_descent,
    gradient_check,
    hidden_representations,
    hidden_units,
    initialization,
    initialization_variance,
    learning_slowdown,
    overfitting,
    sample_size,
    symmetry_breaking,
    universal_approximation,
    vanishing_gradients,
    worked_example,
)

page = Report(report, experiments, results, studies)
display.overview(page)


def units_of(e):
    dense = [layer for layer in e.spec["model"] if layer["layer"] == "Dense"]
    return dense[0]["units"] if len(dense) > 1 else 0


def model_name(e):
    units = units_of(e)
    return f"{units} hidden unit{'s' if units > 1 else ''}" if units else "Logistic regression"


by_size = sorted(page.matching("flower_tanh*"), key=units_of)

# %% [markdown]
# ## Forward and backward pass
#
# Between the features and the score is a hidden layer of $m$ units, each like a logistic regression with the hyperbolic
# tangent in place of the sigmoid:
#
# $$h = \tanh(W_1^\top x + b_1), \qquad p = \sigma(w_2^\top h + b_2)$$
#
# The output depends only on $h$: the decision boundary is linear in the space of the hidden units, and nonlinear in the
# space of the features. The chain rule goes backward through the same two steps. With $\delta_2 = p - y$ at the output,
#
# $$\frac{\partial L}{\partial w_2} = h\,\delta_2, \qquad
# \delta_1 = w_2\,\delta_2 \odot (1 - h^2), \qquad
# \frac{\partial L}{\partial W_1} = x\,\delta_1^\top$$
#
# because $\tanh' = 1 - \tanh^2$. Backpropagation consists of these three products. In code, for all examples at once:

# %%
display.source(two_layer_network.forward, two_layer_network.two_layer_loss_and_gradient)

# %%
if study := page.first_study("worked_example"):
    display.text(f"## Backpropagation: a worked example\n\n{worked_example.walkthrough(study)}")
    display.widget(
        backpropagation.widget(study), caption="The network of the worked example; blue: values, vermillion: gradients."
    )
    display.claims(page.claims("worked_example_*"))

# %%
if study := page.first_study("gradient_check"):
    display.text("""## Gradient checking

The loss may fall even though the gradient is wrong. Gradient checking compares the gradient $g$ from backpropagation
with the central difference $\\hat g$ for each parameter:

$$\\frac{\\partial J}{\\partial \\theta} \\approx
\\frac{J(\\theta + \\varepsilon) - J(\\theta - \\varepsilon)}{2 \\varepsilon}, \\qquad
\\text{error} = \\frac{\\lVert g - \\hat g \\rVert}{\\lVert g \\rVert + \\lVert \\hat g \\rVert}$$

The truncation error of the difference is proportional to $\\varepsilon^2$ and its rounding error to $1/\\varepsilon$,
so the best step lies in between. The check is also applied to gradients with four common mistakes.""")
    display.figure(
        *gradient_check.draw(study),
        caption="Ten random networks of 4 inputs, 5 hidden units and 3 classes, in float64.",
    )
    display.claims(page.claims("gradient_*"))

# %%
if study := page.first_study("autograd"):
    display.text("""## Automatic differentiation

The chain rule does not need a derivation per network. If every operation on a number records its operands and its
derivative with respect to each of them, the forward pass builds a *computational graph*, and one pass through the graph
from the result to the inputs gives all gradients: $\\bar v_i = \\sum_j \\bar v_j\\, \\partial v_j / \\partial v_i$ over
all results $v_j$ of which $v_i$ is an operand. A value that is used several times, such as $d$ below, gets the sum of
the gradients of all uses. This is *reverse-mode automatic differentiation* for scalars:""")
    display.source(*autograd.CODE)
    display.figure(
        autograd.draw(study),
        caption="Computational graph of one tanh neuron with a squared error. Blue: value, computed from left to "
        "right. Vermillion: derivative of L with respect to it, computed from right to left.",
    )
    display.text(f"""For an MLP with two hidden layers of {study.arguments["hidden"]} units and a batch of
{study.arguments["examples"]} examples, the graph has {int(study["nodes"][0]):,} values. The framework of
[assignment 3](assignment3.html) computes the same gradients with one object per layer instead of one per number.""")
    display.claims(page.claims("autograd_*"))

# %% [markdown]
# ## Datasets

# %%
display.table(
    common_figures.datasets(page), "The datasets in the plane have fixed seeds; noise makes their classes overlap"
)

# %% [markdown]
# ## Linear and nonlinear decision boundaries
#
# Left: logistic regression, whose boundary is linear. Right: a network with one hidden layer, whose boundary is
# nonlinear. Both are drawn with the test split. Shades show the probability of the predicted class; on the dark line,
# the decision boundary, both classes are equally likely.

# %%
for name in [name for name, dataset in page.datasets.items() if dataset.info["shape"] == [2]]:
    pair = sorted((e for e in page if e.spec["dataset"] == name), key=units_of)
    if name == "flower" and len(by_size) > 2:
        pair = [e for e in pair if units_of(e) in (0, 10)]
    display.figure(
        *[common_figures.boundary(e, model_name(e)) for e in pair],
        caption=f"{page.datasets[name].info['title']}. First NumPy run of each model, test split.",
    )
if plane := playground.in_plane(page.datasets):
    display.widget(playground.widget(plane), caption="The estimator TwoLayerNetwork on the training splits.")
display.claims(page.claims("*_hidden_layer"))

# %%
if study := page.first_study("hidden_representations"):
    display.text("""## Hidden representations

Each hidden unit is a coordinate of the hidden representation. Training moves the examples in this space until a linear
boundary separates the classes. For three units, the view is along that boundary. The panels show the same examples,
from the initial weights to the final ones.""")
    for picture in hidden_representations.draw(study):
        display.figure(
            picture, caption="Training examples in the space of the hidden units; on the line, the output is ½."
        )

# %%
if study := page.first_study("universal_approximation"):
    display.text("""## Universal approximation

One hidden layer is enough to approximate any continuous function on an interval as closely as desired (Cybenko 1989;
Hornik, Stinchcombe & White 1989). For one input, the weights can be written down. The difference of two steep sigmoids
is a *bump*: about 1 between their thresholds $a$ and $b$ and 0 elsewhere. Bumps side by side, each as high as the
function at its center, form a step function:

$$f(x) \\approx \\sum_k f(c_k)\\,\\bigl[\\sigma(s\\,(x - a_k)) - \\sigma(s\\,(x - b_k))\\bigr]$$

With ReLUs, each unit changes the slope at one point, and the network interpolates linearly. Halving the intervals
halves the error of steps and divides that of segments by four. The theorem does not say that gradient descent finds
such weights, nor that they are few: with $d$ inputs, a grid of bumps needs a number that is exponential in $d$.""")
    display.figure(
        *universal_approximation.draw(study),
        caption="Networks with one hidden layer; all weights are set by hand, none are trained.",
    )

# %% [markdown]
# ## Training curves

# %%
for e in page:
    if units_of(e) and e not in by_size:
        display.figure(*common_figures.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")

# %%
if len(by_size) > 1:
    display.text("""## Model capacity: number of hidden units

The same network is trained on the flower with an increasing number of hidden units.""")
    units = {e.name: units_of(e) for e in by_size}
    rows = page.summary[page.summary["experiment"].isin(units)]
    rows = rows.assign(setting=rows["experiment"].map(units), series=rows["split"].replace("train", "training"))
    display.figure(
        plots.ladder(rows[rows["metric"] == "accuracy"], "hidden units"),
        plots.ladder(rows[rows["metric"] == "log_loss"], "hidden units", "log loss"),
        caption="Accuracy and log loss against the number of hidden units, NumPy, mean and 95% interval over seeds.",
    )
    display.figure(
        *[common_figures.boundary(e, model_name(e)) for e in by_size if units_of(e) in (1, 3, 4, 200)],
        caption="Decision regions for increasing numbers of hidden units: first NumPy run, test split.",
    )

# %%
sizes = {study.spec["datasets"][0]: study for study in page.studies("hidden_units")}
if len(sizes) == 2:
    clean, noisy = sizes["flower"], sizes["flower_noisy"]
    display.text("""### Label noise

A fifth of the training labels are replaced by the other class; validation and test labels stay correct. The networks
are trained by batch gradient descent with momentum, all seeds in parallel.""")
    display.figure(*hidden_units.draw(clean, noisy), caption="Mean and 95% band over seeds.", cover=True)
    for study, labels in ((clean, "Clean labels"), (noisy, "A fifth of the labels wrong")):
        display.figure(
            hidden_units.decision_maps(study, *study.dataset.split("train"), labels),
            caption="First network of each size, with the training examples and their labels; percentages are the "
            "test accuracy.",
        )
    display.claims(page.claims("hidden_units_*"))

# %%
if study := page.first_study("bias_variance"):
    display.text("""## Bias–variance decomposition

When the same network is trained on many training sets, its predictions for one example vary around a mean $\\bar p$.
The expected squared error is the sum of two terms:

$$E[(y - p)^2] = (y - \\bar p)^2 + E[(p - \\bar p)^2]$$

The first term is the squared bias together with the noise of the labels, which is the same for every network size. The
second term is the variance over training sets.""")
    display.figure(
        *bias_variance.draw(study),
        caption=f"{study.arguments['groups']} groups of {study.arguments['sets']} training sets, each of "
        f"{study.arguments['examples']} examples of the flower; mean and 95% band over groups, test split.",
    )
    display.claims(page.claims("bias_variance_*"))

# %%
if study := page.first_study("overfitting"):
    display.text("""## Overfitting, early stopping and L2

With noisy labels, the training loss keeps falling as the network fits the wrong labels. The validation loss shows when
overfitting begins. *Early stopping* keeps the weights of that epoch; *L2* penalizes the large weights that a complex
boundary needs. Its penalty is $\\tfrac12 \\lambda \\lVert W \\rVert^2$; Keras' L2 leaves out the ½, so its $\\lambda$
is half of this one. Both are tuned on the validation split, whose labels are right, and evaluated on the test
split.""")
    display.figure(
        *overfitting.draw(study),
        caption=f"Flower, {study.dataset.info['counts']['train']} training examples with a fifth of the labels wrong, "
        f"{study.arguments['units']} hidden units. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("overfitting_*"))

# %%
if study := page.first_study("sample_size"):
    display.text("""## Sample size and model capacity

The best size of a network depends on the number of training examples.""")
    display.figure(
        *sample_size.draw(study),
        caption="Test accuracy on the flower in percent, mean over seeds, each with its own training examples.",
    )

# %%
if study := page.first_study("double_descent"):
    display.text("""## Double descent

In the classical U-shaped curve, the test error rises beyond the best model size. Belkin et al. (2019) found that it may
fall again (*double descent*) beyond the size that just fits every training label, and that the peak there is highest
with noisy labels. Two models are trained on MNIST-1D (40 features, ten classes) with noisy labels: networks with two
hidden layers, trained by stochastic gradient descent until the larger ones fit every label (after notebook 8.3 of
Prince 2023, *Understanding Deep Learning*), and random features: a random, untrained hidden layer with an output layer
that is the minimum-norm least-squares solution.

The *classical optimum* is the width with the lowest validation error among those too small to fit all labels. It is
compared with the width that first fits them and with the largest width.""")
    display.figure(
        *double_descent.draw(study),
        caption=f"MNIST-1D, {100 * study.arguments['noise']:.0f}% of the training labels wrong: "
        f"{study.arguments['examples']:,} training examples for the networks, {study.arguments['few']} for random "
        "features. Test labels are correct. Mean and 95% band over seeds.",
    )
    display.claims(page.claims("double_descent_*"))

# %%
if study := page.first_study("symmetry_breaking"):
    display.text("""## Weight initialization and symmetry breaking

Two hidden units with the same weights get the same gradient and stay identical, so a network initialized to zeros
behaves as if it had one hidden unit. Random weights break the symmetry; their scale is the topic of the next
section.""")
    display.figure(
        *symmetry_breaking.draw(study),
        caption="Flower, ten tanh units; “small” has a standard deviation of 0.01, “large” ten times that of He.",
    )
    display.claims(page.claims("symmetry_breaking_*"))

# %%
if study := page.first_study("initialization"):
    display.text("""### Xavier (Glorot) and He initialization

A layer of $n$ inputs multiplies the standard deviation of its signal by about $\\sqrt{n}\\,\\mathrm{sd}(W)$. Xavier
(Glorot) initialization, $\\mathrm{var}(W) = 2/(n_{in} + n_{out})$, preserves it for tanh. ReLU halves the mean square
of the signal, for which He initialization, $2/n_{in}$, compensates. With any other scale, signals and gradients grow or
shrink by a constant factor per layer: *vanishing and exploding gradients*.

**Derivation.** A unit computes $z = \\sum_{i=1}^{n_{in}} w_i a_i$. The weights are independent of each other and of the
inputs and have mean zero, so all mixed terms of $E[z^2]$ vanish:

$$E[z^2] = n_{in}\\, \\mathrm{var}(w)\\, E[a^2]$$

*Forward.* Near zero, $\\tanh z \\approx z$, so $E[a^2] \\approx E[z^2]$ of the layer before, and the signal keeps its
size
if $n_{in}\\,\\mathrm{var}(w) = 1$. ReLU sets half of a distribution that is symmetric about zero to zero, so
$E[a^2] = \\frac12 E[z^2]$, and the condition becomes $\\frac12 n_{in}\\,\\mathrm{var}(w) = 1$ (He et al. 2015).

*Backward.* $\\partial L/\\partial a = W\\,\\partial L/\\partial z$ is a sum over the $n_{out}$ units that read $a$, so
the same argument gives $n_{out}\\,\\mathrm{var}(w) = 1$ for tanh and $\\frac12 n_{out}\\,\\mathrm{var}(w) = 1$ for
ReLU, whose slope is 1 for half of the units. Both conditions hold together only if $n_{in} = n_{out}$; Glorot & Bengio
(2010) take the mean of the two, $\\mathrm{var}(w) = 2/(n_{in} + n_{out})$.

After $l$ ReLU layers of equal width, the mean square has therefore changed by the factor
$\\left(\\frac12 n\\,\\mathrm{var}(w)\\right)^{l}$: 1 with He initialization, $2^{-l}$ with Glorot initialization.""")
    if derived := page.first_study("initialization_variance"):
        display.table(
            initialization_variance.table(derived),
            f"Mean squares in untrained ReLU networks with {derived.arguments['width']} units per layer: scores "
            f"relative to layer 1, gradients relative to layer {derived.arguments['layers'][-1]}; mean ± half-width of "
            f"the 95% interval over {derived.arguments['seeds']} networks",
        )
    for measure in ("signal", "gradient"):
        display.figure(
            *initialization.draw(study, measure),
            caption=f"Untrained networks of {study.arguments['depth']} hidden layers with {study.arguments['width']} "
            "units, one forward and one backward pass of digits. Mean and 95% band over seeds.",
        )

# %%
if study := page.first_study("vanishing_gradients"):
    display.text("""### Vanishing gradients

Backpropagation through a layer multiplies the gradient by the weights and by the slope $g'$ of the activation. For the
sigmoid, $g' \\le 1/4$: the slopes between the first and the last of six layers alone divide the gradient by at least
$4^5 = 1024$. The weights count as well: large ones can compensate for the slopes, small ones add to them. For tanh,
$g' \\le 1$, and for ReLU, it is 1 wherever the unit is active.""")
    display.figure(
        *vanishing_gradients.draw(study), caption="Digits, 32 units per layer, Glorot initialization (He for ReLU)."
    )
    display.claims(page.claims("vanishing_*"))

# %%
if study := page.first_study("learning_slowdown"):
    display.text("""### Cross-entropy vs squared error

With squared error, the gradient at the score is $(p - y)\\,p\\,(1 - p)$. A neuron that is confident and wrong has
$p(1-p)$ near zero, and so learns slowly from its worst mistakes. With cross-entropy, this factor cancels and the
gradient is $p - y$ (Nielsen 2015, chapter 3).""")
    display.figure(
        *learning_slowdown.draw(study),
        caption="Left: one sigmoid neuron trained to map 1 to 0, as in Nielsen (2015). Right: digits, a network whose "
        f"output weights are initialized {study.arguments['scale']:g} times too large.",
    )
    display.claims(page.claims("learning_slowdown"))

# %% [markdown]
# ## Results

# %%
display.table(page.scoreboard("accuracy", "roc_auc", "log_loss"), f"Test split: {page.over_seeds}")
display.claims(page.claims("*_parity", "*_anchor"))

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with its statistical test, the test's value and the verdict.

# %%
display.verdicts(page.claims())

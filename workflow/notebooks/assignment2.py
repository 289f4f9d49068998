# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Neural networks with one hidden layer
#
# One straight line cannot part two moons, two rings or two spirals. One hidden layer bends it.

# %% tags=["parameters"]
report = "assignment2"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.assignment2.figures import (
    bias_variance,
    double_descent,
    gradient_check,
    hidden_representations,
    hidden_units,
    initialization,
    learning_slowdown,
    overfitting,
    sample_size,
    symmetry_breaking,
    vanishing_gradients,
    worked_example,
)

page = Report(report, experiments, results, studies)


def units_of(e):
    dense = [layer for layer in e.spec["model"] if layer["layer"] == "Dense"]
    return dense[0]["units"] if len(dense) > 1 else 0


ladder = sorted(page.matching("flower_tanh*"), key=units_of)

# %% [markdown]
# ## Forward and backward pass
#
# Between the features and the score stands one layer of $m$ units, each a logistic regression of its own with the
# hyperbolic tangent in place of the sigmoid:
#
# $$h = \tanh(W_1^\top x + b_1), \qquad p = \sigma(w_2^\top h + b_2)$$
#
# The output sees only $h$: it draws a straight line in the space of the hidden units, and the hidden units have bent
# that space. The chain rule goes back through the same two steps. With $\delta_2 = p - y$ at the output,
#
# $$\frac{\partial L}{\partial w_2} = h\,\delta_2, \qquad
# \delta_1 = w_2\,\delta_2 \odot (1 - h^2), \qquad
# \frac{\partial L}{\partial W_1} = x\,\delta_1^\top$$
#
# because $\tanh' = 1 - \tanh^2$: backpropagation is these three products.

# %%
if study := page.first_study("worked_example"):
    display.text(f"## Backpropagation: a worked example\n\nNumber by number. {worked_example.walkthrough(study)}")
    display.claims(page.claims("worked_example_*"))

# %%
if study := page.first_study("gradient_check"):
    display.text("""## Gradient checking

A gradient can be wrong and training still go down. Gradient checking is to nudge each parameter by $\\varepsilon$ and
look:

$$\\frac{\\partial J}{\\partial \\theta} \\approx
\\frac{J(\\theta + \\varepsilon) - J(\\theta - \\varepsilon)}{2 \\varepsilon}, \\qquad
\\text{error} = \\frac{\\lVert g - \\hat g \\rVert}{\\lVert g \\rVert + \\lVert \\hat g \\rVert}$$

Cutting the Taylor series off costs $\\varepsilon^2$, rounding costs $1/\\varepsilon$: between them lies the step to
take. Four mistakes that students make were built in on purpose.""")
    display.figure(
        *gradient_check.draw(study),
        caption="Ten random networks of 4 inputs, 5 hidden units and 3 classes, in float64.",
    )
    display.claims(page.claims("gradient_*"))

# %% [markdown]
# ## Datasets

# %%
display.table(
    common_figures.datasets(page), "The plane sets are drawn with fixed seeds; noise makes their classes overlap"
)

# %% [markdown]
# ## Linear and nonlinear decision boundaries
#
# On the left logistic regression and its straight line, on the right a network with one hidden layer and its curve,
# each with its test split. Shades show the probability of the winning class; on the dark line, the decision boundary,
# both classes are equally likely.

# %%
for name in [name for name, dataset in page.datasets.items() if dataset.info["shape"] == [2]]:
    pair = sorted((e for e in page if e.spec["dataset"] == name), key=units_of)
    if name == "flower" and len(ladder) > 2:
        pair = [e for e in pair if units_of(e) in (0, 10)]
    display.figure(
        *[common_figures.boundary(e, "The line" if not units_of(e) else f"{units_of(e)} hidden units") for e in pair],
        caption=f"{page.datasets[name].info['title']}. First NumPy run of each model, test split.",
    )
display.claims(page.claims("*_hidden_layer"))

# %%
if study := page.first_study("hidden_representations"):
    display.text("""## Hidden representations

What do the hidden units see? Each is a coordinate, and training moves the examples about in the space they span until a
straight line parts the classes. Where there are three units, the view is along that line. From left to right the same
examples, from the first weights to the last.""")
    for picture in hidden_representations.draw(study):
        display.figure(picture, caption="Training examples as the output layer sees them; the line is where it says ½.")
    display.claims(page.claims("hidden_representations_*"))

# %% [markdown]
# ## Training curves

# %%
for e in page:
    if units_of(e) and e not in ladder:
        display.figure(*common_figures.learning(e), caption=f"{e.title}. {e.parameters} parameters.")

# %%
if len(ladder) > 1:
    display.text("""## Model capacity: number of hidden units

How many hidden units does it take? The same network on the flower with more and more units.""")
    units = {e.name: units_of(e) for e in ladder}
    rungs = page.summary[page.summary["experiment"].isin(units)]
    rungs = rungs.assign(setting=rungs["experiment"].map(units), series=rungs["split"].replace("train", "training"))
    display.figure(
        plots.ladder(rungs[rungs["metric"] == "accuracy"], "hidden units"),
        plots.ladder(rungs[rungs["metric"] == "log_loss"], "hidden units", "log loss"),
        caption="Accuracy and log loss against the number of hidden units, NumPy, mean and 95 % interval over seeds.",
    )
    display.figure(
        *[common_figures.boundary(e, f"Hidden units {units_of(e)}") for e in ladder if units_of(e) in (1, 3, 4, 200)],
        caption="Decision regions as the hidden layer grows: first NumPy run, test split.",
    )
    display.claims(page.claims("flower_*units"))

# %%
sizes = {study.spec["datasets"][0]: study for study in page.studies("hidden_units")}
if len(sizes) == 2:
    clean, noisy = sizes["flower"], sizes["flower_noisy"]
    display.text("""### Label noise

Now a fifth of the training labels are replaced by the other class; validation and test labels stay true. The
networks are trained by batch gradient descent with momentum, all seeds at once.""")
    display.figure(*hidden_units.draw(clean, noisy), caption="Mean and 95 % band over seeds.")
    for study, words in ((clean, "Clean labels"), (noisy, "A fifth of the labels wrong")):
        display.figure(
            hidden_units.decision_maps(study, *study.dataset.split("train"), words),
            caption="First network of each size, training examples as labeled; per cent of the test split right.",
        )
    display.claims(page.claims("hidden_units_*"))

# %%
if study := page.first_study("bias_variance"):
    display.text("""## Bias–variance decomposition

Train the same network on many training sets and its prediction for one example scatters around a mean $\\bar p$.
The squared error falls into two parts, which sum exactly:

$$E[(y - p)^2] = (y - \\bar p)^2 + E[(p - \\bar p)^2]$$

The first is what no training set cures: bias, and the noise of the labels, which is the same for every size. The
second is variance: what the accident of the training set does.""")
    display.figure(
        *bias_variance.draw(study),
        caption=f"Training sets of {study.arguments['examples']} examples of the flower, "
        f"{study.arguments['groups']} groups of {study.arguments['sets']}; test examples never trained on.",
    )
    display.claims(page.claims("bias_*", "variance_*"))

# %%
if study := page.first_study("overfitting"):
    display.text("""## Overfitting, early stopping and L2

On noisy labels the training loss falls for ever, as the network learns the wrong labels one by one. The validation loss
shows when overfitting begins. Two remedies: *early stopping* keeps the weights of that moment; *L2* makes the
contortions dear. Both are chosen on the validation split and judged on the test split.""")
    display.figure(
        *overfitting.draw(study),
        caption=f"Flower with a fifth of the training labels wrong, {study.arguments['units']} hidden units. Mean "
        "and 95 % band over seeds.",
    )
    display.claims(page.claims("overfitting_*", "early_stopping_*", "weight_decay_*"))

# %%
if study := page.first_study("sample_size"):
    display.text("""## Sample size against capacity

How large a network should be depends on how many examples there are to hold it down.""")
    display.figure(
        *sample_size.draw(study),
        caption="Test accuracy on the flower in per cent, mean over seeds; each with training examples of its own.",
    )
    display.claims(page.claims("sample_size_*"))

# %%
if study := page.first_study("double_descent"):
    display.text("""## Double descent

Classical theory draws a U: beyond the best size the test error climbs. Belkin et al. (2019) found that it may fall
again (a second, *double* descent) beyond the size that just fits every training label, and that the peak there is
highest with noisy labels. We look for it on digits with noisy labels, in networks trained by gradient descent and where
it is known to appear: a random hidden layer that is never trained, its output layer solved by the shortest
least-squares solution.""")
    display.figure(
        *double_descent.draw(study),
        caption=f"Digits, {study.arguments['examples']} training examples with {100 * study.arguments['noise']:.0f} % "
        "of the labels wrong. Mean and 95 % band over seeds.",
    )
    display.claims(page.claims("double_descent_*"))

# %%
if study := page.first_study("symmetry_breaking"):
    display.text("""## Weight initialization and symmetry breaking

Two hidden units with the same weights get the same gradient and stay the same for ever: zeros leave one unit,
however many there are. Random weights break the symmetry; how large they may be is the next question.""")
    display.figure(
        *symmetry_breaking.draw(study),
        caption="Flower, ten tanh units; “small” is 0.01, “large” ten times He's spread.",
    )
    display.claims(page.claims("symmetry_breaking_*"))

# %%
if study := page.first_study("initialization"):
    display.text("""### Xavier (Glorot) and He initialization

A layer of $n$ inputs multiplies the spread of its signal by about $\\sqrt{n}\\,\\mathrm{sd}(W)$. Xavier Glorot's
weights, $\\mathrm{var}(W) = 2/(n_{in} + n_{out})$, keep it for tanh; ReLU throws half of it away, and Kaiming He's,
$2/n_{in}$, make up for that. Anything else grows or dies by the same factor in each layer, forward and backward:
*vanishing and exploding gradients*.""")
    for measure in ("signal", "gradient"):
        display.figure(
            *initialization.draw(study, measure),
            caption=f"Untrained networks of {study.arguments['depth']} hidden layers with {study.arguments['width']} "
            "units, digits sent through once. Mean and 95 % band over seeds.",
        )

# %%
if study := page.first_study("vanishing_gradients"):
    display.text("""### Vanishing gradients

Going back through a layer multiplies by $g'$. For the sigmoid $g' \\le 1/4$, so six layers leave at most a few
thousandths; $\\tanh' \\le 1$, and for ReLU it is 1 wherever the unit is on.""")
    display.figure(
        *vanishing_gradients.draw(study), caption="Digits, 32 units per layer, Glorot's weights (ReLU: He's)."
    )
    display.claims(page.claims("vanishing_*"))

# %%
if study := page.first_study("learning_slowdown"):
    display.text("""### Cross-entropy vs squared error

The loss decides how fast a network learns. With squared error the gradient at the score is $(p - y)\\,p\\,(1 - p)$. A
neuron that is sure and wrong has $p(1-p)$ near zero, and hardly learns from its worst mistakes. Cross-entropy cancels
that factor: $p - y$ is left (Nielsen 2015, ch. 3).""")
    display.figure(
        *learning_slowdown.draw(study),
        caption="Left: one sigmoid neuron that shall map 1 to 0, as Nielsen draws it. Right: digits, a network whose "
        f"output weights start {study.arguments['scale']:g} times too large.",
    )
    display.claims(page.claims("learning_slowdown"))

# %% [markdown]
# ## Results

# %%
display.table(page.scoreboard("accuracy", "roc_auc", "log_loss"), f"Test split: {page.over_seeds}")
display.claims(page.claims("*_twins", "*_anchor"))

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Logistic regression and gradient descent
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

from layerwise import plots
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.assignment1.figures import (
    calibration,
    convergence,
    cross_validation,
    decision_thresholds,
    evaluation,
    feature_scaling,
    learning_curve,
    linear_separability,
    mini_batches,
    momentum,
    odds_ratios,
    probability_contours,
    regularization_paths,
    sanity_checks,
    vectorization,
)

page = Report(report, experiments, results, studies)
pictures = [e for e in page if e.dataset.is_image]
tables = [e for e in page if e.dataset.info["kind"] == "table"]


def about(study):
    return study.dataset.info["title"]


# %% [markdown]
# ## Logistic and softmax regression
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
# ### Cross-entropy loss
#
# The weights are chosen to make the labels that were seen likely. The negative logarithm of that likelihood, averaged
# over $n$ examples, is the cross-entropy:
#
# $$L(w, b) = -\frac{1}{n} \sum_{i=1}^{n} \left[ y_i \log p_i + (1 - y_i) \log (1 - p_i) \right]$$
#
# A model that knows nothing and gives every class $1/K$ has the loss $\log K$: where training should start.
#
# ### Gradient and convexity
#
# Three factors, by the chain rule, for one example:
#
# $$\frac{\partial L_i}{\partial p} = \frac{p - y}{p\,(1-p)}, \qquad
# \frac{\partial p}{\partial z} = p\,(1-p), \qquad
# \frac{\partial z}{\partial w} = x$$
#
# The first two multiply to $p - y$. What is left is the error times the input, averaged; stacked into the matrix $X$
# with one example per row, there is no loop:
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
# ## Datasets

# %%
display.table(
    common_figures.datasets(page),
    "Test examples are never seen in training or selection; features are scaled by the training split alone",
)
display.figure(
    *[common_figures.look(dataset) for dataset in page.datasets.values()],
    caption="The training splits: points where there are two features, the two first principal components where there "
    "are more, examples where they are images.",
)

# %%
timing = page.first_study("vectorization")
if timing:
    display.text("""## Vectorization and broadcasting

The same gradient can be written three ways. With two loops, number by number. With one, example by example:

$$\\nabla_w L = \\frac{1}{n} \\sum_{i=1}^{n} (p_i - y_i)\\, x_i$$

Or *vectorized*, with no loop, as $\\frac{1}{n} X^\\top (p - y)$, where the bias is *broadcast*: `x @ w + b` adds one
number to each of $n$ sums, and NumPy stretches it without copying. The arithmetic is the same, but it runs in compiled
loops over contiguous memory. The times are this machine's; no other number here changes from run to run.""")
    display.figure(*vectorization.draw(timing), caption="The least of several timings; both axes are logarithmic.")
    display.claims(page.claims("vectorization_*"))

# %%
sanity = page.studies("sanity_checks")
if sanity:
    display.text("""## Sanity checks

Before any result is believed: three checks cost a minute and catch most mistakes. Zero weights give every class the
same probability, so the first loss is $\\log C$. Labels that are *shuffled* hold nothing to learn: on the validation
split the model may do no better than guessing with the same frequencies; if it does, something leaks. And two examples
of each class must be memorized.""")
    display.figure(
        *sanity_checks.draw(sanity),
        caption="Over draws of the training data with replacement, and one shuffle of each.",
    )
    tiny = min(float(study["tiny"].min()) for study in sanity)
    display.text(f"Two examples of each class: the lowest training accuracy over all datasets is {100 * tiny:.0f} %.")
    display.claims(page.claims("sanity_checks_*"))

# %%
for study in page.studies("convergence"):
    display.text(f"""## Learning rate and convergence

Gradient descent goes downhill, and for two weights the hill can be drawn. Contours join equal losses; the steps start
in the same place and differ in the learning rate $\\eta$ alone. The dataset is {about(study)}: its two strongest
features, the bias kept fixed, an L2 penalty of $\\lambda = {study.arguments.get("l2", 0.1)}$.

Theory draws the limits. Far from flat, no curvature exceeds $L = \\lambda_{{\\max}}(X^\\top X)/4n + \\lambda$, because
$p(1-p) \\le 1/4$: below $\\eta = 2/L = {study["limits"][0]:.3g}$ every start arrives. Above
$2/\\lambda_{{\\max}}(H) = {study["limits"][1]:.3g}$, with $H$ the Hessian in the minimum, each step across the valley
lands further up the other side. Past $2/\\lambda = {study["limits"][2]:.3g}$ nothing holds the weights back at all.""")
    display.figure(*convergence.draw(study), caption="Left: the first steps of each path. Right: the loss along it.")
    display.claims(page.claims("convergence_*"))

# %%
for study in page.studies("mini_batches"):
    display.text(f"""### Batch, mini-batch and stochastic gradient descent

A step may average the gradient over all examples, over a mini-batch, or take one example at a time. Small batches make
many noisy steps per pass; each method has the largest step that is safe for its batch. What wins depends on whether one
counts passes or seconds ({about(study)}).""")
    display.figure(
        *mini_batches.draw(study, timing),
        caption="Loss on all training data above its minimum, mean and 95 % band over the orders of the examples; the "
        "right axis is epochs times the median time that an epoch took on this machine.",
    )
    display.claims(page.claims("mini_batches_*"))

# %%
for study in page.studies("momentum"):
    display.text("""### Momentum

In a narrow valley the gradient points across it, not along. Momentum keeps a share $\\mu$ of the last step,
$v \\leftarrow \\mu v - \\eta \\nabla L, \\; w \\leftarrow w + v$: across the valley the steps cancel, along it they add
up. Too much of it and the ball rolls past the minimum and back.""")
    display.figure(*momentum.draw(study), caption=f"{about(study)}; the same learning rate 1/L each time.")
    display.claims(page.claims("momentum_*"))

# %%
for study in page.studies("feature_scaling"):
    display.text("""### Feature scaling and conditioning

The Hessian's largest eigenvalue limits the step, the smallest tells how slow the flattest direction is. Their ratio is
the condition number, and a feature measured in thousands beside one in thousandths makes it huge. That is why features
are scaled: standardizing takes the units away.""")
    display.figure(*feature_scaling.draw(study), caption=f"{about(study)}; each with its own safe step 1/L.")
    display.claims(page.claims("feature_scaling_*"))

# %%
for study in page.studies("linear_separability"):
    display.text("""### Linearly separable data

If a plane parts the classes, doubling the weights always makes the loss smaller: there is no minimum, and the norm
grows as $\\log t$, for ever. What stays is the direction, which turns towards the separator of widest margin (Soudry et
al. 2018). A penalty gives the loss a minimum again. Here: iris, setosa against the other two.""")
    display.figure(*linear_separability.draw(study), caption="Mean and 95 % band over random first weights.")
    display.claims(page.claims("linear_separability_*"))

# %%
for study in page.studies("regularization_paths"):
    display.text("""## L1 and L2 regularization

Regularization puts a price on weights. L2 adds $\\frac{\\lambda}{2} \\lVert w \\rVert_2^2$ to the loss and draws every
weight towards zero in proportion to its size. L1 adds $\\lambda \\lVert w \\rVert_1$, the same pull whatever the size,
which ends at exactly zero: it chooses features.""")
    display.figure(*regularization_paths.draw(study), caption=f"{about(study)}, the rarest class against the rest.")
    display.claims(page.claims("regularization_paths_*"))

# %% [markdown]
# ## Training curves
#
# Dotted lines are measured on the training split, solid ones on the validation split. Bands are 95 % intervals over the
# seeds, which draw the initial weights and the order of the mini-batches.

# %%
for e in page:
    optimizer, chance = e.spec["optimizer"], np.log(e.dataset.info["classes"])
    display.figure(
        *common_figures.learning(e),
        caption=f"{e.title}. {e.parameters} parameters, {optimizer['name']} with learning rate "
        f"{optimizer['learning_rate']}, batches of {e.spec['batch_size']}. Knowing nothing costs {chance:.3f}.",
    )

# %%
flat = [e for e in tables if e.dataset.info["shape"] == [2]]
if flat:
    display.text("""## Decision boundaries

The decision boundary runs where two classes are equally likely, their scores equal:
$(w_k - w_j)^\\top x + b_k - b_j = 0$, a straight line, however long the training. Shades show the probability of the
winning class.""")
    display.figure(
        *[common_figures.boundary(e) for e in flat], caption="Decision regions of one NumPy run and the test split."
    )
planes = page.studies("probability_contours")
if planes:
    display.text("""### Probability contours

With two features of a real table alone, the probabilities can be drawn as height lines: straight and parallel for two
classes, bent where three meet.""")
    display.figure(
        *[probability_contours.draw(study) for study in planes],
        caption="Logistic regression on two features, with its training examples: "
        + "; ".join(about(study) for study in planes)
        + ".",
    )

# %% [markdown]
# ## Evaluation metrics
#
# Accuracy counts what is right; ROC-AUC tells how well the scores rank; log loss, the Brier score and the calibration
# error (ECE) tell whether the probabilities can be taken at their word.

# %%
display.table(page.scoreboard("accuracy", "f1_macro", "roc_auc"), f"Test split: {page.over_seeds}")
display.table(page.scoreboard("log_loss", "brier", "ece"), f"Test split: {page.over_seeds}; lower is better")
display.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95 % intervals over seeds.",
)

# %%
display.text("""The intervals above speak of the seeds. How much the *choice of test examples* matters is another
question; the bootstrap answers it for a single run by drawing the test split again, with replacement.""")
for columns in (
    {"accuracy": "accuracy", "precision": "precision_macro", "recall": "recall_macro", "F1": "f1_macro"},
    {"ROC-AUC": "roc_auc", "PR-AUC": "pr_auc", "log loss": "log_loss", "Brier": "brier"},
):
    display.table(
        evaluation.intervals(page, columns), "One NumPy run: value and 95 % bootstrap interval over test examples"
    )

# %% [markdown]
# ### Confusion matrices
#
# How often each true class is predicted as each of the others.

# %%
for e in page:
    display.figure(
        *common_figures.confusion(e), caption=f"{e.title}. Test split, all seeds together, per cent of the true class."
    )

# %% [markdown]
# ### ROC and precision–recall curves
#
# How well the scores rank. A receiver operating characteristic (ROC) shows, for every threshold, how many of a class
# are found against how many others are taken for it. Precision against recall is stricter where a class is rare.

# %%
for e in page:
    display.figure(
        *common_figures.ranking(e), caption=f"{e.title}. One NumPy run, test split, each class against the rest."
    )

# %% [markdown]
# ### Calibration (reliability diagrams)
#
# A model is calibrated if, of all predictions made with confidence 0.9, nine in ten are right. A reliability diagram
# draws the share that is right against the confidence; points below the diagonal are overconfident.

# %%
for e in page:
    display.figure(*common_figures.calibration(e), caption=f"{e.title}. One run of each backend, test split, 15 bins.")

# %%
cooled = page.studies("calibration")
if cooled:
    display.text("""### Temperature scaling

A model trained long and penalized little is overconfident. One number cools it down: dividing all scores by a
temperature $T$, $p = \\mathrm{softmax}(z / T)$, changes no decision and no accuracy; $T$ is fitted on the validation
split (Guo et al. 2017). Whether it helps is for the test split to say.""")
    for study in cooled:
        display.figure(*calibration.draw(study), caption=f"{about(study)}, trained without a penalty; test split.")
    display.table(
        calibration.table(cooled), "Test split, mean ± standard deviation over draws of the training examples"
    )
    display.claims(page.claims("calibration_*"))

# %%
for study in page.studies("decision_thresholds"):
    display.text("""### Decision thresholds and costs

A probability is not yet a decision. If missing a case costs $c$ false alarms, an alarm is worth raising where
$p \\cdot c \\ge 1 - p$, that is $p \\ge 1/(1+c)$: with honest probabilities no threshold has to be searched for.""")
    display.figure(
        *decision_thresholds.draw(study),
        caption=f"{about(study)}. Mean and 95 % band over {study.arguments.get('repeats', 20)} random splits.",
    )
    display.claims(page.claims("decision_thresholds_*"))

# %%
for study in page.studies("cross_validation"):
    picture, table = cross_validation.draw(study)
    display.text("""### Cross-validation vs scikit-learn

Our model and scikit-learn's on the same folds: ten times ten, every example tested ten times, features scaled inside
each fold. The folds share most of their training examples, so their results are not independent and a plain t test
would be too sure; the corrected resampled t test (Nadeau & Bengio 2003) widens the variance by the ratio of test to
training examples.""")
    display.figure(picture, caption=about(study))
    display.table(table, "Mean ± standard deviation over folds")
    display.claims(page.claims("cross_validation_*"))

# %%
curves = page.studies("learning_curve")
if curves:
    display.text("""### Learning curves

How much data does it take? Where the two curves have met, more examples of the same kind change little; where they are
apart, they help.""")
    display.figure(*[learning_curve.draw(study) for study in curves], caption="Mean and 95 % band over random orders.")
    display.claims(page.claims("learning_curve_*"))

# %% [markdown]
# ## Interpreting the weights
#
# Each weight says for which class its feature speaks, and how strongly.

# %%
for e in pictures:
    kernel = e.model().get_weights()[0]
    display.figure(
        plots.weight_images(kernel, e.dataset.info["shape"], e.dataset.names),
        caption=f"{e.title}. One image per class from one NumPy run: a blue pixel is evidence for the class when it "
        "is inked, a vermillion one evidence against it.",
    )
for e in tables:
    if e.dataset.info["classes"] == 2:
        kernels = np.stack([e.model(seed).get_weights()[0][:, 0] for seed in e.healthy("numpy")])
        display.figure(
            plots.coefficients(e.dataset.info["feature_names"], kernels, e.dataset.names[1]),
            caption=f"{e.title}. Mean over seeds of NumPy with 95 % intervals; features are standardized, so a weight "
            "of 1 multiplies the odds by 2.7 for each standard deviation.",
        )

# %%
for study in page.studies("odds_ratios"):
    display.text("""### Odds ratios

$e^{w_j}$ is what one standard deviation more of feature $j$ does to the odds, all others held fixed. Features that say
the same share the effect between them, so the intervals are wide; those of gray leave room for no effect at all.""")
    display.figure(
        odds_ratios.draw(study),
        caption=f"{about(study)}. 95 % percentile intervals over {study.arguments.get('resamples', 200)} bootstrap "
        "resamples of the training split.",
    )
    display.claims(page.claims("odds_*"))

# %%
if pictures:
    display.text(
        "## Error analysis\n\nThe mistakes made with most confidence teach most: true class → predicted class."
    )
for e in pictures:
    display.figure(*common_figures.mistakes(e), caption=f"{e.title}. Test images, one run of each backend.")

# %% [markdown]
# ### Least-confident predictions
#
# Where the highest probability is lowest, a second opinion is worth asking for.

# %%
if pictures:
    display.figure(
        *[evaluation.least_confident(e) for e in pictures],
        caption="Test images, one NumPy run; true class: predicted class.",
    )
for e in tables:
    display.table(
        evaluation.least_confident(e, 5), f"{e.title}: test examples of one NumPy run, and three of their features"
    )

# %% [markdown]
# ## NumPy vs Keras
#
# Both backends train the same specification, each with its own initial weights and its own order of the mini-batches.

# %%
both = common_figures.agreement(page)
if len(both):
    display.table(both, "First run of each backend on the same test examples")
display.claims(page.claims("*_twins", "*_mistakes"))

# %%
published = page.claims("*_anchor")
if len(published):
    display.text("## Comparison with published results")
    display.claims(published)

# %% [markdown]
# ## Appendix: statistical tests
#
# A claim is a sentence with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())

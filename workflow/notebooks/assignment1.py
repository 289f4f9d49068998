# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Logistic regression and gradient descent
#
# Logistic regression consists of a linear score, a sigmoid or softmax, and a loss whose gradient fits on one line. The
# larger models in these reports are built from the same parts.

# %% tags=["parameters"]
report = "assignment1"
experiments = {}
studies = {}
results = "results"

# %%
import numpy as np

from layerwise import plots
from layerwise.estimators import logistic_regression
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reporting.widgets import gradient_descent, threshold
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
display.overview(page)
pictures = [e for e in page if e.dataset.is_image]
tables = [e for e in page if e.dataset.info["kind"] == "table"]


def dataset_title(study):
    return study.dataset.info["title"]


# %% [markdown]
# ## Logistic and softmax regression
#
# An example is a vector $x$ of $d$ features with a label $y$ of 0 or 1. The model computes a weighted sum of the
# features, and the sigmoid maps it to a probability:
#
# $$z = w^\top x + b, \qquad p = \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# $z$ is the log-odds, $\log \frac{p}{1-p}$, so an increase of feature $j$ by one unit multiplies the odds by $e^{w_j}$.
# With $K$ classes there are $K$ scores, and the softmax turns them into probabilities that sum to one:
#
# $$z = W^\top x + b, \qquad p_k = \frac{e^{z_k}}{\sum_{j=1}^{K} e^{z_j}}$$
#
# For $K = 2$ only the difference $z_1 - z_0$ matters, and $p_1 = \sigma(z_1 - z_0)$: the two models are equivalent.
#
# ### Cross-entropy loss
#
# Training maximizes the likelihood of the observed labels. The negative log-likelihood, averaged over $n$ examples, is
# the cross-entropy:
#
# $$L(w, b) = -\frac{1}{n} \sum_{i=1}^{n} \left[ y_i \log p_i + (1 - y_i) \log (1 - p_i) \right]$$
#
# A model that gives every class the probability $1/K$ has the loss $\log K$, at which training should start.
#
# ### Gradient and convexity
#
# For one example, the chain rule gives three factors:
#
# $$\frac{\partial L_i}{\partial p} = \frac{p - y}{p\,(1-p)}, \qquad
# \frac{\partial p}{\partial z} = p\,(1-p), \qquad
# \frac{\partial z}{\partial w} = x$$
#
# The product of the first two is $p - y$, so the gradient is the error times the input, averaged over the examples.
# With the examples as the rows of a matrix $X$, it takes no loop:
#
# $$\nabla_w L = \frac{1}{n} X^\top (p - y), \qquad \nabla_b L = \frac{1}{n} \sum_{i=1}^{n} (p_i - y_i)$$
#
# The Hessian is $\frac{1}{n} X^\top S X$ with $S = \mathrm{diag}(p_i (1 - p_i))$, which is positive semidefinite: the
# loss is convex, and every local minimum is a global one.
#
# ### Gradient descent
#
# Each step moves the weights against the gradient on a mini-batch $B$ of the examples, scaled by the learning rate
# $\eta$:
#
# $$w \leftarrow w - \eta \, \frac{1}{|B|} \sum_{i \in B} (p_i - y_i) \, x_i$$
#
# In code, `cross_entropy` returns the losses of the examples and their gradients with respect to the scores, $p - y$:

# %%
display.source(logistic_regression.logistic_loss_and_gradient, logistic_regression.sigmoid_cross_entropy)

# %% [markdown]
# ## Datasets

# %%
display.table(
    common_figures.datasets(page),
    "Test examples are used neither for training nor for model selection; features are scaled with statistics of the "
    "training split",
)
display.figure(
    *[common_figures.look(dataset) for dataset in page.datasets.values()],
    caption="The training splits: the points of two features, the first two principal components of more features, or "
    "example images.",
)

# %%
timing = page.first_study("vectorization")
if timing:
    display.text("""## Vectorization and broadcasting

The gradient can be computed in three ways: with two loops, over examples and features; with one loop, over examples,

$$\\nabla_w L = \\frac{1}{n} \\sum_{i=1}^{n} (p_i - y_i)\\, x_i$$

or *vectorized*, without a loop, as $\\frac{1}{n} X^\\top (p - y)$. In `x @ w + b` the bias is *broadcast*: NumPy adds
the same number to each of the $n$ sums without copying it. The arithmetic is the same, but it runs in compiled loops
over contiguous memory. The times were measured on this machine; no other number on this page changes from run to
run.""")
    display.figure(*vectorization.draw(timing), caption="Minimum of several timings; both axes are logarithmic.")
    display.claims(page.claims("vectorization_*"))

# %%
checks = page.studies("sanity_checks")
if checks:
    display.text("""## Sanity checks

Three quick checks catch most implementation errors. Zero weights give every class the same probability, so the initial
loss must be $\\log K$. *Permuted* labels contain nothing to learn: on the validation split, training on true labels
must be more accurate than training on any of their permutations. Their accuracies, and not $1/K$, show what chance can
do (permutation test, Ojala & Garriga 2010): on breast cancer they lie around the share of the largest class. And the
model must be able to memorize two examples of each class.""")
    display.figure(
        *sanity_checks.draw(checks),
        caption="Training on the true labels, and on random permutations of them.",
    )
    lowest = 100 * min(float(study["tiny"].min()) for study in checks)
    display.text(f"On two examples of each class, the lowest training accuracy over all datasets is {lowest:.0f}%.")
    display.claims(page.claims("sanity_checks_*"))

# %%
for study in page.studies("convergence"):
    display.text(f"""## Learning rate and convergence

For two weights, gradient descent can be drawn on the loss surface. Contours connect points of equal loss; all paths
have the same start and differ only in the learning rate $\\eta$. The model uses the two features of
{display.plain(dataset_title(study))} most correlated with the class, a fixed bias, and an L2 penalty of
$\\lambda = {study.arguments.get("l2", 0.1)}$.

The curvature of the loss limits the learning rate. It never exceeds
$L = \\lambda_{{\\max}}(X^\\top X)/4n + \\lambda$, because $p(1-p) \\le 1/4$. Below
$\\eta = 2/L = {study["limits"][0]:.3g}$, descent converges from every start. Above
$2/\\lambda_{{\\max}}(H) = {study["limits"][1]:.3g}$, with $H$ the Hessian at the minimum, steps near the minimum
overshoot it by more and more. Above $2/\\lambda = {study["limits"][2]:.3g}$, the weights diverge.""")
    display.figure(
        *convergence.draw(study),
        caption="Left: the first steps of each path. Right: the loss along each path.",
        cover=True,
    )
    if live := gradient_descent.widget(study):
        display.widget(live, caption=f"{dataset_title(study)}, the same two features.")

# %%
for study in page.studies("mini_batches"):
    display.text(f"""### Batch, mini-batch and stochastic gradient descent

A step can use the gradient of all examples, of a mini-batch, or of one example. Smaller batches make more, but noisier,
steps per epoch; each method has the largest safe learning rate for its batch size. Which one is fastest depends on
whether epochs or seconds are counted ({display.plain(dataset_title(study))}).""")
    display.figure(
        *mini_batches.draw(study, timing),
        caption="Loss on all training data above its minimum, mean and 95% band over random orders of the examples; "
        "time is the number of epochs times the median time per epoch on this machine.",
    )

# %%
for study in page.studies("momentum"):
    display.text("""### Momentum

In a narrow valley, the gradient points mostly across the valley rather than along it. Momentum adds a fraction $\\mu$
of the previous step, $v \\leftarrow \\mu v - \\eta \\nabla L, \\; w \\leftarrow w + v$: steps across the valley cancel,
and steps along it accumulate. With too much momentum, the weights overshoot the minimum and oscillate.""")
    display.figure(*momentum.draw(study), caption=f"{dataset_title(study)}; the same learning rate 1/L for all.")
    display.claims(page.claims("momentum_*"))

# %%
for study in page.studies("feature_scaling"):
    display.text("""### Feature scaling and conditioning

The largest eigenvalue of the Hessian limits the learning rate, and the smallest determines how slowly the flattest
direction converges. Their ratio is the condition number. It is very large when one feature has values in the thousands
and another in the thousandths; standardizing the features removes their units. A penalty of strength $\\lambda$ adds
$\\lambda$ to every eigenvalue, so the condition number is then at most
$(\\lambda_{\\max} + \\lambda)/\\lambda$; the eigenvalues shown are those without it.""")
    display.figure(
        *feature_scaling.draw(study),
        caption=f"{dataset_title(study)}. Left: each with its own safe learning rate 1/L, L2 penalty of λ = "
        f"{study.arguments['l2']:g}. Right: Hessian of the cross-entropy at zero weights.",
    )
    display.claims(page.claims("feature_scaling_*"))

# %%
for study in page.studies("linear_separability"):
    display.text("""### Linearly separable data

If a hyperplane separates the classes, larger weights always lower the loss: it has no minimum, and the norm of the
weights grows as $\\log t$ without bound. Their direction converges to that of the maximum margin (Soudry et al. 2018).
With a penalty, the loss has a minimum again. The example is iris, setosa against the other two species.""")
    display.figure(*linear_separability.draw(study), caption="Mean and 95% band over random initial weights.")

# %%
for study in page.studies("regularization_paths"):
    display.text("""## L1 and L2 regularization

Regularization penalizes large weights. L2 adds $\\frac{\\lambda}{2} \\lVert w \\rVert_2^2$ to the loss and shrinks
every weight in proportion to its size. L1 adds $\\lambda \\lVert w \\rVert_1$, which pulls every weight toward zero
with the same strength and makes some of them exactly zero: it selects features.""")
    display.figure(
        *regularization_paths.draw(study), caption=f"{dataset_title(study)}, the rarest class against the rest."
    )
    display.claims(page.claims("regularization_paths_*"))

# %% [markdown]
# ## Training curves
#
# Dotted lines are measured on the training split, solid lines on the validation split. Bands are 95% intervals over
# seeds, which determine the initial weights and the order of the mini-batches.

# %%
for e in page:
    optimizer, chance = e.spec["optimizer"], np.log(e.dataset.info["classes"])
    display.figure(
        *common_figures.learning(e),
        caption=f"{e.title}. {e.parameters:,} parameters, {optimizer['name']} with learning rate "
        f"{optimizer['learning_rate']}, batches of {e.spec['batch_size']}. Uniform guessing has a loss of "
        f"{chance:.3f}.",
    )

# %%
planar = [e for e in tables if e.dataset.info["shape"] == [2]]
if planar:
    display.text("""## Decision boundaries

On the decision boundary, two classes have the same score and are equally likely:
$(w_k - w_j)^\\top x + b_k - b_j = 0$. It is a straight line, however long the model is trained. Shades show the
probability of the predicted class.""")
    display.figure(
        *[common_figures.boundary(e) for e in planar], caption="Decision regions of one NumPy run, with the test split."
    )
contours = page.studies("probability_contours")
if contours:
    display.text("""### Probability contours

For a model of only two features, the class probabilities can be drawn as contours: straight and parallel lines for two
classes, curved lines where three classes meet.""")
    display.figure(
        *[probability_contours.draw(study) for study in contours],
        caption="Logistic regression on two features, with the training examples: "
        + "; ".join(dataset_title(study) for study in contours)
        + ".",
    )

# %% [markdown]
# ## Evaluation metrics
#
# Accuracy is the share of correct predictions; a model that always predicts the largest class reaches the share of
# that class. Balanced accuracy is the mean recall of the classes, which rare classes affect as much as frequent ones.
# ROC-AUC and PR-AUC measure how well the scores rank the examples. Log loss, the Brier score and the expected
# calibration error (ECE) measure the quality of the probabilities.

# %%
display.table(
    page.scoreboard("accuracy", "recall_macro", "f1_macro", "roc_auc", "pr_auc"), f"Test split: {page.over_seeds}"
)
display.table(page.scoreboard("log_loss", "brier", "ece"), f"Test split: {page.over_seeds}; lower is better")
display.figure(
    plots.metric_bars(page.comparison("accuracy"), "test accuracy"),
    caption="Test accuracy with 95% intervals over seeds.",
)

# %%
display.text("""The intervals above cover the variation over seeds. The variation over *test examples* is estimated for
a single run by the bootstrap, which resamples the test split with replacement.""")
for columns in (
    {"accuracy": "accuracy", "precision": "precision_macro", "recall": "recall_macro", "F1": "f1_macro"},
    {"ROC-AUC": "roc_auc", "PR-AUC": "pr_auc", "log loss": "log_loss", "Brier": "brier"},
):
    display.table(
        evaluation.intervals(page, columns), "One NumPy run: value and 95% bootstrap interval over test examples"
    )

# %% [markdown]
# ### Confusion matrices
#
# A confusion matrix shows how often each true class is predicted as each of the others.

# %%
for e in page:
    display.figure(
        *common_figures.confusion(e), caption=f"{e.title}. Test split, summed over seeds, in percent of the true class."
    )

# %% [markdown]
# ### ROC and precision–recall curves
#
# A receiver operating characteristic (ROC) curve shows the true positive rate against the false positive rate for every
# threshold, and so how well the scores rank. A precision–recall curve is more informative where a class is rare.

# %%
for e in page:
    display.figure(
        *common_figures.ranking(e), caption=f"{e.title}. One NumPy run, test split, each class against the rest."
    )

# %% [markdown]
# ### Calibration (reliability diagrams)
#
# A model is calibrated if, for example, 90% of the predictions with a confidence of 0.9 are correct. A reliability
# diagram shows accuracy against confidence; where points lie below the diagonal, the model is overconfident. With few
# test examples, even a calibrated model has an ECE well above zero, which the titles show.

# %%
for e in page:
    display.figure(*common_figures.calibration(e), caption=f"{e.title}. One run of each backend, test split, 15 bins.")

# %%
calibrated = page.studies("calibration")
if calibrated:
    display.text("""### Temperature scaling

A model trained for many epochs with little regularization is overconfident. Temperature scaling divides all scores by
one number, $p = \\mathrm{softmax}(z / T)$, which changes neither the predictions nor the accuracy. The temperature $T$
is fitted on the validation split (Guo et al. 2017), and the probabilities are evaluated on the test split.""")
    for study in calibrated:
        display.figure(
            *calibration.draw(study), caption=f"{dataset_title(study)}, trained without a penalty; test split."
        )
    display.table(
        calibration.table(calibrated),
        "Test split, mean ± standard deviation over bootstrap resamples of the training examples",
    )
    display.claims(page.claims("calibration_*"))

# %%
for study in page.studies("decision_thresholds"):
    display.text("""### Decision thresholds and costs

The best decision depends on the cost of errors as well as on the probability. If a miss costs as much as $c$ false
alarms, it is cheaper to raise an alarm where $p \\cdot c \\ge 1 - p$, that is $p \\ge 1/(1+c)$: with calibrated
probabilities, there is no need to search for a threshold.""")
    display.figure(
        *decision_thresholds.draw(study),
        caption=f"{dataset_title(study)}. Mean and 95% band over {study.arguments.get('repeats', 20)} random splits.",
    )
    display.claims(page.claims("decision_thresholds_*"))
if live := threshold.widget(page, calibrated):
    display.widget(live, caption="Test split: the first NumPy run, and the first model of the section above.")

# %%
for study in page.studies("cross_validation"):
    picture, table = cross_validation.draw(study)
    display.text("""### Cross-validation vs scikit-learn

Our model and scikit-learn's are compared on the same folds of 10 times 10-fold cross-validation, with features scaled
in each fold. The folds share most of their training examples, so their results are not independent and a plain t-test
would be overconfident; the corrected resampled t-test (Nadeau & Bengio 2003) increases the variance by the ratio of
test to training examples.""")
    display.figure(picture, caption=dataset_title(study))
    display.table(table, "Mean ± standard deviation over folds")
    display.claims(page.claims("cross_validation_*"))

# %%
curves = page.studies("learning_curve")
if curves:
    display.text("""### Learning curves

A learning curve shows how accuracy depends on the number of training examples. Where the training and test curves have
met, more examples change little; where there is a gap, they help.""")
    display.figure(
        *[learning_curve.draw(study) for study in curves],
        caption="Mean and 95% band over random orders of the examples.",
    )

# %% [markdown]
# ## Interpreting the weights
#
# The sign of a weight shows for which class its feature is evidence, and the size of the weight how strong it is.

# %%
for e in pictures:
    kernel = e.model().get_weights()[0]
    display.figure(
        plots.weight_images(kernel, e.dataset.info["shape"], e.dataset.names),
        caption=f"{e.title}. One image per class, from one NumPy run: ink on a blue pixel is evidence for the class, "
        "ink on a vermillion pixel evidence against it.",
    )
for e in tables:
    if e.dataset.info["classes"] == 2:
        weights = e.model().get_weights()[0][:, 0]
        display.figure(
            plots.coefficients(e.dataset.info["feature_names"], weights, e.dataset.names[1]),
            caption=f"{e.title}. One NumPy run; features are standardized, so a weight of 1 multiplies the odds by 2.7 "
            "per standard deviation. The loss is convex: seeds differ only in how far training has converged.",
        )

# %%
for study in page.studies("odds_ratios"):
    display.text("""### Odds ratios

The odds ratio $e^{w_j}$ is the factor by which the odds change when feature $j$ increases by one standard deviation and
all others are fixed. Correlated features share their effect, which makes the intervals wide; gray intervals include 1,
that is, no effect.""")
    display.figure(
        odds_ratios.draw(study),
        caption=f"{dataset_title(study)}. 95% percentile intervals over {study.arguments.get('resamples', 200)} "
        "bootstrap resamples of the training split.",
    )

# %%
if pictures:
    display.text(
        "## Error analysis\n\nThe most confident mistakes are the most informative: true class → predicted class."
    )
for e in pictures:
    display.figure(*common_figures.mistakes(e), caption=f"{e.title}. Test images, one run of each backend.")

# %% [markdown]
# ### Least-confident predictions
#
# The predictions with the lowest confidence, which are candidates for manual review.

# %%
if pictures:
    display.figure(
        *[evaluation.least_confident(e) for e in pictures],
        caption="Test images, one NumPy run; true class: predicted class.",
    )
for e in tables:
    display.table(
        evaluation.least_confident(e, 5),
        f"{e.title}: test examples of one NumPy run, and three of their features, before scaling",
    )

# %% [markdown]
# ## NumPy vs Keras
#
# Both backends train the same specification. Runs of the same seed start from the same weights and see the same
# mini-batches, so they differ by rounding only, and in deep networks by what training makes of it.

# %%
agreement = common_figures.agreement(page)
if len(agreement):
    display.table(agreement, "First run of each backend on the same test examples")
display.claims(page.claims("*_parity"))

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with its statistical test, the test's value and the verdict.

# %%
display.verdicts(page.claims())

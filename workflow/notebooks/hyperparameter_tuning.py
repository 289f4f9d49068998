# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Hyperparameter optimization
#
# Learning rate, batch size, layers, units, dropout, penalty, optimizer: training needs these hyperparameters, and no
# gradient chooses them. They are chosen by trying, on the validation split. First one of them alone, then all at once.

# %% tags=["parameters"]
report = "hyperparameter_tuning"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.hyperparameter_tuning.figures import (
    equal_budget,
    grid_search_cv,
    hyperparameter_importance,
    keras_replication,
    labels,
    search_cost,
    search_designs,
    search_methods,
    selection_bias,
)

page = Report(report, experiments, results, studies)
ladder = sorted(page, key=lambda e: e.spec["optimizer"]["learning_rate"])


# %% [markdown]
# ## Learning-rate sweep
#
# The learning rate alone. A step of gradient descent moves the weights by $\eta$ times the gradient. On a quadratic
# valley with curvature $\lambda$ the distance to the bottom is multiplied by $1 - \eta \lambda$ at each step: too small
# an $\eta$ crawls, and beyond $\eta = 2 / \lambda$ every step lands further away. A network has many curvatures, and
# they change on the way, so the rate is found by trying.

# %%
display.table(common_figures.datasets(page))


def rungs(metric):
    rows = page.summary.query("metric == @metric and split == 'validation' and backend == 'numpy'")
    rates = {e.name: e.spec["optimizer"]["learning_rate"] for e in page}
    return rows.assign(setting=rows["experiment"].map(rates), series="validation")


if ladder:
    display.figure(
        plots.ladder(rungs("accuracy"), "learning rate"),
        plots.ladder(rungs("log_loss"), "learning rate", "log loss"),
        caption="Validation accuracy and loss against the learning rate, mean and 95 % interval over seeds.",
    )
    histories = {
        f"rate {e.spec['optimizer']['learning_rate']:g}": e.histories.query("backend == 'numpy'") for e in ladder
    }
    display.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_accuracy"),
        caption="Training loss (logarithmic) and validation accuracy over the epochs, one line per learning rate.",
    )
display.claims(page.claims("digits_rate_*"))

# %%
if course := page.first_study("search_methods"):
    display.text("""## Search methods

All settings at once: a network on the 8 × 8 digits, nine epochs long, with eight things to choose: optimizer, learning
rate and, of SGD, momentum; batch size; layers and their units; dropout; the strength of L2. What is good is the
validation accuracy after the last epoch (the validation loss holds the penalty, and would compare penalties with
themselves).

* **Grid search** tries every combination of a few values of each, here of the five that one would think of first.
* **Random search** draws each trial anew (Bergstra & Bengio 2012).
* **Bayesian search** fits a Gaussian process to the trials so far and takes those next whose *expected improvement*
  over the best, $\\mathbb{E}\\,[\\max(y^* - y, 0)] = (y^* - \\mu)\\,\\Phi(z) + \\sigma\\,\\varphi(z)$ with
  $z = (y^* - \\mu)/\\sigma$, is largest: where the mean $\\mu$ is low, or the doubt $\\sigma$ large.
* **TPE** models where the good trials are and where the bad ones are, and goes where the ratio is best.
* **Hyperband** begins many random trials, and lets only the best third of them train on after 1 epoch and after 3
  (asynchronously, as in Optuna: a trial is compared with those seen so far).

Every trial is a run of its own, kept in `results/sweeps`: ten more trials train ten.""")
    display.figure(
        search_methods.draw(course), caption="One dot per trial that trained to its end; the line is the best so far."
    )
    if cost := page.first_study("search_cost"):
        display.table(
            search_cost.table(course, cost),
            "What each search cost. CPU seconds are those of training, as measured in this run; a rung of Hyperband "
            "is retrained from the first epoch, and that is counted",
        )
    random = next(name for name in course.group("value") if labels.method(name) == "random")
    display.figure(
        search_methods.parallel_coordinates(course, random),
        caption="Parallel coordinates: every trial of random search is a line; colored is the tenth with the best "
        "validation accuracy.",
    )

# %%
if study := page.first_study("equal_budget"):
    display.text("""## Comparison at equal budget

One search is an anecdote. Here each method searches again and again over the trials that are there: random search
takes them in another order, grid search its own points likewise, Bayesian search may choose among the random trials and
learns their accuracy only by choosing them, Hyperband sees each curve only as far as it has paid for. The repeats share
their trials, so their intervals speak of the order alone.""")
    display.figure(equal_budget.draw(study), caption="Median over the repeats, the band from quartile to quartile.")
    display.claims(page.claims("equal_budget_*"))

# %%
if study := page.first_study("selection_bias"):
    display.text("""## Number of trials

How many trials are enough? The random trials are dealt into experiments of 1, 2, 4, … trials, and each chooses its best
by validation. The line is what the grid chose. Only this and the next section look at the test split, when every search
is over.""")
    display.figure(
        *selection_bias.efficiency(study),
        caption="The efficiency of random experiments (after Bergstra & Bengio 2012): the box holds the middle half of "
        "them, the whiskers all.",
    )
    display.claims(page.claims("selection_bias_efficiency_*"))
    display.text("""## Selection bias (winner's curse)

What is a promise worth? The best of many trials is the best partly by luck: it was chosen for a number that is its
quality plus chance. Retrained with other seeds, the same settings fall back (*optimism*). The test split adds the luck
of its own draw.""")
    display.table(
        selection_bias.table(study),
        "The choice of each search, retrained: mean ± 95 % half-width over new seeds. Optimism and gap, in percentage "
        "points, are what the promise lies above the validation and the test accuracy. The last row: unsearched",
    )
    display.figure(selection_bias.draw(study), caption="One dot per new seed.")
    display.claims(page.claims("selection_bias_test_*", "selection_bias_search_*", "selection_bias_optimism_*"))

# %%
if importances := page.studies("hyperparameter_importance"):
    display.text("""## Hyperparameter importance (fANOVA)

Which settings matter? A forest is grown on the trials, and the variance of what it predicts is split among the
parameters (functional analysis of variance, fANOVA; Hutter, Hoos & Leyton-Brown 2014). The same space, on several
datasets.""")
    display.figure(
        *[picture for study in importances for picture in hyperparameter_importance.draw(study)],
        caption="One dot per forest on trials drawn anew; shares of all parameters add up to 1.",
    )
    display.claims(page.claims("hyperparameter_importance_*"))

# %%
if study := page.first_study("search_designs"):
    display.figure(
        search_designs.surface(study),
        caption="A Gaussian process over all random trials, averaged over the other parameters. Dots are trials, the "
        "star is the best.",
    )
    display.text("""## Grid, random and Sobol designs

What does a design see? Nine trials of a grid try three values of each parameter. If only one parameter matters, six of
the nine are wasted; nine random trials try nine values of it (Bergstra & Bengio 2012, figure 1). Here across, the
parameter that matters most; upwards, the one that matters least. A grid that leaves such a parameter out, as ours does
with layers, momentum and L2, wastes nothing on it: but that takes knowing which.""")
    display.figure(
        search_designs.designs(study),
        caption="Above, the values of the first parameter that each design tries, on the best that the landscape has "
        "there; below, the nine points on it.",
    )
    display.claims(page.claims("search_designs_*"))

# %%
if study := page.first_study("keras_replication"):
    display.text("""## Replication in Keras

A sweep may train in either backend. A small convolutional network with eight settings, filters among them, and the same
trials in both: the first weights and the order of the examples differ, the settings do not.""")
    display.table(keras_replication.table(study), "Validation accuracy of the same settings in NumPy and in Keras")
    display.claims(page.claims("keras_replication_*"))

# %%
if study := page.first_study("grid_search_cv"):
    display.text("""## GridSearchCV integration

Our estimators fit into scikit-learn's own searches. A grid of 12 points over one hidden layer on breast cancer, once as
a sweep of this pipeline, once with `GridSearchCV` and `RandomizedSearchCV` over `NeuralNetworkClassifier`.""")
    display.table(grid_search_cv.table(study), "Validation accuracy of each point")
    display.claims(page.claims("grid_search_cv_*"))

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Hyperparameter optimization
#
# Learning rate, batch size, layers, units, dropout, L2 penalty, optimizer: these hyperparameters cannot be learned by
# gradient descent. They are chosen by search, on the validation split: first the learning rate alone, then all at once.

# %% tags=["parameters"]
report = "hyperparameter_tuning"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reporting.widgets import parallel_coordinates
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
display.overview(page)
by_rate = sorted(page, key=lambda e: e.spec["optimizer"]["learning_rate"])


# %% [markdown]
# ## Learning-rate sweep
#
# A step of gradient descent moves the weights by $\eta$ times the gradient. On a quadratic loss with curvature
# $c$, the distance to the minimum is multiplied by $1 - \eta c$ at each step: a small $\eta$ converges
# slowly, and for $\eta > 2 / c$ gradient descent diverges. The loss of a network has many curvatures that change
# during training, so the learning rate has to be found by trial.

# %%
display.table(common_figures.datasets(page))


def validation_scores(metric):
    rows = page.summary.query("metric == @metric and split == 'validation' and backend == 'numpy'")
    rates = {e.name: e.spec["optimizer"]["learning_rate"] for e in page}
    return rows.assign(setting=rows["experiment"].map(rates), series="validation")


if by_rate:
    display.figure(
        plots.ladder(validation_scores("accuracy"), "learning rate"),
        plots.ladder(validation_scores("log_loss"), "learning rate", "log loss"),
        caption="Validation accuracy and loss against the learning rate, mean and 95% interval over seeds.",
    )
    histories = {
        f"rate {e.spec['optimizer']['learning_rate']:g}": e.histories.query("backend == 'numpy'") for e in by_rate
    }
    display.figure(
        plots.compare_curves(histories, "loss", log=True),
        plots.compare_curves(histories, "val_accuracy"),
        caption="Training loss (log scale) and validation accuracy over the epochs, one line per learning rate.",
    )
display.claims(page.claims("digits_rate"))

# %%
if methods := page.first_study("search_methods"):
    display.text("""## Search methods

Now all hyperparameters together: a network for the 8 × 8 digits, trained for nine epochs, with eight hyperparameters:
optimizer, learning rate, momentum (for SGD), batch size, number of layers, units per layer, dropout rate and L2
strength. The objective is the validation accuracy after the last epoch; the validation loss would include the penalty
itself.

- **Grid search** tries every combination of a few values, here of five of the hyperparameters.
- **Random search** samples each trial independently (Bergstra & Bengio 2012).
- **Bayesian search** fits a Gaussian process with mean $\\mu$ and standard deviation $\\sigma$ to the trials so far. It
  selects those with the largest *expected improvement* over the best accuracy $a$,
  $\\mathbb{E}\\,[\\max(y - a, 0)] = (\\mu - a)\\,\\Phi(z) + \\sigma\\,\\varphi(z)$ with $z = (\\mu - a)/\\sigma$:
  where the mean is high or the uncertainty is.
- **TPE** models the densities of good and of bad trials and samples where their ratio is highest.
- **Hyperband** (Li et al. 2018) runs *successive halving*, which starts many random trials and continues only the best
  third, in three brackets: the first selects after 1 and after 3 epochs, the second after 3 epochs, and the third
  trains all of its trials to the end (asynchronously, as in Optuna: a trial is compared with those finished so far).

Every trial is cached in `results/sweeps`: extending a search by ten trials trains only these ten.""")
    display.figure(search_methods.draw(methods), caption="One dot per completed trial; the line is the best so far.")
    if cost := page.first_study("search_cost"):
        display.table(
            search_cost.table(methods, cost),
            "Cost of each search. CPU seconds of training as measured in this run; Hyperband retrains promoted trials "
            "from the first epoch, which is included",
        )
    random = next(name for name in methods.group("value") if labels.method(name) == "random")
    display.widget(
        parallel_coordinates.widget(methods, random, labels.PARAMETERS, labels.ACCURACY),
        search_methods.parallel_coordinates(methods, random),
        caption="Parallel coordinates: one line per trial of random search, the tenth with the best validation "
        "accuracy in color.",
    )

# %%
if study := page.first_study("equal_budget"):
    display.text("""## Comparison at equal budget

A single search is not conclusive: with other trials the order could be the reverse. Here random and Bayesian search are
run several times, independently: each repeat draws its own training and validation examples, half of them for
validation, and its own trials. Within a repeat the two methods share the data and the first batch of trials, so they
are compared in pairs. Trials are scored by the validation log loss without the penalty on the weights, which separates
settings better than the accuracy on a few hundred examples.""")
    display.figure(
        *equal_budget.draw(study),
        caption="Left: median over the repeats, the band is the interquartile range. Right: one dot per repeat.",
    )
    display.claims(page.claims("equal_budget_*"))

# %%
if study := page.first_study("selection_bias"):
    display.text("""## Number of trials

How many trials are enough? The random trials are split into experiments of 1, 2, 4, … trials, and each selects its best
trial by validation accuracy. The line is the best trial of the grid search. Only this section and the next use the test
split, after all searches have finished.""")
    display.figure(
        *selection_bias.efficiency(study),
        cover=True,
        caption="Random experiment efficiency (after Bergstra & Bengio 2012): boxes show the quartiles, whiskers the "
        "full range.",
    )
    display.claims(page.claims("selection_bias_efficiency_*"))
    display.text("""## Selection bias (winner's curse)

The best of many trials is the best partly by chance: it was selected by a validation accuracy that contains noise.
Retrained with other seeds, the same settings reach a lower validation accuracy; the difference is the *optimism* of the
selection. The test accuracy also differs because the test split may be harder or easier than the validation split; the
base experiment, which was not selected, shows by how much.""")
    display.table(
        selection_bias.table(study),
        "The best trial of each search, retrained: mean ± half-width of the 95% interval over new seeds. Optimism and "
        "gap: accuracy in the search minus the retrained validation and test accuracy, in points. Last row: the base "
        "experiment without a search",
    )
    display.figure(selection_bias.draw(study), caption="One dot per new seed.")
    display.claims(page.claims("selection_bias_[!e]*"))

# %%
if importances := page.studies("hyperparameter_importance"):
    display.text("""## Hyperparameter importance (fANOVA)

Which hyperparameters matter? A random forest is fitted to the trials, and the variance of its predictions is decomposed
over the hyperparameters (functional analysis of variance, fANOVA; Hutter, Hoos & Leyton-Brown 2014), for the same
search space on several datasets.""")
    display.figure(
        *[picture for study in importances for picture in hyperparameter_importance.draw(study)],
        caption="One dot per forest on a bootstrap sample of the same trials, so the spread is not that of independent "
        "searches; the shares of all parameters sum to 1.",
    )

# %%
if study := page.first_study("search_designs"):
    display.figure(
        search_designs.surface(study),
        caption="Mean of a Gaussian process fitted to all random trials, averaged over the other parameters. Dots are "
        "trials, the star is the best.",
    )
    display.text("""## Grid, random and Sobol designs

A grid of nine trials tries three values of each of two parameters. If only one parameter matters, six of the nine
trials are wasted; nine random trials try nine values of it (Bergstra & Bengio 2012, figure 1). The horizontal axis is
the most important parameter, the vertical axis the least important. A grid that omits an unimportant parameter, as ours
does with layers, momentum and L2, wastes no trials on it, but one has to know which parameters are unimportant.""")
    display.figure(
        search_designs.designs(study),
        caption="Top: the values of the first parameter that each design tries, and the best objective for each; "
        "bottom: the nine points.",
    )

# %%
if study := page.first_study("keras_replication"):
    display.text("""## Replication in Keras

A sweep can train in either backend. Here both run the same trials of a small convolutional network with eight
hyperparameters, including the number of filters, from the same initial weights on the same mini-batches.""")
    display.table(keras_replication.table(study), "Validation accuracy of the same settings in NumPy and in Keras")

# %%
if study := page.first_study("grid_search_cv"):
    display.text("""## GridSearchCV integration

Our estimators work with scikit-learn's search classes. A grid of 12 points for a network with one hidden layer on
breast cancer, as a sweep of this pipeline and with `GridSearchCV` and `RandomizedSearchCV` over
`NeuralNetworkClassifier`.""")
    display.table(grid_search_cv.table(study), "Validation accuracy of each point")
    display.claims(page.claims("grid_search_cv"))

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; the wording of a claim follows its verdict.

# %%
display.verdicts(page.claims())

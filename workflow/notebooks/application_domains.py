# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # The same layers on images, words and numbers
#
# One framework, three kinds of data: pictures of digits, sentences of documentation, and the sunspots counted since
# 1700.

# %% tags=["parameters"]
report = "application_domains"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import compose, language, own, show
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)


mine = own.experiments(page)


def of(kind):
    return [e for e in page if e.dataset.info["kind"] == kind and e not in mine]


# %%
show.table(compose.datasets(page), "What the models are given")

# %%
if of("image"):
    show.text("## Images")
for e in of("image"):
    show.figure(compose.look(e.dataset), *compose.confusion(e)[:1], caption=f"{e.title}. Training images; confusion.")
    show.figure(*compose.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")

# %%
if mine:
    show.text("## Your data")
if mine and mine[0].dataset.info["class_names"]:
    show.table(*own.classified(page))
    first = mine[0].dataset
    show.figure(compose.look(first) if first.is_image else own.look(first), caption=first.info["title"])
for e in mine:
    show.figure(*compose.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")
    if e.dataset.info["class_names"]:
        gallery = compose.mistakes(e)[:1] if e.dataset.is_image else []
        show.figure(*compose.confusion(e)[:1], *gallery, caption=f"{e.title}. Test split, all NumPy runs.")
for study in page.studies("forecasting.compare") if mine else []:
    show.table(*own.forecast(study))
    show.figure(own.course(study), caption="Test stretch, one step ahead; of the network the mean over its seeds.")
if mine:
    show.claims(page.claims("own_*"))

# %%
if of("text"):
    show.text("""## Language

Every word becomes a vector, a row of a table that is learned with the rest. Three networks read the vectors
$e_1, \\dots, e_T$ of a text. The first takes their mean, and the order of the words is lost. The second looks at 3, 4
and 5 neighbours at a time, keeps the strongest answer of each filter, wherever it came, and joins them (Kim 2014). The
third remembers, word after word, and keeps the largest of each of its states:

$$\\bar{e} = \\frac{1}{T} \\sum_t e_t, \\qquad
c_k = \\max_t \\, \\mathrm{ReLU}(w_k \\cdot [e_t, \\dots, e_{t+h-1}] + b_k), \\qquad
m_k = \\max_t \\, h_k(e_1, \\dots, e_t)$$

A softmax regression decides. Beside them stand models that count words and pairs of words: naive Bayes, NB-SVM (Wang &
Manning 2012) and TF-IDF with logistic regression. They read the same words of the same training texts.""")
for dataset, networks in language.sets(page).items():
    show.table(*language.table(page, dataset))
    for e in networks if len(networks) < 4 else networks[:1]:
        show.figure(*compose.learning(e), caption=f"{e.dataset.info['title']}. {e.title}: {e.parameters:,} parameters.")
if of("text"):
    findings = ("floor", "baseline", "naive_bayes", "order", "memory", "*_twins")
    published = ("trec_*", "sms_spam_*", "movie_reviews_*", "imdb_*")
    show.claims(page.claims(*(f"words_{finding}_*" for finding in findings), *published))

# %%
for study in page.studies("language.attributions"):
    show.text(f"""### The words that decided: {study.dataset.info["title"]}

Integrated gradients at the output of the embedding, from a text of padding alone to the text, summed over each word's
vector: how much each word raised the score of the class that won. Blue and underlined speaks for it, orange and dotted
against. First two texts of each class that the CNN is surest of, then its surest mistakes.""")
    show.block(language.passages(study))
    show.figure(
        language.removal(study),
        caption="Test texts, by the CNN of each seed. A word is taken out by making it the unknown word.",
    )
    show.claims(page.claims("words_complete_*", "words_removed_*"))

# %%
if of("series"):
    show.text("""## A series

The next value from the last few, against the floor that every forecast has to beat: that nothing changes. Errors are in
the unit of the series.""")
for e in of("series"):
    if e.dataset.info["task"] != "regression":
        continue
    x, y, time = e.dataset.series("test")
    window = e.dataset.info["preparation"]["window"]
    unit = e.dataset.info["feature_names"][0]
    names = {"numpy": "NumPy", "keras": "Keras"}
    forecasts = {names[b]: e.dataset.unscaled(e.predictions(b).reshape(len(y), -1)[:, 0]) for b in e.backends}
    forecasts["last value"] = x[:, -1, 0]
    show.figure(
        plots.forecast(time, y, forecasts, "year", unit),
        caption=f"{e.title}. Test split, one step ahead from the last {window} values; one run of each backend.",
    )
    show.figure(
        *compose.learning(e),
        caption=f"{e.title}. {e.parameters} parameters; squared error in units of the training split's variance.",
    )

# %% [markdown]
# ## Every result

# %%
classifiers = page.scoreboard("accuracy", "f1_macro", "log_loss")
show.table(classifiers[classifiers["accuracy"] != "–"], f"Classification, test split: {page.over_seeds}")
errors = page.scoreboard("rmse", "mae", "r2")
show.table(
    errors[errors["RMSE"] != "–"],
    f"Regression, test split, targets scaled to the training split's spread: {page.over_seeds}",
)
show.claims(page.claims())

# %% [markdown]
# ## All claims of this page

# %%
show.verdicts(page.claims())

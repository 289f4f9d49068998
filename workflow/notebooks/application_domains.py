# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Application domains: vision, text, time series
#
# The same layers on pictures, words and series. Beside every network stands what is simpler, and what others published:
# a network is worth its trouble only where it beats both.

# %% tags=["parameters"]
report = "application_domains"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.application_domains.figures import (
    channel_baselines,
    class_activation_maps,
    corruption_robustness,
    forecast_parity,
    forecasts,
    image_classification,
    nearest_neighbor,
    out_of_distribution,
    text_baselines,
    user_data,
    word_attribution,
)

page = Report(report, experiments, results, studies)
mine = user_data.experiments(page)


def of(kind):
    return [e for e in page if e.dataset.info["kind"] == kind and e not in mine]


# %% [markdown]
# ## Datasets

# %%
display.table(common_figures.datasets(page), "What the models are given")

# %%
if of("image"):
    display.text("""## Vision

From digits of 8 × 8 pixels to those of 28 × 28, to clothes and photographs where the published sets are trained. The
largest class is what guessing gets; all numbers are per cent of the test split.""")
    display.table(
        image_classification.accuracy_table(page, of("image")), f"Classification of images: {page.over_seeds}"
    )
    display.figure(*[common_figures.look(d) for d in page.datasets.values() if d.is_image], caption="Training images.")

# %%
for study in page.studies("corruption_robustness"):
    display.text("""### Corruption robustness

A test split is drawn like the training data; the world is not. The same test images are corrupted: given noise,
blurred, turned and moved, a little and then more, and the trained networks are asked again.""")
    display.figure(corruption_robustness.corruptions(study), caption="The first test image.")
    display.figure(*corruption_robustness.draw(page, study), caption="500 test images; mean and 95 % band over seeds.")
    display.text("""A confidence, the largest probability, should fall with the accuracy. Where the curve is above
zero the network is overconfident.""")
    display.figure(
        *corruption_robustness.overconfidence(page, study),
        caption="0 is the test split as it is; 4 the most of each change.",
    )
    display.claims(page.claims("corruption_robustness_*"))

# %%
for study in page.studies("out_of_distribution"):
    display.text("""### Out-of-distribution detection

A classifier has to name one of its classes, whatever it is shown. Can it tell a picture of something else? Three scores
are higher for what looks familiar: the largest probability, the negative entropy, and the negative energy of the logits
$z$ (Hendrycks & Gimpel 2017; Liu et al. 2020):

$$s_1 = \\max_c p_c, \\qquad s_2 = \\sum_c p_c \\log p_c, \\qquad s_3 = \\log \\sum_c e^{z_c}$$

The area under the ROC curve is the share of pairs of a digit and a stranger that a score puts in order: 100 % is a
perfect detector, 50 % a coin.""")
    display.figure(out_of_distribution.images(study), caption="Other digits: the 8 × 8 ones, enlarged.")
    display.figure(
        *out_of_distribution.draw(page, study), caption="Area under the ROC curve, mean over seeds, in per cent."
    )
    display.claims(page.claims("out_of_distribution_*"))

# %%
if mine:
    display.text("## Your data")
if mine and mine[0].dataset.info["class_names"]:
    display.table(*user_data.table(page))
    first = mine[0].dataset
    display.figure(common_figures.look(first) if first.is_image else user_data.look(first), caption=first.info["title"])
for e in mine:
    display.figure(*common_figures.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")
    if e.dataset.info["class_names"]:
        gallery = common_figures.mistakes(e)[:1] if e.dataset.is_image else []
        display.figure(*common_figures.confusion(e)[:1], *gallery, caption=f"{e.title}. Test split, all NumPy runs.")
for study in page.studies("forecasts") if mine else []:
    display.table(*forecasts.user_table(study))
    display.figure(
        forecasts.user_forecast(study), caption="Test stretch, one step ahead; of the network the mean over its seeds."
    )
if mine:
    display.claims(page.claims("user_*"))

# %%
if of("text"):
    display.text("""## Text classification

Every word becomes a vector, its *embedding*, a row of a table that is learned with the rest. Three networks read the
vectors $e_1, \\dots, e_T$ of a text. The first takes their mean $\\bar{e}$, and the order of the words is lost. The
second looks at $h$ = 3, 4 and 5 neighbors at a time and keeps the strongest answer $c_k$ of each filter, wherever it
came (Kim 2014). The third, an LSTM, remembers word after word and keeps the largest $m_k$ of each of its states:

$$\\bar{e} = \\frac{1}{T} \\sum_t e_t, \\qquad m_k = \\max_t \\, h_k(e_1, \\dots, e_t)$$

$$c_k = \\max_t \\, \\mathrm{ReLU}(w_k \\cdot [e_t, \\dots, e_{t+h-1}] + b_k)$$

A softmax regression decides. Beside them stand models of a *bag of words*, which count words and pairs: naive Bayes,
NB-SVM (Wang & Manning 2012) and TF-IDF with logistic regression. They read the same words of the same training
texts.""")
for dataset, networks in text_baselines.datasets(page).items():
    display.table(*text_baselines.table(page, dataset))
    for e in networks if len(networks) < 4 else networks[:1]:
        display.figure(
            *common_figures.learning(e), caption=f"{e.title}, {e.parameters:,} parameters. {e.dataset.info['title']}"
        )
if of("text"):
    display.claims(
        page.claims("words_*", "text_baselines_*", "text_folds_*", "trec_*", "sms_spam_*", "movie_reviews_*", "imdb_*")
    )

# %%
for study in page.studies("word_attribution"):
    display.text("""### Word attribution

Which words decided? Integrated gradients at the output of the embedding, from a text of padding alone to the text,
summed over each word's vector: how much each word raised the score of the class that won. Blue and underlined speaks
for it, orange and dotted against. First two texts of each class that the CNN is surest of, then its surest mistakes:
test texts all.""")
    display.block(word_attribution.passages(study))
    display.figure(
        word_attribution.deletion(study),
        caption="Test texts, by the CNN of each seed. A word is taken out by making it the unknown word.",
    )
    display.claims(page.claims("word_attribution_*"))

# %%
if of("series"):
    display.text("""## Forecasting

What comes next in a time series? A forecast is judged from every origin of the test stretch, as if each had been today:
it sees what lies before and nothing after (rolling origin). With $e_t$ the error, $m$ the season and $T$ the steps
known before,

$$\\mathrm{MASE} = \\frac{\\operatorname{mean} |e_t|}{\\frac{1}{T - m} \\sum_{t=m+1}^{T} |y_t - y_{t-m}|}, \\qquad
\\mathrm{sMAPE} = 200 \\, \\operatorname{mean} \\frac{|e_t|}{|y_t| + |\\hat y_t|}$$

$$\\hat y_t \\pm q, \\quad q = |e|_{(\\lceil 0.9 (n + 1) \\rceil)}$$

A MASE below 1 beats repeating the past (the *seasonal naive* forecast). The last formula is an interval by
split-conformal prediction: $q$ is a quantile of the $n$ absolute errors on the validation stretch, and the share of the
test stretch that the interval holds is counted, not promised.""")

# %%
for study in page.studies("forecasts") if of("series") else []:
    dataset = page.datasets[study.spec["datasets"][0]]
    yearly = dataset.info["name"] == "sunspots"
    display.text(f"### {dataset.info['title']}")
    shown = ["sunspots_LSTM", "autoregression"] if yearly else ["ridge", "co2_GRU"]
    display.figure(forecasts.draw(page, study, shown, "year"), caption="Test stretch, the next step from each origin.")
    display.table(forecasts.table(page, study), f"All methods, test stretch: {page.over_seeds}; baselines: one value")
    if yearly:
        display.table(forecasts.coverage(page, study), "Share of the years inside the 90 % interval")
    display.figure(
        *forecasts.errors_by_horizon(page, study, dataset.info["feature_names"][0], "year" if yearly else "month"),
        caption="From every origin of the test stretch; a network that says one step reads its own forecasts on.",
    )
    display.claims(page.claims("forecasts_*", "sunspots_*"))

# %%
for study in page.studies("forecast_parity"):
    display.table(
        forecast_parity.table(page, study), "The same training in NumPy and in Keras: same weights, same batches"
    )
    display.claims(page.claims("forecast_parity_*"))
for study in page.studies("channel_baselines"):
    display.text(f"### {study.dataset.info['title']}")
    display.table(channel_baselines.table(page, study), "Test split, scaled; 336 hours in, 96 hours out")
    display.claims(page.claims("etth1_*"))

# %%
if any(e.dataset.info["classes"] for e in of("series")):
    display.text("""### Time-series classification

Which class is this series? The nearest neighbor has learned nothing: it looks up the training series with the smallest
Euclidean distance. The FCN is three convolutions and the mean of each feature map; the ResNet adds shortcuts (Wang, Yan
& Oates 2017).""")
    nearest = page.first_study("nearest_neighbor")
    display.table(nearest_neighbor.table(page, nearest), f"Per cent of the test split: {page.over_seeds}")
    display.claims(page.claims("ucr_*", "nearest_neighbor_*", "mnist1d_*"))

# %%
for study in page.studies("class_activation_maps"):
    display.text("""### Class activation maps

Where along the series is the reason? After the mean of each map $A_k$ over the steps comes one linear layer, so the
score of a class is itself a mean over steps, and each step's part is known exactly (Zhou et al. 2016):

$$z_c = \\frac{1}{T} \\sum_t M_c(t), \\qquad M_c(t) = \\sum_k w_{kc} A_k(t) + b_c$$""")
    for picture in class_activation_maps.draw(page, study):
        display.figure(picture, caption="First test series of each class; blue steps speak for it, orange against.")
    display.figure(
        *class_activation_maps.deletion(page, study), caption="Mean and 95 % band over seeds, 200 test series."
    )
    display.claims(page.claims("class_activation_maps_*"))

# %%
for e in of("series"):
    display.figure(*common_figures.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")

# %% [markdown]
# ## Results

# %%
classifiers = page.scoreboard("accuracy", "f1_macro", "log_loss")
classifiers = classifiers[classifiers["accuracy"] != "–"]
if len(classifiers):
    display.table(classifiers, f"Classification, test split: {page.over_seeds}")
errors = page.scoreboard("rmse", "mae", "r2")
errors = errors[errors["RMSE"] != "–"]
if len(errors):
    display.table(errors, f"Regression, test split, targets scaled to the training split's spread: {page.over_seeds}")

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())

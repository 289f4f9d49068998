# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Application domains: vision, text, time series
#
# The same layers on images, text and time series. Every network is compared with simpler baselines and with published
# results: it is only useful if it outperforms the baselines.

# %% tags=["parameters"]
report = "application_domains"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reporting.widgets import corruption, network
from layerwise.reports.application_domains.figures import (
    channel_baselines,
    class_activation_maps,
    corruption_robustness,
    detrending,
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
display.overview(page)
user_experiments = user_data.experiments(page)


def of(kind):
    return [e for e in page if e.dataset.info["kind"] == kind and e not in user_experiments]


# %% [markdown]
# ## Datasets

# %%
display.table(common_figures.datasets(page), "Datasets of this page")

# %%
if of("image"):
    display.text("""## Vision

Digits of 8 × 8 and 28 × 28 pixels, and clothes and photographs if the published datasets are included. The largest
class is the accuracy of always guessing it; all numbers are test accuracies in percent.""")
    display.table(image_classification.accuracy_table(page, of("image")), f"Image classification: {page.over_seeds}")
    display.figure(*[common_figures.look(d) for d in page.datasets.values() if d.is_image], caption="Training images.")

# %%
for study in page.studies("corruption_robustness"):
    display.text("""### Corruption robustness

The test split has the same distribution as the training data; real data may not. Here the test images are corrupted by
noise, blur, rotation and shift of increasing severity, and the trained networks are evaluated on them.""")
    display.figure(corruption_robustness.corruptions(study), caption="The first test image.")
    display.figure(*corruption_robustness.draw(page, study), caption="500 test images; mean and 95% band over seeds.")
    if cnn := network.of_digits(of("image")).get("CNN"):
        display.widget(corruption.widget(cnn), caption=f"{cnn.title}, first NumPy run, test digits.")
    display.text("""The confidence, the largest probability, should decrease with the accuracy. If the difference is
above zero, the network is overconfident.""")
    display.figure(
        *corruption_robustness.overconfidence(page, study),
        caption="Severity 0 is the original test split, 4 the strongest corruption.",
    )
    display.claims(page.claims("corruption_robustness_*"))

# %%
for study in page.studies("out_of_distribution"):
    display.text("""### Out-of-distribution detection

A classifier assigns one of its classes to any image. Can it detect images that belong to none of them? Three scores are
higher for in-distribution images: the largest probability, the negative entropy, and the negative energy of the logits
$z$ (Hendrycks & Gimpel 2017; Liu et al. 2020):

$$s_1 = \\max_c p_c, \\qquad s_2 = \\sum_c p_c \\log p_c, \\qquad s_3 = \\log \\sum_c e^{z_c}$$

The area under the ROC curve (AUROC) is the probability that a digit has a higher score than an out-of-distribution
image: 100% is a perfect detector, 50% is chance.""")
    display.figure(out_of_distribution.images(study), caption="Other digits: those of 8 × 8 pixels, enlarged.")
    display.figure(
        *out_of_distribution.draw(page, study), caption="Area under the ROC curve in percent, mean over seeds."
    )
    display.claims(page.claims("out_of_distribution_*"))

# %%
if user_experiments:
    display.text("## Your data")
if user_experiments and user_experiments[0].dataset.info["class_names"]:
    display.table(*user_data.table(page))
    first = user_experiments[0].dataset
    display.figure(common_figures.look(first) if first.is_image else user_data.look(first), caption=first.info["title"])
for e in user_experiments:
    display.figure(*common_figures.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")
    if e.dataset.info["class_names"]:
        gallery = common_figures.mistakes(e)[:1] if e.dataset.is_image else []
        display.figure(*common_figures.confusion(e)[:1], *gallery, caption=f"{e.title}. Test split, all NumPy runs.")
for study in page.studies("forecasts") if user_experiments else []:
    display.table(*forecasts.user_table(study))
    display.figure(forecasts.user_forecast(study), caption="Test period, one step ahead; network: mean over seeds.")
if user_experiments:
    display.claims(page.claims("user_*"))

# %%
if of("text"):
    display.text("""## Text classification

Every word is represented by a vector, its *embedding*, a row of a matrix that is learned with the other weights. Three
networks read the embeddings $e_1, \\dots, e_T$ of a text. The first takes their mean $\\bar{e}$, which ignores the
order of the words. The second, a CNN, applies filters to $h$ = 3, 4 and 5 consecutive words and takes the maximum $c_k$
of each filter over all positions (Kim 2014). The third, an LSTM, reads the words in order and takes the maximum $m_k$
of each of its states:

$$\\bar{e} = \\frac{1}{T} \\sum_t e_t, \\qquad m_k = \\max_t \\, h_k(e_1, \\dots, e_t)$$

$$c_k = \\max_t \\, \\mathrm{ReLU}(w_k \\cdot [e_t, \\dots, e_{t+h-1}] + b_k)$$

A dense layer with softmax predicts the class. The baselines are *bag of words* models, which count words and word
pairs: naive Bayes, NB-SVM (Wang & Manning 2012) and TF-IDF with logistic regression. They use the same words of the
same training texts.""")
for dataset, networks in text_baselines.datasets(page).items():
    display.table(*text_baselines.table(page, dataset))
    for e in networks if len(networks) < 4 else networks[:1]:
        display.figure(
            *common_figures.learning(e), caption=f"{e.title}, {e.parameters:,} parameters. {e.dataset.info['title']}"
        )
if of("text"):
    display.claims(page.claims("words_*", "text_baselines_*", "text_folds_*", "published_t*"))

# %%
for study in page.studies("word_attribution"):
    display.text("""### Word attribution

Integrated gradients at the output of the embedding, from a text of padding to the actual text and summed over each
word's vector, measure the contribution of each word to the score of the predicted class. Blue and underlined words
increase the score, orange and dotted words decrease it. Shown are the two most confident test texts of each class, then
the most confident mistakes of the CNN.""")
    display.block(word_attribution.passages(study))
    display.figure(
        word_attribution.deletion(study),
        caption="Test texts, by the CNN of each seed. A word is removed by replacing it with the unknown word.",
    )
    display.claims(page.claims("word_attribution_*"))

# %%
if of("series"):
    display.text("""## Forecasting

Forecasts of a time series are evaluated from every origin of the test period, using only the values before the origin
(rolling origin). With $e_t$ the error, $m$ the season and $T$ the number of previous steps,

$$\\mathrm{MASE} = \\frac{\\operatorname{mean} |e_t|}{\\frac{1}{T - m} \\sum_{t=m+1}^{T} |y_t - y_{t-m}|}, \\qquad
\\mathrm{sMAPE} = 200 \\, \\operatorname{mean} \\frac{|e_t|}{|y_t| + |\\hat y_t|}$$

$$\\hat y_t \\pm q, \\quad q = |e|_{(\\lceil 0.9 (n + 1) \\rceil)}$$

Baselines and networks are fitted to the same training steps, unless the table says otherwise. The errors of two methods
in the same years are correlated from year to year, so their difference is tested over the years with a
heteroskedasticity- and autocorrelation-consistent variance (Diebold & Mariano 1995, Newey & West 1987). A MASE below 1
is better than repeating the last season (the *seasonal naive* forecast) on the past. The last formula is a split-
conformal prediction interval: $q$ is a quantile of the $n$ absolute errors in the validation period. The coverage of
the intervals is measured on the test period.""")

# %%
for study in page.studies("forecasts") if of("series") else []:
    dataset = page.datasets[study.spec["datasets"][0]]
    yearly = dataset.info["name"] == "sunspots"
    display.text(f"### {display.plain(dataset.info['title'])}")
    shown = ["sunspots_LSTM", "autoregression"] if yearly else ["ridge", "co2_GRU"]
    display.figure(
        forecasts.draw(page, study, shown, "year"), caption="Test period, one step ahead of each origin.", cover=True
    )
    display.table(
        forecasts.table(page, study),
        "All methods, test period: networks: mean ± half-width of the 95% interval over seeds; baselines: one value",
    )
    if yearly:
        display.table(forecasts.coverage(page, study), "Share of the years inside the 90% interval")
        display.text(forecasts.against_autoregression(study))
    display.figure(
        *forecasts.errors_by_horizon(page, study, dataset.info["feature_names"][0], "year" if yearly else "month"),
        caption="All origins of the test period; a network with a horizon of one step is applied to its own forecasts.",
    )
    display.claims(page.claims(f"{study.name}_*"))

# %%
for study in page.studies("detrending"):
    display.text("""### Detrending

CO₂ rises, so the test period lies above everything seen in training. The states of a GRU end in a tanh, and its output
cannot follow: trained on the level, it fails. The remedy is to remove the level (Zeng et al. 2023). The last value of
each window is subtracted from the window and from the values to forecast, and added to the forecast:

$$\\hat y_{t+1}, \\dots, \\hat y_{t+h} = y_t + f(y_{t-w+1} - y_t, \\dots, y_{t-1} - y_t, 0)$$""")
    display.figure(
        detrending.draw(page, study),
        caption="CO₂, test period, one month ahead; first run of the same GRU with the level and without it. Errors: "
        "all twelve months, mean over seeds.",
    )
    display.claims(page.claims("detrending_*"))

# %%
for study in page.studies("forecast_parity"):
    display.table(
        forecast_parity.table(page, study), "Training in NumPy and in Keras from the same weights on the same batches"
    )
    display.claims(page.claims("forecast_parity_*"))
for study in page.studies("channel_baselines"):
    display.text(f"### {display.plain(study.dataset.info['title'])}")
    display.table(channel_baselines.table(page, study), "Test split, scaled; input 336 hours, forecast 96 hours")
    display.claims(page.claims("etth1_*"))

# %%
if any(e.dataset.info["classes"] for e in of("series")):
    display.text("""### Time-series classification

The nearest-neighbor baseline predicts the class of the training series with the smallest Euclidean distance. The FCN
has three convolutions and global average pooling; the ResNet adds shortcuts (Wang, Yan & Oates 2017).""")
    nearest = page.first_study("nearest_neighbor")
    display.table(nearest_neighbor.table(page, nearest), f"Test accuracy in percent: {page.over_seeds}")
    display.claims(page.claims("ucr_*", "mnist1d_*"))

# %%
for study in page.studies("class_activation_maps"):
    display.text("""### Class activation maps

If the mean of each feature map $A_k$ over the steps is followed by a single linear layer, the score of a class is
itself a mean over the steps, so the contribution of each step is known exactly (Zhou et al. 2016):

$$z_c = \\frac{1}{T} \\sum_t M_c(t), \\qquad M_c(t) = \\sum_k w_{kc} A_k(t) + b_c$$""")
    for picture in class_activation_maps.draw(page, study):
        display.figure(
            picture, caption="First test series of each class; blue steps increase its score, orange steps decrease it."
        )
    display.figure(
        *class_activation_maps.deletion(page, study), caption="Mean and 95% band over seeds, 200 test series."
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
    display.table(errors, f"Regression, test split, targets standardized by the training split: {page.over_seeds}")

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; the wording of a claim follows its verdict.

# %%
display.verdicts(page.claims())

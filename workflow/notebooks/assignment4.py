# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Convolutional neural networks
#
# A convolution slides one small set of weights over the whole image. It has far fewer numbers to learn than a fully
# connected layer, and it knows that a stroke is a stroke wherever it stands.

# %% tags=["parameters"]
report = "assignment4"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.assignment4.figures import (
    architectures,
    convolution,
    convolution_gradients,
    data_augmentation,
    feature_maps,
    fine_tuning,
    keras_applications,
    locality,
    mnist1d,
    residual_connections,
)

page = Report(report, experiments, results, studies)
fresh = architectures.without_augmentation(page)
compared = Report(report, {e.name: e.spec for e in fresh}, results)
images = [e for e in fresh if e.dataset.is_image]
signals = [e for e in fresh if not e.dataset.is_image]


# %% [markdown]
# ## The convolutional layer
#
# A filter of $k \times k$ pixels and $C$ channels gives one number at each place of the image, and $F$ filters give $F$
# channels:
#
# $$Y_{i,j,f} = b_f + \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} \sum_{c=1}^{C} X_{i+u,\,j+v,\,c}\; W_{u,v,c,f}$$
#
# The same weights are used at every place (*weight sharing*), so their number, $k^2 C F + F$, does not depend on the
# size of the image. As the kernel is not turned round, the sum is strictly a *cross-correlation*; the field calls it
# convolution. The pixels that one output depends on are its *receptive field*: $k \times k$ here, more after each
# layer.

# %%
by_hand = page.first_study("convolution")
if by_hand:
    display.text("""## Hand-designed filters

Before kernels are learned, it helps to see what a few numbers do. A kernel of ninths blurs. A kernel whose weights sum
to zero is silent on even ground and answers where gray levels change: Sobel's answers edges of one direction, Laplace's
those of all. The same kernel is used at every place, so when the picture moves, the answer moves with it: the layer is
*equivariant* to translation.""")
    display.figure(
        convolution.kernels(by_hand), caption="The weights; Sobel's kernels are turned by 90° to each other."
    )
    display.figure(
        *convolution.filtered_images(by_hand),
        caption="Answers of kernels set by hand, gray levels 0 to 1. Photograph: china.jpg of scikit-learn, by "
        "danielbuechele, CC BY 2.0, reduced.",
    )
    display.claims(page.claims("convolution_moves"))

# %%
if by_hand:
    display.text("""## Vectorized convolution (im2col)

Written down, the formula is nested loops, the outermost over the images. NumPy runs the same sums in compiled code: one
product for each place of the window, or, with all windows laid out as the rows of a matrix (*im2col*), a single product
for the whole batch.""")
    display.table(
        convolution.implementations(by_hand),
        "Two images of 9 × 8 pixels and 3 channels, four 3 × 3 filters, in float64",
    )
    display.claims(page.claims("convolution_ways_*"))

# %% [markdown]
# ## Padding and stride
#
# A window of $k$ pixels fits an axis of $n$ in $n - k + 1$ places, so each layer would shrink the image. *Same* padding
# sets zeros around it; *stride* $s$ lets the window jump:
#
# $$n_{valid} = \left\lfloor \frac{n - k}{s} \right\rfloor + 1, \qquad
# n_{same} = \left\lceil \frac{n}{s} \right\rceil$$

# %%
display.figure(
    convolution.geometry(),
    caption="Left the input with its padding (dotted), right the output. Blue the first place of the window and what "
    "it gives, vermillion the next.",
)
display.claims(page.claims("convolution_sizes"))

# %% [markdown]
# ## Backpropagation through convolution and pooling
#
# Let $G_{i,j,f} = \partial L / \partial Y_{i,j,f}$ be given. The chain rule asks of each number where it was used.
#
# **The weight** $W_{u,v,c,f}$ was used at every place $(i, j)$, each time multiplied by $X_{i+u,\,j+v,\,c}$. Its
# gradient is the sum over the places, and the bias, which was multiplied by 1, collects $G$ itself:
#
# $$\frac{\partial L}{\partial W_{u,v,c,f}} = \sum_{i,j} X_{i+u,\,j+v,\,c}\; G_{i,j,f}, \qquad
# \frac{\partial L}{\partial b_f} = \sum_{i,j} G_{i,j,f}$$
#
# **The pixel** $X_{p,q,c}$ was used at every place $(i, j)$ whose window covers it: $p = i + u$ and $q = j + v$ for
# some $(u, v)$ of the kernel. Put $i = p - u$, $j = q - v$, and let $G$ be zero outside its edges:
#
# $$\frac{\partial L}{\partial X_{p,q,c}} = \sum_{u,v,f} G_{p-u,\,q-v,\,f}\; W_{u,v,c,f}$$
#
# The signs of $u$ and $v$ have turned: this is $G$ with a rim of $k - 1$ zeros, convolved with the kernel turned
# round.
#
# **Max-pooling** gives $Y_{i,j,c} = X_{p^*, q^*, c}$, where $(p^*, q^*)$ is the place of the largest value in the
# window of $(i, j)$. A small change of any other pixel changes nothing, one of the largest changes $Y$ by as much:
#
# $$\frac{\partial L}{\partial X_{p,q,c}} = \sum_{i,j} G_{i,j,c}\; [\,(p, q) = (p^*, q^*)\,]$$

# %%
if study := page.first_study("convolution_gradients"):
    for picture, words in zip(
        convolution_gradients.worked_example(study),
        (
            "A convolution in whole numbers, forward and back.",
            "Max-pooling of squares of 2 × 2, forward and back.",
        ),
    ):
        display.figure(picture, caption=words)
    display.figure(
        convolution_gradients.gradient_checks(study),
        caption="Ten random problems in float64: the formulas above, and two common mistakes, against central "
        "differences.",
    )
    display.claims(page.claims("convolution_gradients_*"))

# %% [markdown]
# ## Datasets

# %%
display.table(common_figures.datasets(compared))
display.figure(
    *[common_figures.look(dataset) for dataset in compared.datasets.values() if dataset.is_image],
    caption="Training images.",
)

# %% [markdown]
# ## LeNet-5, VGG and ResNet
#
# **LeNet-5** (LeCun et al. 1998) alternates convolution and mean-pooling, then forgets the image in dense layers.
# **VGG** (Simonyan & Zisserman 2015) stacks small convolutions, pools, and doubles the filters. **ResNet** (He et al.
# 2016) adds to each pair of convolutions what went in. All three are trained here in both backends, beside an MLP with
# one hidden layer.

# %%
display.table(
    architectures.layers(images),
    "C8: a convolution of 8 filters, C16/2: one of stride 2, P: a pooling, D10: a dense layer, [A + x]: a shortcut",
)
display.table(compared.scoreboard("accuracy", "f1_macro", "log_loss", "ece"), f"Test split: {compared.over_seeds}")

# %%
for name in compared.datasets:
    same = [e for e in images if e.spec["dataset"] == name]
    if len(same) > 2:
        table = architectures.costs_table(page, same)
        display.figure(
            architectures.costs(table),
            caption=f"{compared.datasets[name].info['title']}: test accuracy against four costs, bars are 95 % "
            "intervals over seeds. Time and memory are this machine's, one thread; Keras's memory holds TensorFlow.",
        )
        display.table(architectures.price_list(table), "The same in numbers")
display.claims(page.claims("mnist5k_*convolution", "mnist5k_deeper"))

# %% [markdown]
# ### Training curves

# %%
for e in images:
    display.figure(*common_figures.learning(e), caption=f"{e.title}. {e.parameters:,} parameters.")

# %% [markdown]
# ### NumPy vs Keras

# %%
bars = compared.comparison("accuracy")
display.figure(
    plots.metric_bars(bars[bars["label"].isin([e.title for e in images])], "test accuracy"),
    caption="Test accuracy with 95 % intervals over seeds.",
)
both = common_figures.agreement(compared)
if len(both):
    display.table(both, "First run of each backend on the same test examples")
display.claims(page.claims("mnist*_twins", "mnist*_mistakes"))

# %% [markdown]
# ### Error analysis
#
# Where the most accurate of these networks fails.

# %%
if images:
    best = max(images, key=lambda e: e.mean("accuracy", backend=e.backends[0]))
    display.figure(
        *common_figures.confusion(best),
        caption=f"{best.title}. Confusion matrix, test split, all seeds; per cent of the true class.",
    )
    display.figure(
        *common_figures.mistakes(best),
        caption=f"{best.title}. Most confident mistakes on the test split: true → predicted.",
    )

# %%
if study := page.first_study("locality"):
    display.text("""## Locality, weight sharing and translation equivariance

Why convolution? To an MLP a pixel's place is only an index: shuffle the pixels of all images by the same permutation
and it learns as well as before. A convolution believes two things: neighbors belong together (*locality*), and what is
worth finding here is worth finding there (*weight sharing*). We can take either away.""")
    display.figure(locality.inputs(study), caption="What the networks are given.")
    display.figure(
        locality.translated_digits(study),
        locality.sample_efficiency(study),
        caption="Left: networks trained on centered digits, tested on moved ones, mean of four directions. Right: "
        "trained on few and many digits, with pixels as they are and shuffled. Mean and 95 % band over five seeds.",
    )
    display.text("### Translated digits")
    display.claims(page.claims("locality_translation_*"))
    display.text("### Pixel permutation")
    display.claims(page.claims("locality_permutation_*"))
    display.text("### Sample efficiency")
    display.claims(page.claims("locality_sample_*"))

# %%
if signals:
    display.text("""### MNIST-1D benchmark

MNIST-1D (Greydanus 2020) shrinks the question to signals of 40 values: a template for each digit, stretched, moved and
drowned in noise, and publishes what softmax regression, an MLP and three convolutions make of it. Where a template
stands is up to chance, so the MLP has to learn each digit at each place.""")
    display.table(architectures.layers(signals), "C25/2: a convolution of 25 filters and stride 2, D100: a dense layer")
    display.figure(
        mnist1d.signals(signals[0].dataset),
        mnist1d.draw(signals),
        caption="Left three training signals of one class, right the test accuracy of each NumPy run.",
    )
    display.claims(page.claims("greydanus_*"))

# %%
if study := page.first_study("residual_connections"):
    display.text(r"""## Residual connections

More layers should never hurt: the added ones could copy their input. Trained by gradient descent they do hurt (He et
al. 2016), on the *training* data. With a *residual connection* (a shortcut) a block computes $y = x + F(x)$, so that
doing nothing means $F = 0$, and the gradient has a way round:

$$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} +
\left(\frac{\partial F}{\partial x}\right)^{\!\top} \frac{\partial L}{\partial y}$$

Here the same stack of $3 \times 3$ convolutions, each with batch normalization, is trained with and without the
shortcuts, all else equal.""")
    display.figure(
        *residual_connections.accuracy_by_depth(study),
        caption=f"{study.arguments['examples']} digits of 8 × 8 pixels, {study.arguments['epochs']} epochs of Adam; "
        "mean and 95 % band over seeds.",
    )
    display.figure(
        *residual_connections.gradient_norms(study),
        caption="The same stacks before training. Left at the greatest depth; right the first layer's over the last's.",
    )
    display.claims(page.claims("residual_connections_*"))

# %%
if study := page.first_study("feature_maps"):
    display.text("""## Feature maps and embeddings

What the layers see: the first filters of the small VGG, one digit after each of its layers (*feature maps*), and digits
as each layer places them (*embeddings*).""")
    display.figure(
        feature_maps.filters(study),
        *feature_maps.feature_maps(study),
        caption="First run of the small VGG in NumPy: first filters, then one validation digit after each convolution "
        "and pooling, at most eight channels.",
    )
    for picture in feature_maps.embedding_planes(study, study.dataset.names):
        display.figure(picture, caption="Validation digits, each drawn as its class.")
    display.figure(
        feature_maps.neighbor_accuracy(study),
        caption=f"Validation digits; neighbors among {study.arguments['neighbours']:,} training digits.",
    )
    display.claims(page.claims("feature_maps_*"))

# %%
if pairs := data_augmentation.augmented(page):
    display.text("""## Data augmentation

A shifted seven is a seven. Layers that shift, turn, zoom and bend each image anew at every pass say so without one more
label. Bending is Simard's (2003): every pixel is read from a place moved by a random field, smoothed so that neighbors
move together. Keras's own layer of that name cannot be used in training: it moves rows and columns by the same field
and, where the size of a batch is not fixed, makes all images of a batch from the first. Both backends therefore have
ours; shifts, turns and zooms are Keras's, and drawn alike to rounding.""")
    display.figure(
        data_augmentation.versions(pairs[0][0].dataset), caption="One training image, four layers, five draws each."
    )
    for plain, other in pairs:
        display.figure(
            *data_augmentation.training_curves(plain, other),
            caption=f"{plain.title}: with and without augmentation, NumPy. Left on the training images as they were "
            "shown, right on validation.",
        )
    display.claims(page.claims("augmentation_*"))

# %%
for task, modes in fine_tuning.experiments(page).items():
    source = page[modes["tuned"][min(modes["tuned"])].spec["start"]["experiment"]]
    display.text(f"""## Transfer learning: {source.dataset.info["title"]} first

A network trained on one task lends its convolutions to another with few labels: all layers but the last begin with the
weights that “{source.title}” ended with. Then either all of them are trained on (*fine-tuning*), or only the last one
is and the rest stays frozen. Beside it the same network from random weights, with the same seeds and the same number of
epochs.""")
    display.figure(
        fine_tuning.draw(modes),
        caption="Test accuracy of the NumPy runs, mean and 95 % band over seeds. A larger set of labels contains the "
        "smaller ones; the test split is the same.",
    )
    display.claims(page.claims("transfer_clothes_*") if "few" in task else page.claims("transfer_[!c]*"))

# %%
if large := keras_applications.experiments(page):
    display.text("""## VGG16 and ResNet50 in Keras

`keras.applications` has VGG16 (Simonyan & Zisserman 2015) and ResNet50 (He et al. 2016) themselves. The layer
`Application` builds one without its dense layers for the small image size, gives it three channels and its own
`preprocess_input`, and a dense layer of ours ends it. `trainable: false` freezes it, `weights: imagenet` begins with
weights from the network, and says so in one sentence when they cannot be had. Made for 1.2 million photographs, these
networks are far too large for digits. Here each is trained from random weights for a few dozen steps on three digits,
to see that it learns, is saved, read and tested. Its accuracy says nothing about the architecture.""")
    display.table(keras_applications.table(large), "One seed each; the test split holds 300 digits")
    display.claims(page.claims("mainstream_*"))

# %%
published = page.claims("published_*", "mnist_*anchor", "fashion_mnist_*anchor", "cifar10_*anchor")
if len(published):
    display.text("""## Comparison with published results

On the published datasets in full size. The recipes are VGG's pattern made small, trained with one cycle of the rate;
ResNet-20 is the paper's, for as many epochs as an hour of one core allows.""")
    display.table(keras_applications.table(e for e in page if e.dataset.info["counts"]["train"] > 10_000))
    for experiment in page.matching("cifar10_resnet*"):
        display.figure(*common_figures.learning(experiment), caption=f"{experiment.title}, one run per seed.")
    display.claims(published)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; where the verdict turns, the sentence turns with it.

# %%
display.verdicts(page.claims())

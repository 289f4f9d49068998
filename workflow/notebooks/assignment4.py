# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Convolutional neural networks
#
# A convolution slides a small set of weights over the whole image. It has far fewer parameters than a fully connected
# layer, and it recognizes a pattern wherever it appears.

# %% tags=["parameters"]
report = "assignment4"
experiments = {}
studies = {}
results = "results"

# %%
from layerwise import plots
from layerwise.nn.kernels import convolution as kernels
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reporting.widgets import draw_digit, kernel_editor, network
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
    receptive_fields,
    residual_connections,
    transfer_learning,
)
from layerwise.reports.assignment4.shared import by_matrix

page = Report(report, experiments, results, studies)
display.overview(page)
fresh = architectures.without_augmentation(page)
compared = Report(report, {e.name: e.spec for e in fresh}, results)
images = [e for e in fresh if e.dataset.is_image]
signals = [e for e in fresh if not e.dataset.is_image]


# %% [markdown]
# ## The convolutional layer
#
# A filter of $k \times k$ pixels and $C$ channels computes one value at each position of the image, and $F$ filters
# give $F$ channels:
#
# $$Y_{i,j,f} = b_f + \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} \sum_{c=1}^{C} X_{i+u,\,j+v,\,c}\; W_{u,v,c,f}$$
#
# The same weights are used at every position (*weight sharing*), so their number, $k^2 C F + F$, does not depend on
# the image size. The pixels that an output depends on are its *receptive field*: $k \times k$ here, larger after each
# further layer.
#
# Strictly, this operation is a *cross-correlation*. A convolution flips the kernel,
#
# $$(X * W)_{i,j} = \sum_{u,v} X_{i-u,\,j-v}\; W_{u,v}$$
#
# which makes it commutative. For learned weights the difference is only in how they are stored, so the deep learning
# literature calls both convolution.

# %%
convolution_study = page.first_study("convolution")
if convolution_study:
    display.text("""## Hand-designed filters

Before learning kernels, it helps to see what simple ones do. A kernel of ninths blurs. A kernel whose weights sum to
zero gives zero on uniform regions and responds where gray levels change: Sobel's to edges of one orientation, Laplace's
to edges of all orientations. The same kernel is used at every position, so if the image is shifted, the output shifts
with it: the layer is *equivariant* to translation.""")
    display.figure(
        convolution.kernels(convolution_study),
        caption="The weights of the kernels; the Sobel kernels differ by a rotation of 90°.",
    )
    display.figure(
        *convolution.filtered_images(convolution_study),
        caption="Outputs of the hand-designed filters, gray levels 0 to 1. Photograph: china.jpg of scikit-learn, by "
        "danielbuechele, CC BY 2.0, downsampled.",
    )
    display.widget(kernel_editor.widget(convolution_study), caption="The same photograph and the same kernels.")
    display.claims(page.claims("convolution_moves"))

# %%
if convolution_study:
    display.text("""## Vectorized convolution (im2col)

Written out, the formula is a set of nested loops. NumPy computes the same sums in compiled code: with one product per
window position, or, with all windows arranged as the rows of a matrix (*im2col*), with a single product for the whole
batch.""")
    display.table(
        convolution.implementations(convolution_study),
        "Two images of 9 × 8 pixels and 3 channels, four 3 × 3 filters, in float64",
    )
    display.source(by_matrix)
    display.claims(page.claims("convolution_ways"))

# %% [markdown]
# ## Padding and stride
#
# A window of $k$ pixels has $n - k + 1$ positions along an axis of $n$ pixels, so each layer would shrink the image.
# *Same* padding surrounds the image with zeros; a *stride* of $s$ moves the window by $s$ pixels at a time:
#
# $$n_{valid} = \left\lfloor \frac{n - k}{s} \right\rfloor + 1, \qquad
# n_{same} = \left\lceil \frac{n}{s} \right\rceil$$

# %%
display.figure(
    convolution.geometry(),
    caption="Left: the input with its padding (dotted); right: the output. Blue: the first position of the window and "
    "its output; vermillion: the next one.",
)
display.claims(page.claims("convolution_sizes"))

# %% [markdown]
# ## Backpropagation through convolution and pooling
#
# Let $G_{i,j,f} = \partial L / \partial Y_{i,j,f}$ be given. By the chain rule, the gradient of a quantity sums over
# all outputs in which it is used.
#
# **The weight** $W_{u,v,c,f}$ is used at every position $(i, j)$, each time multiplied by $X_{i+u,\,j+v,\,c}$. Its
# gradient is the sum over the positions; the bias is multiplied by 1, so its gradient sums $G$ itself:
#
# $$\frac{\partial L}{\partial W_{u,v,c,f}} = \sum_{i,j} X_{i+u,\,j+v,\,c}\; G_{i,j,f}, \qquad
# \frac{\partial L}{\partial b_f} = \sum_{i,j} G_{i,j,f}$$
#
# **The pixel** $X_{p,q,c}$ is used at every position $(i, j)$ whose window covers it: $p = i + u$ and $q = j + v$ for
# some $(u, v)$ of the kernel. Substitute $i = p - u$, $j = q - v$, and let $G$ be zero outside its range:
#
# $$\frac{\partial L}{\partial X_{p,q,c}} = \sum_{u,v,f} G_{p-u,\,q-v,\,f}\; W_{u,v,c,f}$$
#
# The signs of $u$ and $v$ are reversed: this is $G$, padded with $k - 1$ zeros, convolved with the kernel rotated by
# 180°.
#
# **Stride and padding.** With stride $s$ and $a$ zeros before the image, the window of output $(i, j)$ starts at
# $(s\,i - a,\; s\,j - a)$. For the weights, this changes only the index, and padded pixels count as zeros:
#
# $$\frac{\partial L}{\partial W_{u,v,c,f}} = \sum_{i,j} X_{s i + u - a,\; s j + v - a,\; c}\; G_{i,j,f}$$
#
# For the pixels, let $\tilde G$ be $G$ with $s - 1$ zeros between neighboring entries, $\tilde G_{s i,\, s j} =
# G_{i,j}$. The outputs of a stride are those of stride 1 at every $s$-th position, so the formula of stride 1 holds for
# $\tilde G$ on the padded image, whose margin of $a$ pixels is then cut off:
#
# $$\frac{\partial L}{\partial X_{q,r,c}} = \sum_{u,v,f} \tilde G_{q+a-u,\; r+a-v,\; f}\; W_{u,v,c,f}$$
#
# *Same* padding has $a = \lfloor P / 2 \rfloor$ with $P = \max((\lceil n/s \rceil - 1)\,s + k - n,\; 0)$; if $P$ is
# odd, the additional zeros are at the lower and right edge.
#
# **Max-pooling** gives $Y_{i,j,c} = X_{p^*, q^*, c}$, where $(p^*, q^*)$ is the position of the maximum in the window
# of $(i, j)$. A small change of the maximum changes $Y$ by the same amount; a small change of any other pixel changes
# nothing:
#
# $$\frac{\partial L}{\partial X_{p,q,c}} = \sum_{i,j} G_{i,j,c}\; [\,(p, q) = (p^*, q^*)\,]$$
#
# In code, one output pixel at a time; the tests hold the fast convolution of the framework to these functions:

# %%
display.source(
    kernels.convolution_reference,
    kernels.convolution_parameter_gradients_reference,
    kernels.convolution_input_gradient_reference,
)

# %%
if study := page.first_study("convolution_gradients"):
    for picture, words in zip(
        convolution_gradients.worked_example(study),
        (
            "A convolution with integer values, forward and backward.",
            "Max-pooling over 2 × 2 windows, forward and backward.",
        ),
    ):
        display.figure(picture, caption=words)
    display.figure(
        convolution_gradients.gradient_checks(study),
        caption="Ten random problems in float64: the formulas above and two common mistakes, compared with central "
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
# **LeNet-5** (LeCun et al. 1998) alternates convolution and average pooling and ends in dense layers. **VGG** (Simonyan
# & Zisserman 2015) stacks small convolutions and doubles the number of filters after each pooling. **ResNet** (He et
# al. 2016) adds the input of each pair of convolutions to its output. All three are trained here in both backends, with
# an MLP with one hidden layer for comparison.

# %%
display.table(
    architectures.layers(images),
    "C8: convolution with 8 filters; C16/2: stride 2; P: pooling; D10: dense layer with 10 units; [A + x]: shortcut",
)
display.table(compared.scoreboard("accuracy", "f1_macro", "log_loss", "ece"), f"Test split: {compared.over_seeds}")

# %%
for name in compared.datasets:
    same = [e for e in images if e.spec["dataset"] == name]
    if len(same) > 2:
        table = architectures.costs_table(page, same)
        display.figure(
            architectures.costs(table),
            caption=f"{compared.datasets[name].info['title']}: test accuracy against four costs; bars are 95% "
            "intervals over seeds. Time and memory were measured on this machine with one thread; the memory of Keras "
            "includes TensorFlow.",
        )
        display.table(architectures.price_list(table), "The same data as a table")
if digits := network.of_digits(images):
    display.widget(
        draw_digit.widget(digits),
        draw_digit.picture(digits),
        caption="First NumPy run of each network. Saliency map: blue pixels raise the score, vermillion ones lower it.",
    )
display.claims(page.claims("mnist5k_*convolution", "mnist5k_deeper"))

# %%
if study := page.first_study("receptive_fields"):
    display.text(r"""### Receptive fields

Let $r_l$ be the side of the receptive field after layer $l$, and $j_l$ the distance in pixels between the fields of
neighboring outputs (the *jump*). A window of $k_l$ inputs reaches $k_l - 1$ jumps farther than a single input, and a
stride $s_l$ multiplies the jump:

$$r_l = r_{l-1} + (k_l - 1)\, j_{l-1}, \qquad j_l = j_{l-1}\, s_l, \qquad r_0 = j_0 = 1$$

Two convolutions of $3 \times 3$ see as far as one of $5 \times 5$ with fewer weights, $18\,C^2$ instead of $25\,C^2$,
and have one more activation in between; this is the idea of VGG. The measured fields are the pixels to which the
gradient of one output extends. They are limited by the image, and the gradient is largest near their center.""")
    display.table(
        receptive_fields.table(page, study),
        "Receptive field in pixels by the formula, and the side of the square of pixels with a gradient in the first "
        "NumPy run",
    )
    display.figure(
        receptive_fields.draw(page, study),
        caption=f"Mean absolute gradient of one central output, summed over its channels, with respect to the pixels; "
        f"{study.arguments['images']} validation images, each map with its own scale.",
    )
    display.text(r"""### 1 × 1 convolutions and bottlenecks

A $1 \times 1$ convolution is a dense layer applied at each position: it mixes the channels and changes their number,
and leaves the receptive field as it is. The *bottleneck* of the deeper ResNets (He et al. 2016) first reduces the
channels, applies the expensive $3 \times 3$ convolution to the few that remain, and then restores their number.""")
    display.table(
        receptive_fields.bottleneck(), "A residual branch for 256 channels of 14 × 14 positions, without biases"
    )

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
    caption="Test accuracy with 95% intervals over seeds.",
)
both = common_figures.agreement(compared)
if len(both):
    display.table(both, "First run of each backend on the same test examples")
display.claims(page.claims("*_parity"))

# %% [markdown]
# ### Error analysis
#
# The mistakes of the most accurate of these networks.

# %%
if images:
    best = max(images, key=lambda e: e.mean("accuracy", backend=e.backends[0]))
    display.figure(
        *common_figures.confusion(best),
        caption=f"{best.title}. Confusion matrix, test split, all seeds; percent of the true class.",
    )
    display.figure(
        *common_figures.mistakes(best),
        caption=f"{best.title}. Most confident mistakes on the test split: true → predicted.",
    )

# %%
if study := page.first_study("locality"):
    display.text("""## Locality, weight sharing and translation equivariance

To an MLP, the position of a pixel is only an index: if the pixels of all images are shuffled by the same permutation,
it learns as well as before. A convolution makes two assumptions: nearby pixels belong together (*locality*), and a
pattern that is useful at one position is useful at all others (*weight sharing*). Permuting the pixels violates the
first, shifting the test digits tests the second.""")
    display.figure(locality.inputs(study), caption="The inputs of the networks.")
    display.figure(
        locality.translated_digits(study),
        locality.sample_efficiency(study),
        caption="Left: networks trained on centered digits and tested on shifted ones, mean over four directions. "
        "Right: training sets of different sizes, with original and with permuted pixels. Mean and 95% band over five "
        "seeds.",
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

MNIST-1D (Greydanus 2020) reduces the problem to signals of 40 values: a template for each digit is scaled, shifted and
buried in noise. The paper reports the accuracy of softmax regression, an MLP and a network of three convolutions. The
position of a template is random, so the MLP has to learn each digit at each position.""")
    display.table(
        architectures.layers(signals),
        "C25/2: convolution with 25 filters and stride 2; D100: dense layer with 100 units",
    )
    display.figure(
        mnist1d.signals(signals[0].dataset),
        mnist1d.draw(signals),
        caption="Left: three training signals of one class; right: test accuracy of each NumPy run.",
    )
    display.claims(page.claims("mnist1d_*"))

# %%
if study := page.first_study("residual_connections"):
    display.text(r"""## Residual connections

More layers should never increase the training error, as the additional ones could copy their input. Trained by gradient
descent, very deep plain networks do have a higher *training* error (He et al. 2016). With a *residual connection* (a
shortcut), a block computes $y = x + F(x)$: the identity is simply $F = 0$, and the gradient has a direct path:

$$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial y} +
\left(\frac{\partial F}{\partial x}\right)^{\!\top} \frac{\partial L}{\partial y}$$

Here the same stack of fully connected layers, which are cheap enough to be trained until the loss no longer falls, is
trained with and without shortcuts, each layer with batch normalization.""")
    display.figure(
        *residual_connections.accuracy_by_depth(study),
        caption=f"{study.arguments['examples']} digits of 8 × 8 pixels, {study.arguments['epochs']} epochs of Adam "
        "with cosine decay; mean and 95% band over seeds.",
        cover=True,
    )
    display.figure(
        *residual_connections.gradient_norms(study),
        caption="The same stacks before training. Left: greatest depth; right: ratio of the first layer to the last.",
    )
    display.text("""### Shattered gradients

Batch normalization keeps the size of the signal, but not the *shape* of the gradient. In a deep plain network with it,
gradients at two similar inputs are hardly related (Balduzzi et al. 2017): as a function of the input, the gradient
resembles white noise, and a step that helps one example says little about its neighbors. With shortcuts the
correlation decays more slowly with depth. Measured in untrained networks with one input.""")
    display.figure(
        *residual_connections.shattered_gradients(study),
        caption="Left: one network of each kind. Right: autocorrelation of the derivative between neighbors of 256 "
        "inputs from −2 to 2; mean and 95% band over ten networks.",
    )
    display.claims(page.claims("residual_connections_*"))

# %%
if study := page.first_study("feature_maps"):
    display.text("""## Feature maps and embeddings

The first filters of the small VGG, its *feature maps* of one digit, and the *embeddings* of many digits after each
layer.""")
    display.figure(
        feature_maps.filters(study),
        *feature_maps.feature_maps(study),
        caption="First run of the small VGG in NumPy: first filters, then feature maps of one validation digit after "
        "each convolution and pooling layer, at most eight channels.",
    )
    for picture in feature_maps.embedding_planes(study, study.dataset.names):
        display.figure(picture, caption="Validation digits, each drawn as its class label.")
    display.figure(
        feature_maps.neighbor_accuracy(study),
        caption=f"Validation digits and their nearest of {study.arguments['neighbours']:,} training digits.",
    )

# %%
if pairs := data_augmentation.augmented(page):
    display.text("""## Data augmentation

A shifted seven is still a seven. Augmentation layers apply a new random shift, rotation, zoom and elastic distortion to
each image in every epoch, which adds variation without additional labels. The elastic distortion is that of Simard et
al. (2003): every pixel is read from a position displaced by a random field, smoothed so that neighboring pixels move
together. Keras's own layer of that name cannot be used in training: it displaces rows and columns by the same field
and, if the batch size is not fixed, computes all images of a batch from the first. Both backends therefore use our
implementation; shift, rotation and zoom follow Keras and agree up to rounding.""")
    display.figure(
        data_augmentation.versions(pairs[0][0].dataset),
        caption="One training image, four augmentation layers, five random draws each.",
    )
    for plain, other in pairs:
        display.figure(
            *data_augmentation.training_curves(plain, other),
            caption=f"{plain.title}: with and without augmentation, NumPy. Left: training images as augmented; right: "
            "validation images.",
        )
    display.claims(page.claims("augmentation_*"))

# %%
if study := page.first_study("transfer_learning"):
    display.text("""## Transfer learning and fine-tuning

A network trained on one task provides the initial weights for another task with few labels: all layers but the last
start from the weights of a network trained on the digits 0 to 4, and the task is to tell the digits 5 to 9 apart. Then
either all layers are trained (*fine-tuning*), or only the last one, with the others frozen (*feature extraction*). The
baseline is the same network trained from random weights. Each seed draws its own labeled images; all three networks of
a seed are trained on the same images in the same order, so they are compared in pairs.""")
    display.figure(
        *transfer_learning.draw(study),
        caption=f"Left: mean and 95% band over {study.arguments['seeds']} seeds. Right: differences in pairs, one dot "
        "per seed. The larger training sets contain the smaller ones; the test split is the same.",
    )
    display.claims(page.claims("transfer_learning_*"))

# %%
for modes in fine_tuning.experiments(page).values():
    source = page[modes["tuned"][min(modes["tuned"])].spec["start"]["experiment"]]
    display.text(f"""### Transfer learning from {display.plain(source.dataset.info["title"])}

The same comparison with the weights of “{display.plain(source.title)}”, for the same number of epochs.""")
    display.figure(
        fine_tuning.draw(modes),
        caption="Test accuracy of the NumPy runs, mean and 95% band over seeds. The larger training sets contain the "
        "smaller ones; the test split is the same.",
    )
    display.claims(page.claims("transfer_clothes_*"))

# %%
if study := page.first_study("keras_applications"):
    display.text(f"""## VGG16 and ResNet50 in Keras

`keras.applications` provides the original VGG16 (Simonyan & Zisserman 2015) and ResNet50 (He et al. 2016), designed for
1.2 million photographs. Nobody trains such a network from random weights on a few dozen images. The usual way, that of
Keras's guide to transfer learning, has two steps:

1. *Feature extraction*: the pretrained network is frozen and called with `training=False`, so that batch normalization
   keeps its statistics. Only a new last layer is trained, on the network's features.
2. *Fine-tuning*: all layers are trained further, with a small learning rate.

The layer `Application` resizes the images, converts them to three channels and applies the `preprocess_input` of the
architecture. {keras_applications.pretraining(study)}""")
    display.figure(
        keras_applications.draw(study),
        caption=f"Digits 5 to 9, {study.arguments['labels']} labeled images; one dot per seed, which draws the images "
        "and the new last layer. The three networks of a seed are trained on the same images.",
    )
    display.table(keras_applications.summary(study), "Test accuracy: mean ± half-width of the 95% interval over seeds")
    display.claims(page.claims("keras_applications_*"))

# %%
published = page.claims("published_*")
if len(published):
    display.text("""## Comparison with published results

The full published datasets. The networks are small versions of VGG, trained with a learning rate that warms up for one
epoch and then follows half a cosine; ResNet-20 is that of the paper, trained for as many epochs as fit into one hour on
one core.""")
    display.table(architectures.published(e for e in page if e.dataset.info["counts"]["train"] > 10_000))
    for experiment in page.matching("cifar10_resnet*"):
        display.figure(*common_figures.learning(experiment), caption=f"{experiment.title}, one run per seed.")
    display.claims(published)

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Each claim of this page with the test that decides it; the wording of a claim follows its verdict.

# %%
display.verdicts(page.claims())

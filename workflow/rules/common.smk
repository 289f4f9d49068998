# Checks the configuration and answers the questions that the rules ask of it.
import json
import os
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import update_config

from layerwise import alone, claims, code, config as configuration, failures, files, models
from layerwise.data import catalogue
from layerwise.training import numpy_backend
from layerwise.tuning import sweep as tuning

# What a target is called → the report it makes.
REPORTS = {
    **{f"assignment{n}": f"assignment{n}" for n in range(1, 6)},
    "tuning": "hyperparameter_tuning",
    "interpretability": "interpretability",
    "domains": "application_domains",
    "reproducibility": "reproducibility",
}
SPLITS = ["train", "validation", "test"]
MODEL_FILES = {"numpy": ["model.npz"], "keras": ["model.weights.h5", "model.json"]}

watch = failures.Watch()
logger.addFilter(watch)

if set(workflow.basedir) & set("{}"):  # wildcards to Snakemake, which looks for environment.yml there
    raise WorkflowError(f"the folder of the project is '{workflow.basedir}'; rename it so that no {{ or }} is in it")

# Snakemake lists the files of the command line first, though they win.
CONFIG_FILES = [file for file in workflow.configfiles if file not in workflow.overwrite_configfiles]
CONFIG_FILES += workflow.overwrite_configfiles

try:
    update_config(config, configuration.typed(workflow.config_settings.config))
    config = configuration.expand(config)
    configuration.check(
        config, os.path.join(workflow.basedir, "workflow", "schemas", "config.schema.yaml"), CONFIG_FILES
    )
    for name, spec in config["experiments"].items():
        place = configuration.place(["experiments", name], CONFIG_FILES)
        models.check(spec, numpy_backend.NAMES, place, configuration.backends(config, name))
    for name, spec in config["datasets"].items():
        catalogue.complete(spec, f"config/datasets.yaml: datasets.{name}")
except ValueError as error:
    raise WorkflowError(str(error)) from None

SWEEPS = {}
for name, spec in config["sweeps"].items():
    try:
        SWEEPS[name] = tuning.check(name, spec, config["experiments"], numpy_backend.NAMES)
    except ValueError as error:
        file = configuration.place(["sweeps", name], CONFIG_FILES).partition(": ")[0]
        raise WorkflowError(f"{file}: {error}") from None

STUDIES = config.get("studies", {})
DOWNLOADS = config["data"]["downloads"]
if not DOWNLOADS or set(DOWNLOADS) & set("{}"):  # braces are wildcards to Snakemake
    place = configuration.place(["data", "downloads"], CONFIG_FILES)
    raise WorkflowError(f"{place}: got '{DOWNLOADS}'; must be the name of a folder, without {{ and }}")
if config["data"]["mirror"]:
    os.environ.setdefault("LAYERWISE_DATA_MIRROR", config["data"]["mirror"])

try:
    files.date_no_later_than_now(
        [
            *glob("workflow/notebooks/*"),
            *glob("src/layerwise/reporting/templates/*"),
            *(file for spec in config["datasets"].values() for file in catalogue.own_files(spec)),
            *Path(DOWNLOADS).glob("*/fetched.json"),
            *glob("results/**", recursive=True),
            *glob("reports/*"),
        ]
    )
except OSError as error:
    raise WorkflowError(str(error)) from None

# One thread everywhere: more would change the last bits of a result. Parallelism comes from jobs.
os.environ.update(
    OMP_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    TF_NUM_INTRAOP_THREADS="1",
    TF_NUM_INTEROP_THREADS="1",
    TF_CPP_MIN_LOG_LEVEL="2",
    PYTHONHASHSEED="0",
)


wildcard_constraints:
    experiment=r"\w+",
    dataset=r"\w+",
    source=r"\w+",
    backend="numpy|keras",
    seed=r"\d+",
    report="|".join(REPORTS.values()),


# --- one experiment -----------------------------------------------------------------------------------------------


def dataset_path(experiment, name):
    """Return one file of the dataset of an experiment."""
    return f"results/data/{config['experiments'][experiment]['dataset']}/{name}"


def training_spec(experiment):
    """Return, as JSON, what of an experiment decides a run; more seeds or a new title rerun nothing."""
    spec = config["experiments"][experiment]
    return json.dumps({key: value for key, value in spec.items() if key not in ("title", "seeds", "backends")})


def training_code(experiment, backend, *more):
    """Return the digest of the code that trains an experiment in a backend: the layers it uses, but no others."""
    entries = ["layerwise.training.__main__", "layerwise.training.run", f"layerwise.training.{backend}_backend", *more]
    if backend == "keras":  # of nn it loads the residual layer written for Keras, and no layer of ours
        return code.digest(*entries, skip=frozenset({"layerwise.nn"}))
    layers = configuration.layer_names(config["experiments"][experiment]["model"])
    return code.digest(*entries, skip=code.unused_layers(layers))


def start_of(experiment, backend, seeds):
    """Return the runs that an experiment starts from, a seed each; none for most experiments."""
    start = config["experiments"][experiment].get("start")
    return runs_of(start["experiment"], backend, seeds) if start else []


def runs_of(experiment, backend, seeds=None):
    """Return the run folders of one experiment in one backend, for all its seeds or some."""
    seeds = seeds or configuration.seeds(config, experiment)
    return [f"results/runs/{experiment}/{backend}/seed-{seed}" for seed in seeds]


# --- one dataset --------------------------------------------------------------------------------------------------


def dataset_spec(wildcards):
    """Return a dataset as JSON."""
    return json.dumps(dataset(wildcards.dataset))


def dataset(name):
    """Return the specification of a dataset, or say that there is none of that name."""
    if name not in config["datasets"]:
        raise WorkflowError(f"unknown dataset '{name}'{configuration.nearest(name, config['datasets'])}")
    return config["datasets"][name]


def raw_files(wildcards):
    """Return the files that a dataset is made from: fetched ones, a user's own, or none for a bundled set."""
    spec = dataset(wildcards.dataset)
    name, source = catalogue.source_of(spec)
    if source.home == "own":
        return [file for file in catalogue.own_files(spec) if "{" not in file]
    return f"{DOWNLOADS}/{name}/fetched.json" if source.home == "published" else []


def braced_files(wildcards):
    """Return size and time of a user's files whose names Snakemake would take for patterns: no input can be."""
    files = [file for file in catalogue.own_files(dataset(wildcards.dataset)) if "{" in file]
    return [(file, os.stat(file).st_size, os.stat(file).st_mtime_ns) for file in files if os.path.exists(file)]


# --- one study ----------------------------------------------------------------------------------------------------


def one_of(names):
    """Return the pattern that matches these names and nothing else."""
    return "|".join(names) or "(?!)"


def study_spec(wildcards):
    """Return a study as JSON."""
    return json.dumps(STUDIES[wildcards.study])


def study_code(wildcards):
    """Return the digest of the code of a study: its module and what that imports."""
    name = STUDIES[wildcards.study]["function"].partition(".")[0]
    return code.digest("layerwise.studies.__main__", f"layerwise.studies.{name}")


def study_splits(wildcards):
    """Return the splits that a study reads: never the test split, unless it evaluates."""
    spec = STUDIES[wildcards.study]
    names = SPLITS if spec.get("evaluates") else ["train", "validation"]
    return expand(
        "results/data/{dataset}/{split}.npz",
        dataset=spec.get("datasets", []),
        split=names,
    )


def study_pairs(wildcards):
    """Return the pairs of experiment and backend whose trained models a study reads."""
    known = {
        f"{name}/{backend}": (name, backend)
        for name in config["experiments"]
        for backend in configuration.backends(config, name)
    }
    names = STUDIES[wildcards.study].get("runs", [])
    for name in names:
        if name not in known:
            hint = configuration.nearest(name, known)
            raise WorkflowError(f"studies.{wildcards.study}.runs: '{name}' is not trained{hint}")
    return [known[name] for name in names]


def study_runs(wildcards):
    """Return the models that a study reads; what they predicted for the test split too, if it evaluates."""
    also = ["predictions.npz"] if STUDIES[wildcards.study].get("evaluates") else []
    return [
        f"{run}/{file}"
        for pair in study_pairs(wildcards)
        for run in runs_of(*pair)
        for file in [*MODEL_FILES[pair[1]], "provenance.json", *also]
    ]


def study_descriptions(wildcards):
    """Return what describes the datasets that the models of a study were trained on."""
    return sorted({dataset_path(experiment, "dataset.json") for experiment, _ in study_pairs(wildcards)})


def study_sweeps(wildcards):
    """Return the tables of the sweeps that a study reads."""
    names = STUDIES[wildcards.study].get("sweeps", [])
    return expand("results/sweeps/{sweep}/trials.csv", sweep=names)


# --- one sweep ----------------------------------------------------------------------------------------------------

SWEEP_FILES = ["trials.csv", "curves.csv", "sweep.json", "best.json", "provenance.json"]
SWEEP_PART = "results/sweeps/{sweep}/parts/rung-{rung}/{first}-{last}.json"
DRAWN = ("experiment", "method", "batch", "seed", "space")  # what decides a suggestion that reads no result …
TRAINED = ("experiment", "backend", "method", "batch", "seeds", "space", "pruning")  # … a trial, and a judgement of it
JUDGED = (*TRAINED, "objective", "seed")


@cache
def sweep_text(name, *keys):
    """Return a sweep as JSON, with the keys of its entry that matter."""
    return SWEEPS[name].text(*keys)


@cache
def parts_of(name, batch, rungs=None):
    """Return the files of a batch that say a part of its trials is done, of all rungs or of the first few."""
    rungs = len(SWEEPS[name].rungs) if rungs is None else rungs
    return [
        SWEEP_PART.format(sweep=name, rung=rung, first=part[0], last=part[-1])
        for rung in range(rungs)
        for part in SWEEPS[name].parts(batch)
    ]


def parts_before(name, batch):
    """Return the parts of all batches before one."""
    return [file for earlier in range(batch) for file in parts_of(name, earlier)]


def suggest_input(wildcards):
    """Return the trials that a batch of suggestions learns from."""
    adaptive = SWEEPS[wildcards.sweep].method in tuning.ADAPTIVE
    return parts_before(wildcards.sweep, int(wildcards.batch)) if adaptive else []


def prune_input(wildcards):
    """Return the trials that decide which go on to a rung: those of the batches before, and the rungs below."""
    name, batch = wildcards.sweep, int(wildcards.batch)
    return parts_before(name, batch) + parts_of(name, batch, int(wildcards.rung))


def trial_input(wildcards):
    """Return the suggestions that a part of the trials tries, and who of them goes on to its rung."""
    folder = f"results/sweeps/{wildcards.sweep}"
    batch = int(wildcards.first) // SWEEPS[wildcards.sweep].batch
    survivors = [f"{folder}/rungs/{batch}-{wildcards.rung}.json"] if wildcards.rung != "0" else []
    return [f"{folder}/suggestions/{batch}.json", *survivors]


def sweep_data(name):
    """Return a function that finds one file of the dataset of a sweep."""
    return lambda wildcards: dataset_path(SWEEPS[wildcards.sweep].spec["experiment"], name)


@cache
def trial_code(name):
    """Return the digest of the code that trains the trials of a sweep: the layers it uses, but no others."""
    sweep = SWEEPS[name]
    return training_code(sweep.spec["experiment"], sweep.backend, "layerwise.tuning.trials")


# --- one report ---------------------------------------------------------------------------------------------------


def pairs_of(report):
    """Return the pairs of experiment and backend that a report is made of."""
    names = config["reports"].get(report, [])
    return [(name, backend) for name in names for backend in configuration.backends(config, name)]


def run_files(report, *names):
    """Return files of every run of a report."""
    return [f"{run}/{name}" for pair in pairs_of(report) for run in runs_of(*pair) for name in names]


def metrics_of_report(wildcards):
    """Return the metrics of every run of a report."""
    return run_files(wildcards.report, "metrics.json")


def studies_of(report):
    """Return the studies that a report draws."""
    return [f"results/studies/{name}.npz" for name in studies_spec(report)]


def studies_spec(report):
    """Return the studies that a report draws, by name."""
    return {name: spec for name, spec in STUDIES.items() if spec["report"] == report}


def files_of_source(source):
    """Return the artifacts behind ``experiment/backend`` or ``studies/study/array``, what a claim speaks of.

    None, if this configuration does not make them.
    """
    first, second = source.split("/")[:2]
    if first == "studies":
        return [f"results/studies/{second}.npz"] if second in STUDIES else None
    made = {pair for report in config["reports"] for pair in pairs_of(report)}
    return [f"{run}/metrics.json" for run in runs_of(first, second)] if (first, second) in made else None


def claims_of(report):
    """Return the claims of a report that this configuration can decide, each with the artifacts it speaks of."""
    found = {}
    for name, claim in config["claims"].items():
        files = [files_of_source(source) for source in claims.sources(claim)]
        if claim["report"] == report and all(files):
            found[name] = sorted({file for part in files for file in part})
    return found


def claims_artifacts(wildcards):
    """Return the artifacts that the claims of a report speak of."""
    return sorted({file for files in claims_of(wildcards.report).values() for file in files})


def claims_spec(wildcards):
    """Return the claims of a report, and the published numbers they are held against, as JSON."""
    chosen = {name: config["claims"][name] for name in claims_of(wildcards.report)}
    names = {claim["anchor"] for claim in chosen.values() if "anchor" in claim}
    return json.dumps(
        {
            "claims": chosen,
            "anchors": {name: config["anchors"][name] for name in sorted(names)},
        }
    )


def artifacts_of_report(wildcards):
    """Return everything that a report's notebook may read."""
    name = wildcards.report
    if name == "reproducibility":
        every = [file for report in config["reports"] for file in run_files(report, "provenance.json")]
        return sorted({"results/claims.csv", *every})
    datasets = sorted({config["experiments"][experiment]["dataset"] for experiment in config["reports"][name]})
    described = {dataset for spec in studies_spec(name).values() for dataset in spec.get("datasets", [])}
    studied = sorted(described - set(datasets))
    models = [f"{run}/{file}" for pair in pairs_of(name) for run in runs_of(*pair) for file in MODEL_FILES[pair[1]]]
    return [
        f"results/summaries/{name}.csv",
        f"results/claims/{name}.csv",
        *expand("results/data/{dataset}/{split}.npz", dataset=datasets, split=SPLITS),
        *expand("results/data/{dataset}/dataset.json", dataset=datasets),
        *run_files(name, "history.csv", "metrics.json", "predictions.npz", "provenance.json"),
        *models,
        *studies_of(name),
        *expand("results/data/{dataset}/dataset.json", dataset=studied),
    ]


def report_spec(wildcards):
    """Return the experiments of a report as JSON, with the seeds and backends of each and what others published."""
    names = config["reports"].get(
        wildcards.report,
        sorted({n for names in config["reports"].values() for n in names}),
    )
    return json.dumps(
        {
            name: {
                **config["experiments"][name],
                "backends": configuration.backends(config, name),
                "seeds": len(configuration.seeds(config, name)),
                "published": configuration.published(config, name),
            }
            for name in names
        }
    )


def front_page():
    """Return the page that is made by default: the index, or the report about the one dataset asked for."""
    return f"reports/{configuration.page(config) or 'index'}.html"


def report_code(wildcards):
    """Return the digest of the code that makes a page; what the notebook imports counts."""
    imported = code.script_imports(f"workflow/notebooks/{wildcards.report}.py")
    return code.digest("layerwise.reporting.__main__", "layerwise.reporting.render", *sorted(imported))


# --- start and end of a run ---------------------------------------------------------------------------------------

logger.addFilter(alone.Plainly())


def start_freely():
    """Lift the limit on starts a second, which only a cluster needs.

    For its sake Snakemake 9.27 sets an alarm of a second for each job it has started, and a new one whenever that rings:
    after 300 jobs it keeps a core busy.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def farewell():
    """Say where the reports are."""
    return f"Done. Open {front_page()}" if os.path.exists(front_page()) else "Done."

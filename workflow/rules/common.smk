# Checks the configuration and defines the input and parameter functions of the rules.
import json
import os
import sys
from fnmatch import fnmatch
from functools import cache
from glob import glob
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import update_config

from layerwise import claims
from layerwise.data import catalogue
from layerwise.experiments import ENVIRONMENT, config as configuration, expansion, models, numpy_backend, subject
from layerwise.pipeline import code, files, preflight
from layerwise.reports import ALL_REPORTS, REPORTS
from layerwise.tuning import sweep as tuning

# Alternative names of targets → rules.
ALIASES = {name: report.target for name, report in REPORTS.items() if name != report.target} | {"reports": "all"}
SPLITS = ["train", "validation", "test"]


class RulesWithAliases(dict):
    """The rules of Snakemake by name, which answer to their aliases too but are listed once."""

    def __contains__(self, name):
        return super().__contains__(ALIASES.get(name, name))

    def __getitem__(self, name):
        return super().__getitem__(ALIASES.get(name, name))


if set(workflow.basedir) & set("{}"):  # Snakemake would take braces in the path of environment.yml for wildcards
    raise WorkflowError(f"the path of the project must not contain {{ or }}, got '{workflow.basedir}'")

# Snakemake lists the files of the command line first, although they take precedence; --config overrides all of them.
CONFIG_FILES = [file for file in workflow.configfiles if file not in workflow.overwrite_configfiles]
CONFIG_FILES += [*workflow.overwrite_configfiles, configuration.typed(workflow.config_settings.config)]

try:
    update_config(config, CONFIG_FILES[-1])
    ladders = expansion.ladders(config)
    config = expansion.expand(config)
except ValueError as error:
    raise WorkflowError(configuration.located(config, error, CONFIG_FILES)) from None

try:
    configuration.check(
        config, os.path.join(workflow.basedir, "workflow", "schemas", "config.schema.yaml"), CONFIG_FILES
    )
    for name, spec in config["experiments"].items():
        place = configuration.place(["experiments", name], CONFIG_FILES)
        models.check(spec, numpy_backend.NAMES, place, configuration.backends(config, name))
    selected = subject.subject(config)
except ValueError as error:
    raise WorkflowError(str(error)) from None

SWEEPS = {}
try:
    for name, spec in config["datasets"].items():
        catalogue.complete(spec, f"datasets.{name}")
    # Claims rewritten for the key `dataset` may name results that do not exist; those that can be decided are checked then.
    for name, claim in () if config.get("dataset") else config["claims"].items():
        claims.check(name, claim, config["anchors"])
        for experiment in {source.split("/")[0] for source in claims.sources(claim)} - {
            "studies",
            *config["experiments"],
        }:
            if any(fnmatch(experiment, ladder) for ladder in ladders):
                continue  # a value that the configuration has left out
            hint = configuration.nearest(experiment, config["experiments"])
            raise ValueError(f"claims.{name}: unknown experiment '{experiment}'{hint}")
    for name, spec in config["sweeps"].items():
        SWEEPS[name] = tuning.check(name, spec, config["experiments"], numpy_backend.NAMES)
except ValueError as error:
    raise WorkflowError(configuration.located(config, error, CONFIG_FILES)) from None

STUDIES = config.get("studies", {})
DOWNLOADS = config["data"]["downloads"]
if not DOWNLOADS or set(DOWNLOADS) & set("{}"):  # braces are wildcards to Snakemake
    place = configuration.place(["data", "downloads"], CONFIG_FILES)
    raise WorkflowError(f"{place}: must be a folder name without {{ and }}, got '{DOWNLOADS}'")
if config["data"]["mirror"]:
    os.environ.setdefault("LAYERWISE_DATA_MIRROR", config["data"]["mirror"])

os.environ.update(ENVIRONMENT, PYTHONHASHSEED="0")


wildcard_constraints:
    experiment=r"\w+",
    dataset=r"\w+",
    source=r"\w+",
    backend="numpy|keras",
    first=r"\d+",
    last=r"\d+",
    report="|".join(ALL_REPORTS),


# --- shared by several rules ----------------------------------------------------------------------------------------


def one_of(names):
    """Return the pattern that matches exactly these names."""
    return "|".join(names) or "(?!)"


def dataset_path(experiment, name):
    """Return the path of a file of an experiment's dataset."""
    return f"results/data/{config['experiments'][experiment]['dataset']}/{name}"


def runs_of(experiment, backend):
    """Return the run folders of an experiment in one backend, one per seed."""
    return [f"results/runs/{experiment}/{backend}/seed-{seed}" for seed in configuration.seeds(config, experiment)]


def trained(experiment, backend):
    """Return the record files of the trained runs of an experiment, one per training job."""
    groups = configuration.seed_groups(config, experiment)
    return [f"results/runs/{experiment}/{backend}/trained-{seeds[0]}-{seeds[-1]}.json" for seeds in groups]


def pairs_of(report):
    """Return the pairs of experiment and backend of a report."""
    names = config["reports"].get(report, [])
    return [(name, backend) for name in names for backend in configuration.backends(config, name)]


def studies_of(report):
    """Return the studies of a report by name."""
    return {name: spec for name, spec in STUDIES.items() if spec["report"] == report}


def pairs_of_study(study):
    """Return the pairs of experiment and backend whose trained models a study uses."""
    known = {
        f"{name}/{backend}": (name, backend)
        for name in config["experiments"]
        for backend in configuration.backends(config, name)
    }
    names = STUDIES[study].get("runs", [])
    for name in names:
        if name not in known:
            hint = configuration.nearest(name, known)
            raise WorkflowError(f"studies.{study}.runs: unknown run '{name}'{hint}")
    return [known[name] for name in names]


def evaluated(report):
    """Return the record files of the evaluated runs of a report, one per backend."""
    backends = sorted({backend for _, backend in pairs_behind(report)})
    return expand("results/evaluations/{report}-{backend}.json", report=report, backend=backends)


def front_page():
    """Return the default target: the index page, or the report about the dataset in the key `dataset`."""
    return f"reports/{subject.page(config) or 'index'}.html"


def forget_lost_runs():
    """Delete the records of runs and evaluations with missing files, so that they are repeated."""
    for record in glob("results/runs/*/*/trained-*.json") + glob("results/evaluations/*.json"):
        with open(record, encoding="utf-8") as file:
            runs = json.load(file)
        if not all(os.path.exists(f"{run}/{name}") for run, names in runs.items() for name in names):
            os.remove(record)


def date_inputs():
    """Set modification times in the future to now, because Snakemake fails jobs whose input is newer than the output."""
    try:
        files.date_no_later_than_now(
            [
                *glob("workflow/notebooks/*"),
                *glob("src/layerwise/reporting/*/*"),
                *glob("src/layerwise/reporting/widgets/*.[cj]s*"),
                *(file for spec in config["datasets"].values() for file in catalogue.user_files(spec)),
                *Path(DOWNLOADS).glob("*/fetched.json"),
                *glob("results/**", recursive=True),
                *glob("reports/*"),
            ]
        )
    except OSError as error:
        raise WorkflowError(str(error)) from None


if workflow.is_main_process:
    if selected and selected.message:
        logger.info(selected.message)
    date_inputs()
    forget_lost_runs()


# --- training -------------------------------------------------------------------------------------------------------


def training_splits(wildcards):
    """Return the training and validation splits and the description of an experiment's dataset."""
    return [dataset_path(wildcards.experiment, name) for name in ("train.npz", "validation.npz", "dataset.json")]


def training_start(wildcards):
    """Return the record files of the runs that an experiment starts from; most experiments have none."""
    first = config["experiments"][wildcards.experiment].get("start")
    return trained(first["experiment"], wildcards.backend) if first else []


def training_spec(wildcards):
    """Return an experiment as JSON without the title, seeds and backends, which do not affect a run."""
    spec = config["experiments"][wildcards.experiment]
    return json.dumps({key: value for key, value in spec.items() if key not in ("title", "seeds", "backends")})


def training_code(experiment, backend, *more):
    """Return the digest of the training code of an experiment in a backend, including only the layers it uses.

    Keras too starts from the initial weights of the NumPy layers.
    """
    entries = [
        "layerwise.experiments.__main__",
        "layerwise.experiments.run",
        f"layerwise.experiments.{backend}_backend",
        *more,
    ]
    layers = models.layer_names(config["experiments"][experiment]["model"])
    return code.digest(*entries, skip=code.unused_layers(layers))


# --- datasets -------------------------------------------------------------------------------------------------------


def dataset_spec(wildcards):
    """Return the specification of a dataset as JSON."""
    return json.dumps(dataset(wildcards.dataset))


def dataset(name):
    """Return the specification of a dataset, or raise if the name is unknown."""
    if name not in config["datasets"]:
        raise WorkflowError(f"unknown dataset '{name}'{configuration.nearest(name, config['datasets'])}")
    return config["datasets"][name]


def raw_files(wildcards):
    """Return the input files of a dataset: downloaded files, a user's files, or none for a bundled dataset."""
    spec = dataset(wildcards.dataset)
    name, source = catalogue.source_of(spec)
    if source.origin == "user":
        return [file for file in catalogue.user_files(spec) if "{" not in file]
    return f"{DOWNLOADS}/{name}/fetched.json" if source.origin == "published" else []


def braced_files(wildcards):
    """Return size and time of a user's files with braces in their names, which Snakemake does not allow as inputs."""
    files = [file for file in catalogue.user_files(dataset(wildcards.dataset)) if "{" in file]
    return [(file, os.stat(file).st_size, os.stat(file).st_mtime_ns) for file in files if os.path.exists(file)]


# --- studies --------------------------------------------------------------------------------------------------------


def study_spec(wildcards):
    """Return the specification of a study as JSON."""
    return json.dumps(STUDIES[wildcards.study])


# Modules that a study imports only if it uses Keras.
IMPORTED_LATE = {name: ["layerwise.experiments.keras_loops"] for name in ("factorial", "forecast_parity")}


def study_code(wildcards):
    """Return the digest of the code of a study: its module and the modules it imports."""
    spec = STUDIES[wildcards.study]
    entry = f"layerwise.reports.{spec['report']}.studies.{spec['module']}"
    return code.digest("layerwise.reports.__main__", entry, *IMPORTED_LATE.get(spec["module"], []))


def study_splits(wildcards):
    """Return the splits that a study reads, including the test split only if it evaluates."""
    spec = STUDIES[wildcards.study]
    names = SPLITS if spec.get("evaluates") else ["train", "validation"]
    return expand(
        "results/data/{dataset}/{split}.npz",
        dataset=spec.get("datasets", []),
        split=names,
    )


def study_runs(wildcards):
    """Return the folders of the runs that a study reads."""
    return [run for pair in pairs_of_study(wildcards.study) for run in runs_of(*pair)]


def study_models(wildcards):
    """Return the record files of those runs and, if the study evaluates, of their evaluations."""
    pairs, spec = pairs_of_study(wildcards.study), STUDIES[wildcards.study]
    files = [file for pair in pairs for file in trained(*pair)]
    return files + (evaluated(spec["report"]) if pairs and spec.get("evaluates") else [])


def study_descriptions(wildcards):
    """Return the descriptions of the datasets that the models of a study were trained on."""
    return sorted({dataset_path(experiment, "dataset.json") for experiment, _ in pairs_of_study(wildcards.study)})


def study_sweeps(wildcards):
    """Return the tables of the sweeps that a study reads."""
    names = STUDIES[wildcards.study].get("sweeps", [])
    return expand("results/sweeps/{sweep}/trials.csv", sweep=names)


# --- sweeps ---------------------------------------------------------------------------------------------------------


SWEEP_FILES = ["trials.csv", "curves.csv", "sweep.json", "best.json", "provenance.json"]
SWEEP_PART = "results/sweeps/{sweep}/parts/rung-{rung}/{first}-{last}.json"
DRAWN = ("experiment", "method", "batch", "seed", "space")  # keys that determine non-adaptive suggestions
TRAINED = ("experiment", "backend", "method", "batch", "seeds", "space", "pruning")  # keys that determine a trial
JUDGED = (*TRAINED, "objective", "seed")  # keys that determine adaptive suggestions and pruning


@cache
def sweep_text(name, *keys):
    """Return a sweep as JSON with only the given keys of its entry."""
    return SWEEPS[name].text(*keys)


@cache
def parts_of(name, batch, rungs=None):
    """Return the record files of the trials of a batch, one per training job, on all or the first rungs."""
    rungs = len(SWEEPS[name].rungs) if rungs is None else rungs
    return [
        SWEEP_PART.format(sweep=name, rung=rung, first=part[0], last=part[-1])
        for rung in range(rungs)
        for part in SWEEPS[name].parts(batch)
    ]


def parts_before(name, batch):
    """Return the record files of all earlier batches."""
    return [file for earlier in range(batch) for file in parts_of(name, earlier)]


def suggest_input(wildcards):
    """Return the record files of the trials that a batch of suggestions depends on."""
    adaptive = SWEEPS[wildcards.sweep].method in tuning.ADAPTIVE
    return parts_before(wildcards.sweep, int(wildcards.batch)) if adaptive else []


def prune_input(wildcards):
    """Return the record files that a promotion depends on: those of earlier batches and of lower rungs."""
    name, batch = wildcards.sweep, int(wildcards.batch)
    return parts_before(name, batch) + parts_of(name, batch, int(wildcards.rung))


def trial_input(wildcards):
    """Return the suggestions for a group of trials, and the list of trials promoted to the rung."""
    folder = f"results/sweeps/{wildcards.sweep}"
    batch = int(wildcards.first) // SWEEPS[wildcards.sweep].batch
    survivors = [f"{folder}/rungs/{batch}-{wildcards.rung}.json"] if wildcards.rung != "0" else []
    return [f"{folder}/suggestions/{batch}.json", *survivors]


def sweep_data(name):
    """Return an input function for a file of a sweep's dataset."""
    return lambda wildcards: dataset_path(SWEEPS[wildcards.sweep].spec["experiment"], name)


@cache
def trial_code(name):
    """Return the digest of the training code of a sweep's trials, including only the layers they use."""
    sweep = SWEEPS[name]
    return training_code(sweep.spec["experiment"], sweep.backend, "layerwise.tuning.trials")


# --- evaluation and claims ------------------------------------------------------------------------------------------


@cache
def pairs_behind(report):
    """Return the pairs of experiment and backend that a report, its studies and its claims refer to."""
    pairs = dict.fromkeys(pairs_of(report))
    for study, spec in studies_of(report).items():
        if spec.get("evaluates"):
            pairs |= dict.fromkeys(pairs_of_study(study))
    pairs |= dict.fromkeys(sorted(source for source in sources_of_claims(report) if isinstance(source, tuple)))
    return list(pairs)


def evaluation_runs(wildcards):
    """Return the runs of a report as JSON, with their datasets and the digest of the evaluation code."""
    entries = ("layerwise.evaluation.__main__", "layerwise.evaluation.run")
    return json.dumps(
        {
            f"results/runs/{experiment}/{backend}": {
                "seeds": len(configuration.seeds(config, experiment)),
                "dataset": os.path.dirname(dataset_path(experiment, "")),
                "code": training_code(experiment, backend, *entries),
            }
            for experiment, backend in pairs_behind(wildcards.report)
            if backend == wildcards.backend
        }
    )


def evaluation_input(wildcards):
    """Return the record files of the trained runs of a report, and the datasets they are evaluated on."""
    pairs = [pair for pair in pairs_behind(wildcards.report) if pair[1] == wildcards.backend]
    return {
        "trained": [file for pair in pairs for file in trained(*pair)],
        "data": sorted(
            {
                dataset_path(experiment, name)
                for experiment, _ in pairs
                for name in [*(f"{split}.npz" for split in SPLITS), "dataset.json"]
            }
        ),
    }


@cache
def trained_pairs():
    """Return the pairs of experiment and backend of all reports."""
    return {pair for report in config["reports"] for pair in pairs_of(report)}


def source_of_claim(source):
    """Return a claim's source as a pair of experiment and backend or as the file of a study, None if not configured."""
    first, second = source.split("/")[:2]
    if first == "studies":
        return f"results/studies/{second}.npz" if second in STUDIES else None
    return (first, second) if (first, second) in trained_pairs() else None


@cache
def claims_of(report):
    """Return the claims of a report, with the cases that this configuration can decide."""
    chosen = {name: claim for name, claim in config["claims"].items() if claim["report"] == report}
    left = {name: claims.configured(claim, source_of_claim) for name, claim in chosen.items()}
    return {name: claim for name, claim in left.items() if claim}


def sources_of_claims(report):
    """Return what the claims of a report refer to: pairs of experiment and backend, and files of studies."""
    return {source_of_claim(source) for claim in claims_of(report).values() for source in claims.sources(claim)}


def claims_artifacts(wildcards):
    """Return the artifacts that the claims of a report refer to."""
    sources = sources_of_claims(wildcards.report)
    files = {source for source in sources if isinstance(source, str)}
    runs = {run for source in sources - files for run in runs_of(*source)}
    return sorted(files | {f"{run}/metrics.json" for run in runs})


def claims_spec(wildcards):
    """Return the claims of a report, and the published results they are compared with, as JSON."""
    chosen = claims_of(wildcards.report)
    names = {name for claim in chosen.values() for name in claims.anchors(claim)}
    return json.dumps({"claims": chosen, "anchors": {name: config["anchors"][name] for name in sorted(names)}})


# --- reports --------------------------------------------------------------------------------------------------------


def artifacts_of_report(wildcards):
    """Return the artifacts that the notebook of a report reads, or their record files."""
    name = wildcards.report
    if name == "reproducibility":
        runs = sorted(file for pair in trained_pairs() for file in trained(*pair))
        stability = glob("benchmarks/verdict_stability.csv")
        return ["results/claims.csv", *stability, *runs, *expand("results/studies/{study}.npz", study=studies_of(name))]
    datasets = sorted({config["experiments"][experiment]["dataset"] for experiment in config["reports"].get(name, [])})
    described = {dataset for spec in studies_of(name).values() for dataset in spec.get("datasets", [])}
    return [
        f"results/summaries/{name}.csv",
        f"results/claims/{name}.csv",
        *evaluated(name),
        *expand("results/data/{dataset}/{split}.npz", dataset=datasets, split=SPLITS),
        *expand("results/data/{dataset}/dataset.json", dataset=sorted(described | set(datasets))),
        *expand("results/studies/{study}.npz", study=studies_of(name)),
    ]


def report_spec(wildcards):
    """Return the experiments of a report as JSON, with their seeds, backends and published results."""
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


def report_code(wildcards):
    """Return the digest of the code that renders a report, including the imports of its notebook."""
    imported = code.script_imports(f"workflow/notebooks/{wildcards.report}.py")
    return code.digest("layerwise.reporting.__main__", "layerwise.reporting.render", *sorted(imported))


# --- start and end of a run ---------------------------------------------------------------------------------------

logger.addFilter(preflight.PlainMessages())


def start_freely():
    """Remove the limit on job starts per second for local execution, since only clusters need it.

    To enforce the limit, Snakemake 9.27 starts a one-second timer for each job and renews it when it expires, which
    keeps a core busy after 300 jobs.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def retrain_if_forced():
    """Make forced jobs retrain their runs, which they would otherwise keep as up to date."""
    if workflow.dag_settings.forceall or workflow.dag_settings.forcerun:
        os.environ.update(LAYERWISE_RETRAIN="1")


def farewell():
    """Return the last line of the run, with the time it took and the requested pages."""
    targets = [str(file) for job in workflow.dag.targetjobs for file in job.output or job.input]
    return watch.farewell(sorted(file for file in targets if file.endswith(".html")))

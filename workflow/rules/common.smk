# Checks the configuration and answers the questions that the rules ask of it.
import json
import os
import sys
from functools import cache
from glob import glob
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import update_config

from layerwise import preflight, claims, code, config as configuration, files, models
from layerwise.data import catalogue
from layerwise.training import numpy_backend
from layerwise.tuning import sweep as tuning

# What a target is called → the report it makes; the report's own name works too.
REPORTS = {
    **{f"assignment{n}": f"assignment{n}" for n in range(1, 6)},
    "tuning": "hyperparameter_tuning",
    "interpretability": "interpretability",
    "domains": "application_domains",
    "reproducibility": "reproducibility",
}
TARGETS = REPORTS | {report: report for report in REPORTS.values()}
SPLITS = ["train", "validation", "test"]

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
    first=r"\d+",
    last=r"\d+",
    report="|".join(REPORTS.values()),


# --- what several rules ask -----------------------------------------------------------------------------------------


def one_of(names):
    """Return the pattern that matches these names and nothing else."""
    return "|".join(names) or "(?!)"


def dataset_path(experiment, name):
    """Return one file of the dataset of an experiment."""
    return f"results/data/{config['experiments'][experiment]['dataset']}/{name}"


def runs_of(experiment, backend):
    """Return the run folders of one experiment in one backend, one per seed."""
    return [f"results/runs/{experiment}/{backend}/seed-{seed}" for seed in configuration.seeds(config, experiment)]


def trained(experiment, backend):
    """Return the files that say that the runs of an experiment are trained, one per training job."""
    groups = configuration.seed_groups(config, experiment)
    return [f"results/runs/{experiment}/{backend}/trained-{seeds[0]}-{seeds[-1]}.json" for seeds in groups]


def pairs_of(report):
    """Return the pairs of experiment and backend that a report is made of."""
    names = config["reports"].get(report, [])
    return [(name, backend) for name in names for backend in configuration.backends(config, name)]


def studies_of(report):
    """Return the studies that a report draws, by name."""
    return {name: spec for name, spec in STUDIES.items() if spec["report"] == report}


def pairs_of_study(study):
    """Return the pairs of experiment and backend whose trained models a study reads."""
    known = {
        f"{name}/{backend}": (name, backend)
        for name in config["experiments"]
        for backend in configuration.backends(config, name)
    }
    names = STUDIES[study].get("runs", [])
    for name in names:
        if name not in known:
            hint = configuration.nearest(name, known)
            raise WorkflowError(f"studies.{study}.runs: '{name}' is not trained{hint}")
    return [known[name] for name in names]


def evaluated(report):
    """Return the files that say that the runs behind a report are evaluated, one per backend."""
    return [f"results/evaluations/{report}-{backend}.json" for backend in dict(map(reversed, pairs_behind(report)))]


def front_page():
    """Return the page that is made by default: the index, or the report about the one dataset asked for."""
    return f"reports/{configuration.page(config) or 'index'}.html"


def forget_lost_runs():
    """Remove what says that runs are made if a file of theirs is gone, so that they are made again."""
    for record in glob("results/runs/*/*/trained-*.json") + glob("results/evaluations/*.json"):
        with open(record, encoding="utf-8") as file:
            runs = json.load(file)
        if not all(os.path.exists(f"{run}/{name}") for run, names in runs.items() for name in names):
            os.remove(record)


if workflow.is_main_process:
    forget_lost_runs()


# --- start and end of a run ---------------------------------------------------------------------------------------

logger.addFilter(preflight.PlainMessages())


def start_freely():
    """Lift the limit on starts a second, which only a cluster needs.

    For its sake Snakemake 9.27 sets an alarm of a second for each job it has started, and a new one whenever that rings:
    after 300 jobs it keeps a core busy.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None


def retrain_if_forced():
    """Have forced jobs train: without a word they would find their runs finished, and keep them."""
    if workflow.dag_settings.forceall or workflow.dag_settings.forcerun:
        os.environ["LAYERWISE_RETRAIN"] = "1"


def farewell():
    """Say how long the run took, and which of the pages it was asked for to open."""
    asked = [str(file) for job in workflow.dag.targetjobs for file in job.output or job.input]
    return watch.farewell(sorted(file for file in asked if file.endswith(".html")))

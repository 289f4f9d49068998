# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Reproducibility
#
# How these pages were made: versions, machine, runs, time and memory, the digests of the data that every run read, and
# every claim with its verdict. Seconds and memory differ from one run to the next; nothing else on these pages should.

# %% tags=["parameters"]
report = "reproducibility"
experiments = {}
studies = {}
results = "results"

# %%
import pandas as pd

from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting import display
from layerwise.reporting.artifacts import Report

page = Report(report, experiments, results, studies)
runs = page.provenance

# %% [markdown]
# ## Software and machine
#
# The same machine and the same configuration give the same bytes in every artifact but the record of the run itself.
# Another processor, BLAS or number of threads may change the last bits of a sum, and training amplifies them.

# %%
versions = {}
for run in runs:
    for package, version in run["versions"].items():
        versions.setdefault(package, set()).add(version)
display.table(
    pd.DataFrame([{"package": name, "version": ", ".join(sorted(found))} for name, found in sorted(versions.items())]),
    "What the runs themselves reported",
)
machines = pd.DataFrame(
    [
        {
            "processor": run["cpu"],
            "cores": run["cpus"],
            "system": run["platform"],
            "BLAS": f"{run['blas']['name']} {run['blas']['version']}",
            "threads": ", ".join(sorted({str(count) for count in run["threads"].values()})),
        }
        for run in runs
    ]
).drop_duplicates()
display.table(machines, "Where they ran")

# %% [markdown]
# ## Runs, time and memory

# %%
costs = pd.DataFrame(
    [
        {
            "experiment": page[run["experiment"]].title,
            "backend": BACKEND_NAMES[run["backend"]],
            "parameters": run["parameters"],
            "epochs": run["epochs"],
            "fit": run["seconds"]["fit"]["cpu"],
            "memory": run["peak_memory_bytes"] / 2**20,
            "diverged": run["diverged"] is not None,
        }
        for run in runs
    ]
)
if len(costs):
    table = costs.groupby(["experiment", "backend"], sort=False).agg(
        runs=("fit", "size"),
        parameters=("parameters", "first"),
        epochs=("epochs", "mean"),
        fit=("fit", "mean"),
        memory=("memory", "max"),
        diverged=("diverged", "sum"),
    )
    table["epochs"], table["memory"] = table["epochs"].map("{:.0f}".format), table["memory"].map("{:.0f}".format)
    table["fit"] = table["fit"].map("{:.2f}".format)
    table = table.reset_index().rename(columns={"fit": "CPU s per fit", "memory": "peak MiB"})
    display.text(
        f"{len(costs)} runs of {costs['experiment'].nunique()} experiments; fitting took "
        f"{costs['fit'].sum():.0f} CPU-seconds in all, start-up and evaluation not counted."
    )
    display.table(table, "Mean CPU-seconds of a fit and the largest memory of a process, by experiment and backend")

# %% [markdown]
# ## Datasets
#
# Each run records the SHA-256 of the files it read. One digest per file says that all runs read the same data.

# %%
digests = pd.DataFrame(
    sorted({(run["dataset"], name, digest) for run in runs for name, digest in run["inputs"].items()}),
    columns=["dataset", "file", "SHA-256"],
)
display.table(digests.assign(**{"SHA-256": digests["SHA-256"].str[:16] + "…"}), "First 16 digits of each digest")

# %% [markdown]
# ## Appendix: statistical tests
#
# Every claim of every page, with the test that decides it.

# %%
decided = page.every_claim
display.verdicts(decided)
display.claims(decided)

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Reproducibility
#
# This page lists the software versions, the machine, the time and memory of the runs, the digests of the data, and
# every claim with its verdict. Times and memory differ from one run of the pipeline to the next; nothing else on these
# pages should.

# %% tags=["parameters"]
report = "reproducibility"
experiments = {}
studies = {}
results = "results"

# %%
from pathlib import Path

import pandas as pd

from layerwise.evaluation.compare import adjusted
from layerwise.plots.style import BACKEND_NAMES
from layerwise.reporting import common_figures, display
from layerwise.reporting.artifacts import Report
from layerwise.reports.reproducibility.figures import size_and_power, verdict_stability

page = Report(report, experiments, results, studies)
runs = page.provenance

# %% [markdown]
# ## Software and machine
#
# With the same machine and configuration, all artifacts are byte-identical except for measured times and provenance
# records. Another processor, BLAS or number of threads may change the last bits of a sum, and training amplifies such
# differences.

# %%
versions = {}
for run in runs:
    for package, version in run["versions"].items():
        versions.setdefault(package, set()).add(version)
display.table(
    pd.DataFrame([{"package": name, "version": ", ".join(sorted(seen))} for name, seen in sorted(versions.items())]),
    "Package versions recorded by the runs",
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
display.table(machines, "Machines of the runs")

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
    table = table.reset_index().rename(columns={"fit": "CPU s/fit", "memory": "peak MiB"})
    display.text(
        f"{len(costs)} runs of {costs['experiment'].nunique()} experiments; training took "
        f"{costs['fit'].sum():.0f} CPU seconds in total, without start-up and evaluation."
    )
    display.table(table, "Mean CPU time per fit and peak memory of a process, by experiment and backend")

# %% [markdown]
# ## Datasets
#
# Each run records the SHA-256 of its input files. A single digest per file means that all runs read the same data.

# %%
digests = pd.DataFrame(
    sorted({(run["dataset"], name, digest) for run in runs for name, digest in run["inputs"].items()}),
    columns=["dataset", "file", "SHA-256"],
)
display.table(digests.assign(**{"SHA-256": digests["SHA-256"].str[:16] + "…"}), "First 16 digits of each digest")
display.table(common_figures.licenses(page), "Sources and licenses")

# %% [markdown]
# ## How claims are decided
#
# A claim is Supported if the whole interval of its test lies on the claimed side, Contradicted if it lies on the other
# side, and Inconclusive otherwise. Intervals are 95% intervals; for equivalence, two one-sided tests at 5%.
#
# - *Runs* of two models that share seeds and test examples are compared example by example. Seeds and examples are
#   crossed random effects, so that the interval holds for new seeds and new examples:
#
# $$\mathrm{var}(\bar d) = \frac{MS_{seeds} + MS_{examples} - MS_{residual}}{n_{seeds}\, n_{examples}}$$
#
# - *Arrays of a study* have the same seeds and are compared in pairs. Other samples are compared by Welch's t test, and
#   results over resampled splits by the corrected t test of Nadeau and Bengio (2003).
# - *Forecasts* of the same years are compared by the test of Diebold and Mariano (1995), whose variance allows for
#   correlation from year to year (Newey & West 1987).
# - *Shares and errors* have intervals on the logit and on the logarithmic scale, which end within their range, and a
#   share of independent successes has the exact interval of Clopper and Pearson (1934).
# - *True labels* are compared with permutations of them by a permutation test (Ojala & Garriga 2010).
# - *A claim about several cases*, such as datasets, is Supported if it is in every case, which needs no correction
#   (intersection–union test, Berger 1982), and Contradicted if it is in one after Bonferroni's correction.
# - *Identities*, such as a gradient that equals its finite differences, have no sampling error: they are Verified or
#   not.

# %%
rows = page.every_claim
inferred = rows[rows["p"].notna()]
supported = inferred[inferred["verdict"] == "SUPPORTED"]
left = adjusted(inferred["p"].tolist())
counts = rows.groupby("test")["verdict"].value_counts().unstack(fill_value=0)
display.table(counts.reset_index(), "Verdicts by test")
display.text(
    f"{len(inferred)} tests infer from a sample and {len(supported)} of them end in Supported. If each were the only "
    "one, 5% of false claims could be supported by chance. Corrected for the number of tests at 5%, "
    + " and ".join(
        f"{int(((values <= 0.05) & (inferred['verdict'] == 'SUPPORTED').to_numpy()).sum())} are left after {name}"
        for name, values in left.items()
    )
    + "."
)

# %%
if study := page.first_study("size_and_power"):
    display.text("""### Size and power

The size of a test is how often it supports a claim that is false, and its power how often it supports one that holds.
Both are simulated, with five seeds unless the table says otherwise.""")
    display.table(
        size_and_power.table(study),
        f"{study.arguments['draws']:,} draws each. Size: Supported where the difference is the largest for which the "
        "claim is false; power: Supported under the stated effect, in standard deviations (sd) or points; "
        "contradicted: Contradicted under the same effect",
    )

# %%
stability = Path("benchmarks/verdict_stability.csv")
if stability.exists():
    display.text("""### Stability of the verdicts

The whole pipeline was run again with one change at a time. A claim is stable if its verdict stays the same; one that
depends on the last bits of a sum or on a choice of seeds is close to the border between two verdicts.""")
    display.table(verdict_stability.table(pd.read_csv(stability)), "Verdicts that stay the same in another run")

# %%
display.exercises(page)

# %% [markdown]
# ## Appendix: statistical tests
#
# Every claim of every page with its statistical test, the test's value and the verdict.

# %%
display.verdicts(rows)
display.claims(rows)

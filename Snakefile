# layerwise: deep learning from first principles, reproduced end to end.
#
#   snakemake --cores 4                                    all default reports
#   snakemake --cores 4 assignment3                        one report and its dependencies
#   snakemake --cores 4 reports --configfile config/full.yaml      the published datasets (hours)
import sys
from glob import glob

from snakemake.logging import logger
from snakemake.utils import min_version

from layerwise.pipeline import console, preflight

min_version("9.27")
preflight.check(sys.argv)
watch = console.Watch(workflow.output_settings).install(logger)


configfile: "config/config.yaml"


# The catalog of datasets, experiments, studies and claims, from which config.yaml selects.
for part in sorted(["config/datasets.yaml", "config/anchors.yaml"] + glob("config/*/*.yaml")):

    configfile: part


include: "workflow/rules/common.smk"


report: "workflow/report/workflow.rst"


rule all:
    """Create all reports and the index page."""
    default_target: True
    input:
        front_page(),


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/sweep.smk"
include: "workflow/rules/study.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/report.smk"


onstart:
    preflight.hold()
    start_freely()
    retrain_if_forced()
    watch.start(workflow)


onsuccess:
    print(farewell())


onerror:
    print(watch.explain(), file=sys.stderr)

rule render:
    """Run the notebook of a report on its artifacts and convert it to a self-contained page."""
    input:
        artifacts=artifacts_of_report,
        notebook="workflow/notebooks/{report}.py",
        templates=glob("src/layerwise/reporting/templates/*") + glob("src/layerwise/reporting/widgets/*.[cj]s*"),
        exercises=lambda wildcards: glob(f"src/layerwise/reporting/exercises/{wildcards.report}.md"),
    output:
        page=report(
            "reports/{report}.html", caption="../report/page.rst", category="Pages", labels={"page": "{report}"}
        ),
        notebook="results/notebooks/{report}.ipynb",
    log:
        "logs/render/{report}.log",
    conda:
        "../../environment.yml"
    params:
        spec=report_spec,
        studies=lambda wildcards: json.dumps(studies_of(wildcards.report)),
        alone=["--alone"] if selected else [],
        code=report_code,
    shell:
        "python -m layerwise.reporting render --notebook {input.notebook:q} --report {wildcards.report:q} {params.alone:q}"
        " --spec {params.spec:q} --studies {params.studies:q} --output {output.page:q} --executed {output.notebook:q}"
        " > {log:q} 2>&1"


rule index:
    """Create the index page with links to all reports and the main results, and the page of negative results."""
    input:
        pages=expand("reports/{report}.html", report=REPORTS),
        summaries=expand("results/summaries/{report}.csv", report=config["reports"]),
        claims="results/claims.csv",
        templates=glob("src/layerwise/reporting/templates/*") + glob("src/layerwise/reporting/widgets/*.[cj]s*"),
    output:
        page=report("reports/index.html", caption="../report/index.rst", category="Pages", labels={"page": "index"}),
        negative=report(
            "reports/negative_results.html",
            caption="../report/negative.rst",
            category="Pages",
            labels={"page": "negative results"},
        ),
    log:
        "logs/index.log",
    conda:
        "../../environment.yml"
    params:
        titles=json.dumps({name: {"title": spec.get("title", name)} for name, spec in config["experiments"].items()}),
        settings=json.dumps(
            {
                "configuration": [os.path.relpath(file) for file in workflow.overwrite_configfiles]
                or ["config/config.yaml"],
                "seeds": config["seeds"],
            }
        ),
        code=code.digest("layerwise.reporting.__main__", "layerwise.reporting.index"),
    shell:
        "python -m layerwise.reporting index --output {output.page:q} --negative {output.negative:q} --reports {input.pages:q}"
        " --summaries {input.summaries:q} --claims {input.claims:q} --spec {params.titles:q}"
        " --settings {params.settings:q} > {log:q} 2>&1"


for name, page in REPORTS.items():

    rule:
        """Create one report."""
        name:
            page.target
        input:
            f"reports/{name}.html",


workflow._rules = RulesWithAliases(workflow._rules)
watch.targets = ["all", *(page.target for page in REPORTS.values()), *ALIASES]

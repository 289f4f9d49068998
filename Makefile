# Everything happens in .venv; nothing needs to be activated.
PYTHON ?= python3
CORES ?= 4
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: reproduce resume test lint benchmark results verify environment clean help

reproduce: environment ## train everything, write the reports
	@snakemake --cores $(CORES)

resume: environment ## go on after a run that was killed
	@snakemake --unlock --quiet all
	@snakemake --cores $(CORES)

test: environment ## run every test
	@python -m pytest

.PHONY: test-kernels
test-kernels: environment ## repeat the numeric tests as other processors would compute them
	@python tests/kernels.py

lint: environment ## check style, types and the workflow
	ruff check .
	ruff format --check .
	snakefmt --check .
	mypy
	snakemake --lint

benchmark: environment ## measure against Keras, scikit-learn, PyTorch where installed, and the pipeline's own overhead
	@python benchmarks/framework.py --output benchmarks/framework.md
	@python benchmarks/pipeline.py

results: environment ## write docs/results.md from the last run and the last benchmark
	@python -m layerwise.reporting results --output docs/results.md --claims results/claims.csv \
		--summaries results/summaries/*.csv --tables $(wildcard benchmarks/*.md)

verify: environment ## check the reports that were made: no request, no console error
	@LAYERWISE_REPORTS=reports python -m pytest tests/pages

environment: .venv/installed ## make .venv from the locked requirements

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and f"error: Python 3.11, 3.12 or 3.13 is needed, $(PYTHON) is {sys.version.split()[0]}; name another with make PYTHON=…")'
	@echo "Making .venv: about 700 MB of downloads and a few minutes, once."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean: ## remove everything that was generated, but not downloads and not .venv
	rm -rf logs .snakemake
	find results reports -mindepth 1 ! -name README.md -delete

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

# All targets use .venv, which need not be activated.
PYTHON ?= python3
CORES ?= 4
BIN := .venv/bin
OWN_PATH := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: reproduce resume test test-fast test-kernels lint benchmark results verify environment environment-dev lock clean help

reproduce: environment ## run the whole pipeline and write the reports
	@$(BIN)/python -m snakemake --cores $(CORES)

resume: environment ## resume a run that was killed
	@$(BIN)/python -m snakemake --unlock --quiet all
	@$(BIN)/python -m snakemake --cores $(CORES)

# One worker per core; --dist loadfile keeps the tests of a file together, because they share expensive fixtures.
test: environment-dev ## run all tests on all cores
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-fast: environment-dev ## run the tests without pipeline, browser and TensorFlow, under two minutes
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not slow"

test-kernels: environment-dev ## run the numeric tests with the kernels of other processors
	@$(BIN)/python tests/kernels.py

lint: environment-dev ## check style, types and the workflow
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m snakefmt --check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m snakemake --lint

benchmark: environment ## compare the speed with Keras, scikit-learn and (if installed) PyTorch, and measure the pipeline's overhead
	@$(BIN)/python benchmarks/framework.py --output benchmarks/framework.md
	@$(BIN)/python benchmarks/pipeline.py

results: environment ## write docs/results.md from the last run and the last benchmark
	@$(BIN)/python -m layerwise.reporting results --output docs/results.md --claims results/claims.csv \
		--summaries results/summaries/*.csv --tables $(wildcard benchmarks/*.md)

verify: environment-dev ## check that the reports in reports/ make no requests and have no console errors
	@LAYERWISE_REPORTS=reports $(BIN)/python -m pytest tests/pages

environment: ## create or update .venv for running the pipeline
	$(call set-up,requirements.txt)

environment-dev: ## create or update .venv for running, testing and linting
	$(call set-up,requirements-dev.txt)

# The Python of .venv must not create .venv, so PATH is the one that make was called with. PIP=23.0.1 sets the version of pip.
environment environment-dev: PATH := $(OWN_PATH)
define set-up
@command -v "$(PYTHON)" >/dev/null || { echo "error: Python '$(PYTHON)' was not found; set another one with make PYTHON=python3.12" >&2; exit 1; }
@"$(PYTHON)" tools/environment.py $(1) $(if $(PIP),--pip $(PIP)) $(if $(filter file,$(origin PYTHON)),,--this-python)
endef

lock: environment-dev ## regenerate the lock files from pyproject.toml with uv; UPGRADE=--upgrade for newer versions
	@$(BIN)/python tools/lock.py $(UPGRADE)

clean: ## delete all generated files except downloads and .venv
	rm -rf logs .snakemake
	find results reports -mindepth 1 ! -name README.md -delete

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

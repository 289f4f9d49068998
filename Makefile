# Everything happens in .venv; nothing needs to be activated.
PYTHON ?= python3
CORES ?= 4
BIN := .venv/bin
OWN_PATH := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: reproduce resume test test-fast test-kernels lint benchmark results verify environment environment-dev lock clean help

reproduce: environment ## train everything, write the reports
	@$(BIN)/python -m snakemake --cores $(CORES)

resume: environment ## go on after a run that was killed
	@$(BIN)/python -m snakemake --unlock --quiet all
	@$(BIN)/python -m snakemake --cores $(CORES)

# A worker for each core; --dist loadfile keeps the tests of a file together, which share what is costly to make.
test: environment-dev ## run every test, on all cores
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-fast: environment-dev ## run the tests that start no pipeline, no browser and no TensorFlow: under two minutes
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not slow"

test-kernels: environment-dev ## repeat the numeric tests as other processors would compute them
	@$(BIN)/python tests/kernels.py

lint: environment-dev ## check style, types and the workflow
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m snakefmt --check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m snakemake --lint

benchmark: environment ## measure against Keras, scikit-learn, PyTorch where installed, and the pipeline's own overhead
	@$(BIN)/python benchmarks/framework.py --output benchmarks/framework.md
	@$(BIN)/python benchmarks/pipeline.py

results: environment ## write docs/results.md from the last run and the last benchmark
	@$(BIN)/python -m layerwise.reporting results --output docs/results.md --claims results/claims.csv \
		--summaries results/summaries/*.csv --tables $(wildcard benchmarks/*.md)

verify: environment-dev ## check the reports that were made: no request, no console error
	@LAYERWISE_REPORTS=reports $(BIN)/python -m pytest tests/pages

environment: ## make .venv with what a run needs
	$(call set-up,requirements.txt)

environment-dev: ## make .venv with what a run, the tests and the linters need
	$(call set-up,requirements-dev.txt)

# The Python of .venv must not make .venv, so the PATH is the one make was called with. PIP=23.0.1 names a version of pip.
environment environment-dev: PATH := $(OWN_PATH)
define set-up
@command -v "$(PYTHON)" >/dev/null || { echo "error: $(PYTHON) was not found; name another Python with make PYTHON=python3.12" >&2; exit 1; }
@"$(PYTHON)" tools/environment.py $(1) $(if $(PIP),--pip $(PIP)) $(if $(filter file,$(origin PYTHON)),,--this-python)
endef

lock: environment-dev ## write the lock files again from pyproject.toml, with uv; UPGRADE=--upgrade for newer versions
	@$(BIN)/python tools/lock.py $(UPGRADE)

clean: ## remove everything that was generated, but not downloads and not .venv
	rm -rf logs .snakemake
	find results reports -mindepth 1 ! -name README.md -delete

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

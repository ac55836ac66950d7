# Two commands set everything up, given Python (3.11 or later), git and make:
#   make demo     scores a small pipeline of fixtures/repos/ and writes SARIF and JSON
#   make check    what CI does: ruff, mypy, pytest
PYTHON ?= python3
VENV ?= .venv
OUT ?= build
REPO ?= fixtures/repos/level0-churn
PYTEST_ARGS ?=

# Two places, because venv calls its folder of programs differently on Windows.
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/.installed

.PHONY: help demo check lint types test tools pages setup lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

demo: $(STAMP) ## score a small pipeline and write build/report.sarif and build/report.json
	@mkdir -p $(OUT)
	$(BIN)/mlrubric score $(REPO) --write sarif=$(OUT)/report.sarif --write json=$(OUT)/report.json
	@echo
	@echo "Written: $(OUT)/report.sarif and $(OUT)/report.json. Yours: $(BIN)/mlrubric score PATH"

check: lint types test ## what CI does: ruff, mypy, pytest

lint: $(STAMP) ## ruff
	$(BIN)/ruff check .

types: $(STAMP) ## mypy --strict
	$(BIN)/mypy

test: $(STAMP) ## pytest (PYTEST_ARGS="-k name" for a part)
	$(BIN)/pytest -rfEs $(PYTEST_ARGS)

tools: $(STAMP) ## write docs/tools.md and rules/served.toml from rules/tools/ and fixtures/tools/
	MLRUBRIC_REGENERATE=1 $(BIN)/pytest -q tests/test_tools.py -k generated

pages: $(STAMP) ## write docs/rules/, docs/tests/, docs/levels/ and docs/peers.md from the rule book and fixtures/tests/
	MLRUBRIC_REGENERATE=1 $(BIN)/pytest -q tests/test_pages.py tests/test_rule_pages.py tests/test_peers.py -k fresh

setup: $(STAMP) ## only the environment, in .venv

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
  --custom-compile-command "make lock" pyproject.toml

lock: $(STAMP) ## write requirements/*.txt anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --extra lsp --group dev $(UPGRADE) -o requirements/dev.txt
	$(COMPILE) --group build $(UPGRADE) -c requirements/dev.txt -o requirements/run.txt

clean: ## remove the environment and what was built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache

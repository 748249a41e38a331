# `make help` lists the targets. Any Python from 3.11 on will do: make setup PYTHON=python3.12
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
UV := uv==0.13.9
.DEFAULT_GOAL := help

# pip must not be led elsewhere by what an outer environment says.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
# The product is many processes, and its tests start hundreds: what is compiled once is kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test lint format bench faults lock clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

setup: $(STAMP) ## create .venv with the pinned dependencies (at once when nothing changed)

$(STAMP): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo missing)."; \
		echo "Install one and name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python && $(BIN)/python -c 'import pip' 2>/dev/null || { rm -rf .venv && $(PYTHON) -m venv .venv; } || { \
		echo "This Python cannot make environments (Debian: apt-get install python3-venv)."; rm -rf .venv; exit 1; }
	@echo "Installing the pinned dependencies into .venv"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.txt
	@touch $@

run: $(STAMP) ## start everything at http://127.0.0.1:8000/ (PORT=, BIND=, DATABASE_URL=, REDIS_URL=)
	@exec $(BIN)/python manage.py serve

test: $(STAMP) ## the whole suite on SQLite and PostgreSQL, then in a browser (ARGS="tests/consent -k stop")
	@exec $(BIN)/python -m tests.run $(ARGS)

lint: $(STAMP) ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## the benchmarks on a private PostgreSQL (ARGS="module ...")
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

faults: $(STAMP) ## a bad day: everything is killed while corrections go out, then it must add up (ARGS="--kills 30")
	@exec $(BIN)/python -m tests.faults $(ARGS)

# One lock for every supported Python and platform: markers say what is needed where.
LOCK = .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

lock: ## rewrite requirements*.txt from pyproject.toml (UPGRADE=--upgrade takes newer versions)
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet $(UV); }
	$(LOCK) $(UPGRADE) pyproject.toml --output-file requirements.txt
	$(LOCK) $(UPGRADE) pyproject.toml backoffice/launch/servers.in --extra dev --constraints requirements.txt --output-file requirements-dev.txt

clean: ## remove caches and environments; the data in var/ stay
	rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Everything runs in .venv, made from the locked requirements. `make help` lists the commands.
# The environment's own Python, or the newest of these that runs: a name on the PATH may be a version manager's for one
# that is not installed, and Debian's may lack what makes an environment.
PYTHONS := python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(shell for name in $(wildcard .venv/bin/python) $(PYTHONS); do \
  $$name -c "import ensurepip" 2>/dev/null && echo $$name; done))
PORT ?= 8000
PUBLIC ?= ../public
ORIGIN ?= *
BIN := .venv/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
BIOME := $(BIN)/node .venv/lint/node_modules/@biomejs/biome/bin/biome
# JupyterLab's, optional, and with it every process that reads a notebook compiles a grammar for 1.5 s before it begins.
SLOW_TO_IMPORT := rfc3987-syntax
FAST := -m "not slow and not browser" --hypothesis-profile quick

.DEFAULT_GOAL := help
.PHONY: help book watch serve publish pdf live lint check check-pythons test hooks benchmarks lock vendor clean system page-checks

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: .venv/book ## install what is locked, run every cell, check every exercise, build the pages
	@$(BIN)/book build
	@echo "Open file://$(CURDIR)/_build/html/index.html, or run make serve."

watch: .venv/book ## build at every save, and show it on http://localhost:8000 (PORT=... for another port)
	@$(BIN)/book watch --port $(PORT)

serve: book ## build, then serve the pages on http://localhost:8000 (PORT=... for another port)
	@echo "Serving on http://localhost:$(PORT), Ctrl-C to stop."
	@$(BIN)/python -m http.server $(PORT) --bind localhost --directory _build/html

publish: book ## write what the public may have to $(PUBLIC): site, notebooks, widgets, environment
	@$(BIN)/book publish $(PUBLIC)

pdf: book ## build, then print the whole book to _build/logits-layer-by-layer-<version>.pdf (needs Chromium)
	@$(BIN)/book pdf

lint: .venv/test .venv/lint/installed ## linters and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIOME) check --error-on-warnings
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint ## linters, types and the fast tests
	@$(BIN)/pytest -q $(FAST)

check-pythons: ## the fast tests on each Python that is found, in an environment of its own
	@for name in $(PYTHONS); do $$name -c "import ensurepip" 2>/dev/null || continue; echo "== $$name"; \
	  $$name -m venv .venv/$$name && .venv/$$name/bin/python $(PIP_INSTALL) --require-hashes -r requirements.txt && \
	  .venv/$$name/bin/python $(PIP_INSTALL) --require-hashes -r requirements-test.txt && \
	  .venv/$$name/bin/python -m pip uninstall --quiet --yes $(SLOW_TO_IMPORT) && \
	  .venv/$$name/bin/python $(PIP_INSTALL) --no-deps --no-build-isolation -e . && \
	  .venv/$$name/bin/python -m pytest -q $(FAST) || exit 1; done

test: lint .venv/nbgrader/installed .venv/learner/installed page-checks system ## every check: linters, types, all tests, a full build, a real browser
	@$(BIN)/jupyter-book build .
	@$(BIN)/coverage run -m pytest
	@$(BIN)/coverage report

hooks: .venv/test .venv/lint/installed ## let git check what a commit changes, before it is made
	@$(BIN)/pre-commit install

benchmarks: .venv/test .venv/nbgrader/installed page-checks system ## measure against the alternatives; prints ratios
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

lock: ## compile requirements*.in again, with the newest versions that they allow
	@$(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv
	@for name in requirements requirements-test requirements-learner requirements-nbgrader; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --custom-compile-command "make lock" $$name.in -o $$name.txt || exit 1; done

live: .venv/test ## start a Jupyter server for the "Run this page" button (ORIGIN=https://... lets in that site alone)
	@$(BIN)/jupyter server --no-browser --ServerApp.allow_origin="$(ORIGIN)"

vendor: .venv/test ## bundle again what pages load of other people's JavaScript, as locked in vendor/
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix vendor ci --ignore-scripts --no-audit --no-fund
	@cd vendor && ../$(BIN)/node bundle.mjs

clean: ## remove what was built (not the environment)
	@rm -rf _build exercises/release .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

system:
	@sh tests/install-system.sh

# The environment. Each marker file is newer than what it was made from.
.venv/book: requirements.txt pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11, 3.12 or 3.13 is needed, with venv: install one, or name it with PYTHON=..."; exit 1; }
	@echo "Installing the locked environment into .venv (a few minutes the first time; TensorFlow is large) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/test: .venv/book requirements-test.txt
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements-test.txt
	@$(BIN)/python -m pip uninstall --quiet --yes $(SLOW_TO_IMPORT)
	@touch $@

# What a reader of the published tree has; the tests install the tree itself into it.
.venv/learner/installed: requirements-learner.txt
	@echo "Installing a learner's environment, to try the published tree in, into .venv/learner ..."
	@$(PYTHON) -m venv --clear .venv/learner
	@.venv/learner/bin/python $(PIP_INSTALL) --require-hashes -r requirements-learner.txt
	@touch $@

# Stock nbgrader shares nothing with the book but the kernel, which has the book's packages.
.venv/nbgrader/installed: .venv/book requirements-nbgrader.txt
	@echo "Installing stock nbgrader, to compare with, into .venv/nbgrader ..."
	@$(PYTHON) -m venv .venv/nbgrader
	@.venv/nbgrader/bin/python $(PIP_INSTALL) --require-hashes -r requirements-nbgrader.txt
	@$(BIN)/python -m ipykernel install --prefix .venv/nbgrader --name python3 >/dev/null
	@touch $@

# What reads the JavaScript, locked by tests/lint/package-lock.json.
.venv/lint/installed: .venv/test tests/lint/package.json tests/lint/package-lock.json
	@echo "Installing Biome into .venv/lint ..."
	@mkdir -p .venv/lint && cp tests/lint/package.json tests/lint/package-lock.json .venv/lint
	@cd .venv/lint && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --loglevel=error --ignore-scripts --no-audit --no-fund
	@touch $@

# What looks at pages in a browser, locked by tests/package-lock.json: axe and Lighthouse.
page-checks: .venv/page-checks/installed ## install axe and Lighthouse, which look at the pages
.venv/page-checks/installed: .venv/test tests/package.json tests/package-lock.json
	@echo "Installing axe and Lighthouse into .venv/page-checks ..."
	@mkdir -p .venv/page-checks && cp tests/package.json tests/package-lock.json .venv/page-checks
	@cd .venv/page-checks && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --loglevel=error --ignore-scripts --no-audit --no-fund
	@touch $@

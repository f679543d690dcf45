# Everything that a fresh machine needs: Python 3.11 or later and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup demo test check format lint types stories reference clean

help:
	@echo "make demo    install, let a caller call over real loopback sockets, show the proof"
	@echo "make test    install, run every test"
	@echo "make setup   .venv with everything for development"
	@echo "make check   format, lint, types, tests, stories"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "found $$($(PYTHON) --version); Cordboard needs Python 3.11 or later (make PYTHON=python3.12 …)"; exit 1; }
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --upgrade pip

$(VENV)/.engine: pyproject.toml | $(BIN)/python
	@echo "installing Cordboard, its voice and its ears (a minute or two)"
	@$(BIN)/pip install --progress-bar on --editable '.[voice,speech]' | grep -E '^(Downloading|Installing|Successfully)' | cut -c1-100
	@touch $@

$(VENV)/.development: pyproject.toml | $(BIN)/python
	@echo "installing Cordboard with everything for development (a minute or two)"
	@$(BIN)/pip install --progress-bar on --editable '.[voice,speech,dev]' | grep -E '^(Downloading|Installing|Successfully)' | cut -c1-100
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

test: setup
	$(BIN)/pytest

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

stories: setup
	@for network in flows examples/flows/*/; do \
		$(BIN)/cordboard check $$network && $(BIN)/cordboard test $$network || exit 1; done

reference: setup
	$(BIN)/python -m docs.reference

check: lint types stories test

clean:
	rm -rf $(VENV) build dist .cordboard .pytest_cache .mypy_cache .ruff_cache

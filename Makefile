# Everything a person or a machine does with this project. Needs Python 3.11 or newer, make and git; the rest is
# installed into .venv from the hashed lock files.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; \
	done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo test check full format bench crash docs gallery lock clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/run ## show the whole line at work: no keys, no network
	@$(BIN)/harken demo

test: .venv/dev ## run the tests
	$(BIN)/pytest

check: .venv/dev ## what CI runs: format, lint, types, layers, tests, documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

full: check ## the same, and what needs a browser: Chromium from the system's packages
	HARKEN_FULL=1 $(BIN)/pytest tests/monitor/test_report_browser.py

format: .venv/dev ## put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev ## measure speed and memory
	$(BIN)/python bench/line.py
	$(BIN)/python bench/rules_diff.py
	$(BIN)/python bench/judge_speed.py
	$(BIN)/python bench/judge.py
	$(BIN)/python bench/networks.py
	$(BIN)/python bench/report.py

crash: .venv/dev ## kill the real process 500 times and count what was lost
	HARKEN_KILLS=500 $(BIN)/pytest --timeout=3600 -s tests/crash

docs: .venv/dev ## write the reference pages, the picture and the gallery anew
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/picture.py docs/demo.svg
	$(BIN)/python -m tools.gallery

gallery: .venv/dev ## write every message that Slack shows to docs/gallery
	$(BIN)/python -m tools.gallery

lock: .venv/dev ## choose the newest versions and write the lock files
	$(LOCK) --upgrade --group build --output-file requirements.lock
	$(LOCK) --upgrade --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove what was installed and cached
	rm -rf .venv build *.egg-info .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.venv/run: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Harken needs Python 3.11 or newer with venv; install it or set PYTHON=/path/to/it" >&2; exit 2; }
	@echo "installing into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) --require-hashes --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/run requirements-dev.lock
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@

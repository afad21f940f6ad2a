# One word to start, one word to check. Needs Python 3.11 to 3.13, git and make; nothing else.
#
#   make demo    the whole story in one command, then a server to look at (SCALED=1: on PostgreSQL and S3; WAIT=0 returns, PROFILE=fast|demo|readme,
#                FROM=retrain goes on with that stage)
#   make test    everything, from a fresh machine on; make test-fast in under two minutes, make test-ui in a browser
#   make check   style, types, floor plan, dead and double code, documents
#   make bench   all figures into benchmarks/results/latest.json (FLOW=ingest for one flow, PEERS=1 others beside us,
#                PEERS=only nobody else); what it fills stays in .bench/ for the next time
#   make generated   /api's description, the UI's types and docs/reference after a change of routes or commands
#   make gallery   pictures of every page and state, to look at (DATA=folder, after a make demo; ONLY=documents: those
#                of README and docs anew; ONLY=report: those whose names have the word)
#   make lock    new pins after a change of requirements

PYTHON ?= $(shell for one in python3.12 python3.13 python3.11 python3 python; do \
	$$one -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$one && break; done)
BIN := .venv/bin
# Hundreds of servers, clients and commands are started by the tests: none should compile the program anew.
unexport PYTHONDONTWRITEBYTECODE
READY := .venv/.runstone-dev
PROFILE ?= demo
WAIT ?= 1
SCALED ?= 0
# Not from the environment: mail programs use that name.
FROM :=
FLOW ?=
PEERS ?=
WORKERS ?= 2
# Not again what `make check` has just run: CHECKED=1.
CHECKED ?=
# The slow suites wait for clients more than they compute.
SLOW_WORKERS ?= 4
# Where a suite of many minutes spends them.
SHOW_SLOWEST := --durations=15 --durations-min=10

.PHONY: demo dev test test-fast test-slow test-scaled test-sdk test-jax test-torch test-ui compatibility check check-style check-ui check-house generated format bench torture gallery lock lock-peers clean

demo:
	@$(call fit_python)
	@$(PYTHON) tools/demo.py --profile $(PROFILE) --wait $(WAIT) --from "$(FROM)" --scaled $(SCALED)

dev: $(READY)
	@$(BIN)/python tools/dev.py

test: test-fast test-slow test-ui

test-fast: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not slow" $(if $(CHECKED),--ignore=tests/docs --ignore=tests/architecture)

# FAST: the fault tests among them in their short form.
test-slow: $(READY)
	FAST=1 $(BIN)/python -m pytest -q $(SHOW_SLOWEST) -n $(SLOW_WORKERS) --dist loadfile --no-loadscope-reorder -m slow --ignore=tests/ui

# The stores' contract once more, on PostgreSQL and S3, each call at another one of three stores.
test-scaled: $(READY)
	$(BIN)/python -m pytest -q --scaled -m "not slow" tests/actions tests/store tests/jobs

test-sdk: $(READY)
	$(BIN)/python -m pytest -q tests/sdk

# The reference project without TensorFlow; each builds an environment of its own.
test-jax: $(READY)
	BACKEND=jax $(BIN)/python -m pytest -q tests/app/test_backends.py

test-torch: $(READY)
	BACKEND=torch $(BIN)/python -m pytest -q tests/app/test_backends.py

test-ui: $(READY)
	$(BIN)/python tools/build_ui.py
	$(BIN)/python -m pytest -q $(SHOW_SLOWEST) -n $(WORKERS) --dist loadfile tests/ui

compatibility: $(READY)
	WRITE_COMPATIBILITY=1 $(BIN)/python -m pytest -q tests/sdk/test_matrix.py

# Three chains beside each other, for two cores.
check: $(READY)
	@$(MAKE) --no-print-directory -j2 check-style check-ui check-house

check-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check-ui:
	$(BIN)/python tools/build_ui.py check

check-house:
	$(BIN)/lint-imports --no-logo
	$(BIN)/pylint --disable=all --enable=duplicate-code --min-similarity-lines=12 --ignore-imports=y \
		--ignore-docstrings=y --ignore-signatures=y --score=n runstone
	$(BIN)/python -m pytest -q tests/docs tests/architecture

# What is derived from the code and committed: the description of /api, the UI's types, docs/reference.
generated: $(READY)
	$(BIN)/python tools/write_openapi.py
	npm --prefix web run --silent types
	$(BIN)/python tools/write_reference.py

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(if $(filter only,$(PEERS)),,$(BIN)/python tools/build_ui.py)
	$(if $(filter only,$(PEERS)),,$(BIN)/python benchmarks/run.py $(FLOW))
	$(if $(PEERS),$(BIN)/python -m benchmarks.peers.measure)
	$(BIN)/python tools/write_performance.py

DATA ?= demo-data
ONLY :=
gallery: $(READY)
	$(BIN)/python tools/build_ui.py
	$(BIN)/python tools/gallery.py $(DATA) $(ONLY)

torture: $(READY)
	FAST=$(FAST) $(BIN)/python -m pytest -q -s tests/torture

LOCKED := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --no-header

# Others that the benchmarks measure.
lock-peers: $(READY)
	for one in mlflow trackio tensorboard; do \
		$(LOCKED) $(UPGRADE) requirements/peers/$$one.in -o requirements/peers/$$one.txt || exit 1; \
	done

# The demo's versions are those of the tests: one environment serves both.
lock: $(READY)
	$(LOCKED) $(UPGRADE) pyproject.toml requirements/dev.in -o requirements/dev.txt
	$(LOCKED) $(UPGRADE) -c requirements/dev.txt pyproject.toml requirements/demo.in -o requirements/demo.txt
	$(LOCKED) $(UPGRADE) requirements/node.in -o requirements/node.txt

clean:
	rm -rf .bench .venv .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build

# Exact versions by their digests; the house itself editable, from what lies here.
$(READY): requirements/dev.txt pyproject.toml tools/install.py
	@$(call fit_python)
	@$(PYTHON) tools/install.py dev
	@touch $@

define fit_python
test -n "$(PYTHON)" || { \
	echo "Runstone needs Python 3.11, 3.12 or 3.13, and none was found here." >&2; \
	echo "Install one (for example: sudo apt install python3.12 python3.12-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
	exit 2; }
command -v "$(PYTHON)" >/dev/null && "$(PYTHON)" -c '' 2>/dev/null || { \
	echo "$(PYTHON) is no Python that can be run here. Runstone needs Python 3.11, 3.12 or 3.13." >&2; \
	echo "Name one with its path: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
	exit 2; }
endef

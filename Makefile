# Each target sets up what it needs on a fresh machine: its own virtual environment in .venv,
# with the exact versions of requirements/dev.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup generate check watch vendor test types style demo docs bench fuzz chaos jobs-chaos lock clean

help:  ## what can be done here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(STAMP)  ## virtual environment with locked versions

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

generate: $(STAMP)  ## spec/ → generated/
	@$(BIN)/hubei-yibao-codegen generate

check: $(STAMP)  ## spec lint, and generated/ is exactly what spec/ yields
	@$(BIN)/hubei-yibao-codegen lint --level warning
	@$(BIN)/hubei-yibao-codegen generate --check

watch: $(STAMP)  ## lint and regenerate on every save
	@$(BIN)/hubei-yibao-codegen watch

vendor: $(STAMP)  ## a self-contained copy: make vendor DEST=his/yibao [ONLY=2207,outpatient]
	@test -n "$(DEST)" || { echo "say where: make vendor DEST=his/yibao [ONLY=2207,outpatient]" >&2; exit 2; }
	@$(BIN)/hubei-yibao-codegen vendor "$(DEST)" $(if $(ONLY),--only "$(ONLY)")

test: $(STAMP)  ## all tests
	@$(BIN)/python -m pytest -n 4 --dist loadgroup

types: $(STAMP)  ## mypy --strict and pyright
	@$(BIN)/mypy generated/hubei_yibao runtime codegen
	@$(BIN)/pyright

style: $(STAMP)  ## ruff over the hand-written code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

bench: $(STAMP)  ## every benchmark, as ratios measured in one run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

fuzz: $(STAMP)  ## 1,000,000 mutated answers through decode
	@$(BIN)/python tests/fuzz/fuzz_decode.py --count 1000000

chaos: $(STAMP)  ## 10,000 settlements with faults and SIGKILL
	@$(BIN)/python tests/chaos/run.py $(ARGS)

jobs-chaos: $(STAMP)  ## 2,000 uploads and settlements killed at every step, SQLite and PostgreSQL
	@$(BIN)/python tests/chaos/jobs.py $(ARGS)
	@$(BIN)/python tests/chaos/settlement_kills.py
	@$(BIN)/python tests/chaos/settlement_kills.py --refuse 2207

demo: $(STAMP)  ## simulator and a whole visit
	@$(BIN)/python demo/visit.py

docs: $(STAMP)  ## the documentation site → site/
	@$(BIN)/hubei-yibao-codegen docs

lock:  ## requirements/*.in → exact versions with hashes
	@$(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-emit-options --no-header --output-file requirements/dev.txt requirements/dev.in

clean:  ## remove what can be made again
	@rm -rf $(VENV) .cache build dist site

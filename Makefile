# Needs Python 3.11 or newer; everything else is set up by the targets themselves.
PYTHON ?= python3
export PYTHON

BIN := .venv/bin
SOURCES := ledger policies expertpool benchmarks tests deploy
UV := uv==0.13.9
UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# One process more than there are processors: tests wait for servers and browsers, too.
WORKERS := -n $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1))) --maxprocesses 4 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage check bench faults evidence lock zipapp custodian clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## make .venv what requirements/dev.lock says (does nothing when it is)
	@bash deploy/setup-venv.sh

run: setup  ## start with demo data on 127.0.0.1:8000
	@$(BIN)/expertpool run

test: setup  ## every test but the long fault runs
	@bash deploy/system-packages.sh postgresql || echo "Going on without PostgreSQL: its tests are left out."
	@bash deploy/system-packages.sh nodejs || echo "Going on without Node: the second replayer's tests are left out."
	@bash deploy/system-packages.sh chromium || echo "Going on without Chromium: its tests are left out."
	$(BIN)/python -m pytest $(WORKERS)

coverage: setup  ## the same tests, traced, with the coverage floor; takes a third longer
	@bash deploy/system-packages.sh postgresql chromium nodejs
	$(BIN)/python -m pytest $(WORKERS) --cov

check: setup  ## lint, format, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(wildcard $(SOURCES))
	$(BIN)/lint-imports

bench: setup  ## one benchmark, as JSON lines: make bench NAME=ledger
	@$(BIN)/python -m benchmarks $(NAME)

faults: setup  ## long runs under kill -9 and full disks
	@bash deploy/system-packages.sh postgresql nodejs
	$(BIN)/python -m pytest -m faults --hypothesis-profile long

evidence: setup  ## measure the promises anew and write docs/evidence.md; PARTS="game agreement" for the long runs
	@bash deploy/system-packages.sh nodejs chromium
	$(BIN)/python -m tests.evidence $(PARTS)

lock: setup  ## pin what pyproject.toml asks for; UPGRADE=1 moves every version
	@$(BIN)/python -m venv var/lock
	@var/lock/bin/pip install --quiet --disable-pip-version-check "$(UV)"
	@var/lock/bin/$(UV_COMPILE) pyproject.toml --group dev -o requirements/dev.lock >/dev/null
	@var/lock/bin/$(UV_COMPILE) pyproject.toml -c requirements/dev.lock -o requirements/run.lock >/dev/null
	@var/lock/bin/$(UV_COMPILE) requirements/custodian.in -c requirements/run.lock -o requirements/custodian.lock >/dev/null
	@var/lock/bin/$(UV_COMPILE) requirements/peers.in -o requirements/peers.lock >/dev/null
	@bash deploy/setup-venv.sh

zipapp: setup  ## dist/ledger.pyz: the verifier as one file, for a bare Python
	@$(BIN)/python deploy/build_zipapp.py

custodian: setup  ## dist/expertpool-custodian-VERSION.zip: the key holders' agent, for an office to install
	@$(BIN)/python deploy/build_custodian.py

clean:  ## remove what was built; keeps var/, where data may be
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

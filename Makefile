# Two commands on a fresh machine: `make demo` and `make test`. Both set everything up in .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Twice the cores: many tests wait for a server or a clock.
WORKERS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))
# Tests start hundreds of processes, and each would compile the program anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo docs test postgres chaos peers security audit fuzz api-fuzz bench bench-compare audit-bench check lint types imports browser migrate pictures clean

help: ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,postgres]"
	@touch $@

demo: $(READY) ## The whole job on three invented days, offline, in seconds
	$(BIN)/tracker demo

test: $(READY) ## All tests, on SQLite and on PostgreSQL
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

postgres: $(READY) ## Everything that works on either database, on PostgreSQL
	TRACKER_POSTGRES=all $(BIN)/pytest tests/store tests/sync tests/deliver tests/daemon tests/archive tests/export tests/replay \
		-k "postgres or postgresql or three_daemons" -n $(WORKERS) --dist worksteal

chaos: $(READY) ## Every promise of docs/reliability.md broken on purpose: all faults and kill points, some minutes
	TRACKER_CHAOS=all $(BIN)/pytest tests/chaos tests/attack tests/security/test_enormous.py \
		tests/store/test_revisions.py tests/shipping/test_upgrade.py -n $(WORKERS) --dist worksteal

peers: $(READY) ## The same attacks on urlwatch and webchanges, fetched into an environment of their own: a table, in half an hour
	$(BIN)/python -m tests.attack.peers

bench: $(READY) ## Speed, memory and disk against their floors and beside urlwatch and webchanges: make bench ROWS="verdict ingest" SIZE=large
	$(BIN)/python -m benchmarks $(ROWS) --size $(or $(SIZE),usual)

bench-compare: $(READY) ## Two runs side by side: make bench-compare BEFORE=FILE AFTER=FILE
	$(BIN)/python -m benchmarks.compare $(BEFORE) $(AFTER)

audit-bench: $(READY) ## How far the judging of outcomes agrees with readers: writes the figures of docs/audit.md
	$(BIN)/python -m benchmarks.outcomes

check: lint types imports security test ## Everything that must be green before a change lands

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

browser: ## Debian's Chromium, in which the tests of the pages look at them
	@command -v chromium >/dev/null || (apt-get update -q && apt-get install --yes --no-install-recommends -q chromium)

security: $(READY) ## What bandit has to say of the code
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive tracker

audit: security ## The same, and known vulnerabilities of the installed packages: needs the network, and says so when it got no answer
	$(BIN)/python -m tests.security.audit

fuzz: $(READY) ## Every parser against inputs nobody writes, for minutes: make fuzz TIMES=200
	TRACKER_FUZZ=$(or $(TIMES),50) $(BIN)/pytest tests/fuzz -n auto

api-fuzz: $(READY) ## The JSON API against many requests that nobody writes: make api-fuzz TIMES=1000
	TRACKER_API_FUZZ=$(or $(TIMES),300) $(BIN)/pytest tests/web/test_api.py -k invented --timeout 0

migrate: $(READY) ## A new schema revision from tracker/store/tables.py: make migrate m="what it is for"
	$(BIN)/alembic upgrade head && $(BIN)/alembic revision --autogenerate -m "$(m)"

docs: $(READY) ## Refresh what the documentation takes from the code: the table of registries
	$(BIN)/python docs/registries.py

pictures: $(READY) ## Refresh the demo's output in docs/demo.md and the pictures of mails and pages
	$(BIN)/python -m docs.refresh
	$(BIN)/python docs/pictures_of_pages.py

clean: ## Remove what was set up and built; snapshots stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

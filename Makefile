# install: what it needs; run: the dashboard; serve: the same for a class; backup: its links and results
# in one file, TO=...; upgrade: to the newest version; test: lint and all tests; test-fast: what takes
# less than a minute of them, while you work; lint, format, bench: as they say; suite: all tests.
# test-oldest, test-newest: the suite with the oldest and the newest versions that the lists of
# requirements allow, on the oldest and the newest Python, in .venv-oldest and .venv-newest;
# PYTHON=/path/to/python3 is another Python, TESTS=test-fast less of the tests.
# generated: what readers may send, generated: CASES of each kind, new ones each time.
# audit: known vulnerabilities of what .venv has.
# Each makes .venv if it is missing or older than the lists of requirements.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export DENO_NO_UPDATE_CHECK := 1

# each file takes seconds: no browser, no page, no slow exact law
FAST := tests/test_architecture.py tests/test_requirements.py \
	tests/core/distances/test_distances.py tests/core/laws/test_laws_gaussian.py \
	tests/core/samplers/test_acceleration.py tests/core/samplers/test_samplers.py \
	tests/core/samplers/test_substeps.py \
	tests/core/targets/test_characteristic.py tests/core/targets/test_every_kind.py tests/core/theory \
	tests/core/test_experiment.py tests/core/test_headless.py \
	tests/core/test_measure.py tests/core/test_schedules.py tests/core/test_sources.py \
	tests/dashboard/animation/test_player_pack.py tests/dashboard/csv_table/test_csv_upload.py \
	tests/dashboard/figures tests/dashboard/link/test_links.py tests/dashboard/test_memory.py \
	tests/dashboard/test_prose_blocks.py

# of test-oldest and test-newest: a Python, and which of the versions that are allowed
PYTHON_oldest := 3.11
PYTHON_newest := 3.13
RESOLUTION_oldest := lowest-direct
RESOLUTION_newest := highest
TESTS ?= suite

CASES ?= 800

.PHONY: install run serve backup upgrade test suite test-fast test-oldest test-newest generated lint format bench audit chromium

install: $(VENV)/run.stamp

run: $(VENV)/run.stamp
	$(BIN)/streamlit run app.py

serve: $(VENV)/run.stamp
	@exec $(BIN)/python -m deploy.serve

TO ?= backups/$(shell date +%Y-%m-%d).tar.gz

backup: $(VENV)/run.stamp
	@mkdir -p $(dir $(TO))
	@$(BIN)/python -m deploy.backup $(TO)

upgrade:
	git pull --ff-only
	@$(MAKE) --no-print-directory install

test: lint suite

suite: chromium
	$(BIN)/deno test --quiet --no-remote
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-fast: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/python -m pytest --quiet --numprocesses auto --dist loadfile $(FAST)

# made anew each time, so that the versions are those of this moment's lists
test-oldest test-newest: test-%: $(VENV)/dev.stamp
	$(BIN)/uv venv --quiet --clear --seed .venv-$* \
		--python "$(if $(filter file,$(origin PYTHON)),$(PYTHON_$*),$(PYTHON))"
	$(BIN)/uv pip install --quiet --python .venv-$* --resolution $(RESOLUTION_$*) \
		-r requirements-dev.txt
	@touch .venv-$*/dev.stamp .venv-$*/run.stamp
	$(MAKE) VENV=.venv-$* $(TESTS)

generated: $(VENV)/dev.stamp
	GENERATED_CASES=$(CASES) $(BIN)/python -m pytest --quiet tests/generated

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/deno lint --quiet

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.stamp
	@for script in benchmarks/[!_]*.py; do \
		echo "== $$script" && PYTHONPATH=. $(BIN)/python "$$script" || exit 1; done

audit: $(VENV)/dev.stamp
	@$(BIN)/python tests/audit.py

chromium: $(VENV)/dev.stamp
	@$(BIN)/python tests/ensure_chromium.py

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or run make PYTHON=/path/to/python3." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dask.txt requirements-dev.txt | $(BIN)/python
	$(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp

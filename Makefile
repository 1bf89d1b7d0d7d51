# make demo   installs, and shows StashHog at work on simulated services and generated videos
# make check  installs, and runs lint, types, import contracts and the tests that start no processes
# make test   installs, and runs the test suite (make test ARGS=tests/jobs)
# make flaky  runs some of them ten times on a machine that is busy with other things (make flaky ARGS=tests/jobs)
# make package builds the wheel, installs it into an empty environment and tries it there
# make bench  measures sync, changes and lists beside what limits them, and writes the table of the README (FULL=1 or QUICK=1: other sizes)
# make faults kills processes everywhere, on both databases, and prints what came of it (two hours)
# make docs   builds the documentation as a site into build/site, and fails for a link or anchor that is not there
# make run    installs, and starts StashHog itself, see README.md
PYTHON ?= python3
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
export PYTHONUNBUFFERED := 1
# Where that is set, each process compiles all of our modules again, and pytest takes three times as long to begin.
unexport PYTHONDONTWRITEBYTECODE
WITH_ENV := python -m stashhog.dotenv

comma := ,
NEW_ENOUGH := 'import sys; sys.exit(sys.version_info < (3, 11))'
OTHER_PYTHON := Install Python 3.11 or newer, or name the one to use: make … PYTHON=/path/to/python3.11
OLD_VENV := .venv was made with a Python older than 3.11. `make clean` removes it, then the same again.
NO_VENV := The Python environment .venv could not be made. If venv or ensurepip is missing, install it (Debian, Ubuntu: \
  apt install python3-venv, for a Python of another version such as python3.12-venv), then the same again.
NO_PACKAGES := The packages could not be installed, the reason is above. "Retrying" or "Could not find a version" mean \
  that pip can not reach its package index: is the network there, and a proxy set if one is needed? The same command \
  goes on where this one stopped; `make clean` removes .venv for a fresh start.

# $(call fail_unless,COMMAND,SENTENCE)
fail_unless = $(1) || { echo '$(2)' >&2; exit 1; }

# $(call install,FILE,WHAT); all that an installation says goes to stderr: stdout is for results.
define install
@echo 'Installing $(2) into .venv; the first time this takes a few minutes …' >&2
@$(call fail_unless,python -c $(NEW_ENOUGH),$(OLD_VENV))
@python -m pip --version >/dev/null 2>&1 || python -m ensurepip --default-pip >&2 || true
@$(call fail_unless,python -m pip install --disable-pip-version-check -r $(1) >&2,$(NO_PACKAGES))
@touch $@
endef

.PHONY: install demo check test screenshots flaky package faults bench run manage permissions admin docs lint imports clean

install: $(VENV)/installed

$(VENV)/bin/python:
	@$(call fail_unless,command -v $(PYTHON) >/dev/null,$(PYTHON) was not found. $(OTHER_PYTHON))
	@$(call fail_unless,$(PYTHON) -c $(NEW_ENOUGH),$(PYTHON) is too old: StashHog needs Python 3.11. $(OTHER_PYTHON))
	@$(call fail_unless,$(PYTHON) -c 'import ensurepip$(comma) venv' 2>/dev/null,$(NO_VENV))
	@echo 'Making a Python environment of its own in .venv …' >&2
	@$(PYTHON) -m venv $(VENV) >&2 || { rm -rf $(VENV); echo '$(NO_VENV)' >&2; exit 1; }

$(VENV)/installed: requirements.txt | $(VENV)/bin/python
	$(call install,$<,the packages that StashHog needs)

$(VENV)/installed-demo: requirements-demo.txt $(VENV)/installed
	$(call install,$<,the simulators of the demo)

$(VENV)/installed-test: requirements-test.txt $(VENV)/installed-demo
	$(call install,$<,what its tests need)

$(VENV)/installed-bench: requirements-bench.txt $(VENV)/installed-test
	$(call install,$<,what its bench compares it with)

# ONCE=1: end when the run has ended.
demo: $(VENV)/installed-demo
	@python manage.py demo $(if $(ONCE),--once)

$(VENV)/installed-docs: requirements-docs.txt $(VENV)/installed
	$(call install,$<,what builds the documentation)

# Tests wait more than they work. The load is for CI: its figures need the machine for themselves.
PARALLEL ?= -n 4 --dist worksteal
PYTEST ?= pytest

# Those without processes wait for nothing: a worker for each core, since each collects all tests first.
check: lint
	python -m pytest -n auto --dist worksteal -q -m "not package and not acceptance" --ignore=tests/load

test: $(VENV)/installed-test
	python -m $(PYTEST) $(PARALLEL) $(or $(ARGS),--ignore=tests/load)

# Ten times, beside two processes for each core that only take time.
flaky: $(VENV)/installed-test
	python -m tests.under_load $(PARALLEL) $(or $(ARGS),--ignore=tests/load)

# Pictures of all pages, in docs/screenshots: light, dark, wide, on a phone.
screenshots: $(VENV)/installed-test
	python -m tests.browser.screenshots docs/screenshots $(ARGS)

# The wheel, built and installed into an empty environment: it needs a package registry.
package: $(VENV)/installed-test
	python -m pytest -m package tests/operations/test_the_package.py

faults: $(VENV)/installed-test
	python -m tests.faults $(ARGS)
	STASHHOG_BIG_SIZES=1 STASHHOG_LOAD_SECONDS=600 python -m pytest tests/load
	ENGINE_EXAMPLES=500 python -m pytest tests/jobs/test_engine_model.py

bench: $(VENV)/installed-bench
	python -m bench

run: install
	@$(WITH_ENV) python manage.py run

# make manage ARGS="backup": a command of manage.py with the settings of .env
manage: install
	@$(WITH_ENV) python manage.py $(ARGS)

# docs/permissions.md, from the table of all routes
permissions: $(VENV)/installed-test
	python -m tests.web.permissions

admin: install
	$(WITH_ENV) python manage.py createsuperuser

# build/site/index.html; nothing in it is asked of another host.
docs: $(VENV)/installed-docs
	NO_MKDOCS_2_WARNING=1 python -m mkdocs build --strict

lint: imports
	ruff check .
	ruff format --check .
	mypy .

imports: $(VENV)/installed-test
	PYTHONPATH=. lint-imports --no-logo

clean:
	rm -rf $(VENV) build demo-data staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

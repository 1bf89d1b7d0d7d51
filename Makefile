# make demo   installs, and shows StashHog at work on simulated services and generated videos
# make test   installs, and runs the whole test suite (make test ARGS=tests/jobs)
# make package builds the wheel, installs it into an empty environment and tries it there
# make faults kills processes everywhere, on both databases, and prints what came of it (two hours)
# make run    installs, and starts StashHog itself, see README.md
PYTHON ?= python3
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
export PYTHONUNBUFFERED := 1
WITH_ENV := python -m stashhog.dotenv

.PHONY: install demo test package faults run manage admin lint clean

install: $(VENV)/installed

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt | $(VENV)/bin/python
	python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/installed-demo: requirements-demo.txt $(VENV)/installed
	python -m pip install --quiet --disable-pip-version-check -r requirements-demo.txt
	touch $@

$(VENV)/installed-test: requirements-test.txt $(VENV)/installed-demo
	python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

# ONCE=1: end when the run has ended.
demo: $(VENV)/installed-demo
	@python manage.py demo $(if $(ONCE),--once)

test: $(VENV)/installed-test
	python -m pytest $(ARGS)

# The wheel, built and installed into an empty environment: it needs a package registry.
package: $(VENV)/installed-test
	python -m pytest -m package $(ARGS)

faults: $(VENV)/installed-test
	python -m tests.faults $(ARGS)
	STASHHOG_LOAD_SECONDS=600 python -m pytest tests/load
	ENGINE_EXAMPLES=500 python -m pytest tests/jobs/test_engine_model.py

# honcho gets no file to read: it would take backslashes, quotes and # for a shell's.
run: install
	$(WITH_ENV) python manage.py prepare
	$(WITH_ENV) honcho --env= start

# make manage ARGS="backup": a command of manage.py with the settings of .env
manage: install
	@$(WITH_ENV) python manage.py $(ARGS)

admin: install
	$(WITH_ENV) python manage.py createsuperuser

lint: $(VENV)/installed-test
	ruff check .
	ruff format --check .
	mypy .

clean:
	rm -rf $(VENV) build demo-data staticfiles .mypy_cache .ruff_cache .pytest_cache

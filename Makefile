# Qingliu: every target sets up what it needs first (see tools/setup.sh).
SHELL := /bin/bash
PY := .venv/bin/python
SETUP = @tools/setup.sh
ENV = eval "$$(tools/env.sh)";

.PHONY: demo test lint format bench docs pictures link package translate matrix torture fuzz env setup
.DEFAULT_GOAL := test

setup:
	$(SETUP)

env:  ## print the export lines for qgis_process.bin
	@tools/setup.sh >&2
	@tools/env.sh

demo:  ## the main job on the practice watershed, or on CASE=<folder>
	$(SETUP)
	@$(ENV) $(PY) tools/demo.py $(if $(CASE),--case "$(CASE)")

test:  ## the whole suite, two workers
	$(SETUP)
	@$(ENV) $(PY) -m pytest -n 2 $(ARGS)

lint:  ## ruff, mypy, translations, Qt 6 spellings
	$(SETUP)
	@tools/lint.sh

format:
	$(SETUP)
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

bench:  ## terrain chain and pattern metrics beside their peers, as ratios
	@tools/setup.sh tools/apt-packages-bench.txt
	@tools/bench/environment.sh
	@$(ENV) $(PY) tools/bench.py $(ARGS)

docs:
	$(SETUP)
	@$(ENV) $(PY) tools/docs.py

pictures:  ## pictures of QGIS's window for the guides, of the demo's watershed (Xvfb)
	$(SETUP)
	@tools/window_pictures.sh

link:  ## link this checkout into the user's own QGIS profile
	$(SETUP)
	@tools/link.sh

package:  ## build/qingliu.zip for QGIS's plugin manager
	$(SETUP)
	@tools/package.sh

translate:  ## collect strings into i18n/*.ts and compile them
	$(SETUP)
	@tools/translate.sh update

matrix:  ## the suite on QGIS 3.22, 3.40 and 3.44 (Debian chroots; root)
	@tools/matrix.sh

torture:  ## the long form of the fault tests: 200 kills of each product, kills at each statement, 100 cancels
	$(SETUP)
	@$(ENV) nice $(PY) -m pytest -m torture --run-torture -rA --timeout=7200 tests/faults

fuzz:  ## nightly-length runs: readers of our own (FUZZ_EXAMPLES each), then every property test
	$(SETUP)
	@$(ENV) QINGLIU_HYPOTHESIS=fuzz nice $(PY) -m pytest -q -n 2 --timeout=7200 tests/fuzz
	@$(ENV) QINGLIU_HYPOTHESIS=nightly nice $(PY) -m pytest -q -n 2 --timeout=7200 -m "not torture and not slow" tests/core tests/plugin

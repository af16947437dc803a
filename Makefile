# Every target makes what it needs first: one environment in .venv, from the hashed pins in requirements/.
# A second run finds its stamps and starts at once.
#
#   make demo     a whole federation, from the census to a verified decision, in ./majlis-demo
#   make test     every test, the tests of the house itself included
#   make check    format, lint, types and floors only
#   make fmt      puts the code in its format
#   make bench    the measurements behind the published numbers
#   make booth    the modules that phones and browsers judge acts with; needs node 20 and npm, else it is passed over
#   make native   the engine that verifies ballots much faster; needs Rust 1.89, and everything works without it
#
# ARGS go to the command behind the target: make demo ARGS="--members 30", make test ARGS="-k recall".

PYTHON ?= python3
JOBS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
NATIVE := $(VENV)/.native
BOOTH := booth/dist/.made
CODE := src tests $(wildcard bench)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard src/majlis/*/locale/*/LC_MESSAGES/*.po))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check fmt bench booth native clean

# An environment knows the folder it was made in: in a moved or copied tree it would run the other tree's code.
ifneq ($(shell cat $(MADE) 2>/dev/null),$(CURDIR))
$(shell rm -f $(MADE) $(RUN) $(DEV) $(NATIVE))
endif

# Where cargo is new enough the tests are run over the native engine too; without it they skip, and say so.
CARGO_IS_NEW := $(shell cargo --version 2>/dev/null | awk '{ split($$2, v, "."); if (v[1] > 1 || v[2] >= 89) print "yes" }')

# The same holds for the booth: where there is no node the tests that run it skip, and say so.
NODE_IS_NEW := $(shell command -v npm >/dev/null && node --version 2>/dev/null | awk -F '[v.]' '$$2 >= 20 { print "yes" }')

help:
	@sed -n '/^#   make/s/^#   //p' Makefile

demo: $(RUN) $(CATALOGUES) $(if $(NODE_IS_NEW),$(BOOTH))
	@$(BIN)/majlis demo $(ARGS)

test: $(DEV) $(CATALOGUES) $(if $(CARGO_IS_NEW),$(NATIVE)) $(if $(NODE_IS_NEW),$(BOOTH))
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadgroup $(ARGS)

check: $(DEV)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(DEV)
	$(BIN)/ruff check --select I --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(DEV) $(CATALOGUES) $(if $(CARGO_IS_NEW),$(NATIVE))
	@set -e; for script in $(sort $(wildcard bench/*.py)); do echo "== $$script"; $(BIN)/python "$$script" $(ARGS); done

booth: $(BOOTH)

native: $(NATIVE)

clean:
	rm -rf $(VENV) majlis-demo build booth/dist booth/node_modules src/majlis.egg-info $(CATALOGUES) \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(MADE):
	@command -v $(PYTHON) >/dev/null || { \
		echo "Majlis needs Python 3.11 or newer, and there is no '$(PYTHON)' here."; \
		echo "Install it, or name it: make demo PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Majlis needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)."; \
		echo "Name a newer one: make demo PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' has no venv module. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Making the environment in $(VENV); only the first time takes this long."
	@$(PYTHON) -m venv --clear $(VENV)
	@printf '%s' '$(CURDIR)' > $@

$(RUN): requirements/run.txt pyproject.toml | $(MADE)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	@touch $@

$(NATIVE): $(wildcard native/*.toml native/*.py native/*/*.py native/src/*.rs) $(RUN)
	@test -n "$(CARGO_IS_NEW)" || { \
		echo "The native engine is built with Rust 1.89 or newer, and there is no such cargo here."; \
		echo "Everything works without it, slower. On most systems rustup installs it."; exit 1; }
	@CARGO_TARGET_DIR="$(CURDIR)/build/native" $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --force-reinstall ./native
	@touch $@

# What cannot be fetched is passed over, and tried again next time; what does not compile is a fault.
$(BOOTH): booth/package.json booth/package-lock.json booth/tsconfig.json $(wildcard booth/src/*.ts)
	@rm -rf booth/dist
	@if [ -z "$(NODE_IS_NEW)" ]; then \
		echo "The booth is built with node 20 or newer and npm, and they are not here: it is passed over."; \
		echo "Everything else works without it. On Debian and Ubuntu: apt install nodejs npm"; \
	elif ! npm --prefix booth ci --ignore-scripts --silent --fetch-retries 1 --fetch-retry-mintimeout 1000 --fetch-timeout 30000; then \
		echo "What builds the booth (TypeScript) cannot be fetched now: the booth is passed over, and all else goes on."; \
	else \
		booth/node_modules/.bin/tsc --project booth && touch $@; \
	fi

# Translations are written as .po; the program reads .mo, which are made here and never committed.
%.mo: %.po | $(RUN)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

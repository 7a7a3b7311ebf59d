# Needs only make and python3 (3.11 to 3.13, with venv).  PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3
SERVE ?= 1
WORKERS ?= 2
V := .venv
B := $(V)/bin
PIP := $(B)/python -m pip --disable-pip-version-check
BUILD := pyproject.toml hatch_build.py
CATALOGUES := $(wildcard voronka/locales/*/LC_MESSAGES/*.po)
FRONTEND := $(shell find web/frontend -type f -not -path '*/node_modules/*')
BUILT := $(V)/.messages $(V)/.frontend

export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy
# Whoever forbids this lets every start compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo run servers test faults check bench messages lock clean
.NOTPARALLEL:

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(V)/.run $(BUILT) ## a sample company with its board, then the server (SERVE=0: without it)
	@SERVE=$(SERVE) $(B)/voronka demo

run: $(V)/.run $(BUILT) ## the server on your own data
	@$(B)/voronka serve

servers: $(V)/.test ## PostgreSQL and Redis for a try of the distributed form, until Ctrl-C
	@$(B)/python -m tests.servers

test: $(V)/.test $(V)/.chromium $(BUILT) ## all tests (ARGS="-k deal -x", WORKERS=0 for one process)
	$(B)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

faults: $(V)/.test $(BUILT) ## the fault tests in their long form: kills, outages, full disks (ARGS="-k redis")
	VORONKA_FAULTS=long $(B)/python -m pytest -n $(WORKERS) --dist worksteal tests/faults $(ARGS)

check: $(V)/.test $(V)/.frontend ## style, types and the table of imports
	$(B)/ruff check .
	$(B)/ruff format --check .
	$(B)/mypy
	$(B)/lint-imports --no-cache
	$(B)/python hatch_build.py npm web/frontend run --silent check

bench: $(V)/.bench $(BUILT) ## measurements beside their peers (ONLY=E1,E2: these)
	$(B)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(ARGS)

messages: $(V)/.test ## gather the texts to translate, then compile the translations
	$(B)/python -m tools.messages
	@$(B)/python hatch_build.py

lock: $(B)/uv ## write the exact versions of all dependencies (UPGRADE=1: the newest allowed)
	$(call lock,build,requirements.lock)
	$(call lock,test,requirements-test.lock)
	$(call lock,bench,requirements-bench.lock)

clean: ## remove what was built and cached; the environment and your data stay
	rm -rf build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache benchmarks/out
	rm -rf web/static/dist
	rm -f voronka/locales/*/LC_MESSAGES/*.mo $(BUILT)
	find . -name __pycache__ -not -path './$(V)/*' -prune -exec rm -rf {} +

define supported
import sys
found = sys.version_info[:2]
if not (3, 11) <= found <= (3, 13):
    sys.exit("Python 3.11, 3.12 or 3.13 is needed, and this is %d.%d. Choose one with: make PYTHON=python3.12" % found)
endef
export supported

# A venv made without ensurepip has no pip, so pip is what tells a whole one from half of one.
define environment
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Install Python 3.11, 3.12 or 3.13, or set PYTHON." >&2; exit 1; }
	@test -x $(B)/python || $(PYTHON) -c "$$supported"
	@$(B)/python -m pip --version >/dev/null 2>&1 || { echo "Making the environment in $(V)" && $(PYTHON) -m venv $(V); } || { \
	echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: python3-venv), or set PYTHON." >&2; exit 1; }
	@$(B)/python -c "$$supported"
endef

# uv is about 20 times faster than pip; where it has no wheel or fails, pip does the same job.
define install
	$(environment)
	@echo "Installing $(1)"
	@test -x $(B)/uv || $(PIP) install -q "uv>=0.13,<1" 2>/dev/null || true
	@{ test -x $(B)/uv && $(B)/uv pip install -q --python $(B)/python --require-hashes -r $(1); } \
	|| $(PIP) install -q --require-hashes -r $(1)
	@$(PIP) install -q --no-index --no-deps --no-build-isolation -e .
	@touch $@
endef

define lock
	$(B)/uv pip compile -q $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make lock" --group $(1) pyproject.toml -o $(2)
endef

$(V)/.run: requirements.lock $(BUILD)
	$(call install,requirements.lock)

$(V)/.test: requirements-test.lock $(BUILD)
	$(call install,requirements-test.lock)

$(V)/.bench: requirements-bench.lock $(V)/.test
	$(call install,requirements-bench.lock)

$(V)/.messages: $(CATALOGUES) hatch_build.py
	@$(B)/python hatch_build.py messages
	@touch $@

$(V)/.frontend: $(FRONTEND) hatch_build.py
	@echo "Building the front end"
	@$(B)/python hatch_build.py frontend
	@touch $@

$(V)/.chromium: tests/browser/package-lock.json
	@echo "Fetching a browser for the tests"
	@$(B)/python hatch_build.py npm tests/browser ci --no-audit --no-fund --prefer-offline --loglevel=error
	@touch $@

$(B)/uv:
	$(environment)
	@$(PIP) install -q "uv>=0.13,<1"

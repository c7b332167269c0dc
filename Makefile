# The commands of this project: `make help` lists them. Each target first sets up what it needs, once (tools/setup.py).
# A machine needs Python 3.11 or newer, git and make; node comes from PyPI.

SLICE ?=
ARGS ?=
python := .venv/bin/python

# Byte code is half of Python's start-up time here, and another project's modules are no part of this one.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH
# What the recipes start finds the project's own python3, node and cdk; the set-up looks for a Python of the machine.
machine_path := $(PATH)
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := true
export CDK_DISABLE_VERSION_CHECK := true

.PHONY: check lint types synth test test-all test-runtime test-cdk-oldest demo deploy-local bench soak wheel format \
	docs lock clean clean-all help set-up-dev set-up-emulator set-up-cdk

check: lint types synth test ## all checks: what CI runs, but for the oldest CDK (the default)

lint: set-up-dev ## style and format
	$(python) -m ruff check .
	$(python) -m ruff format --check .

types: set-up-dev ## type check, strict
	$(python) -m mypy

synth: set-up-cdk ## synthesize the example stacks, with CloudFormation's own validation
	node_modules/.bin/cdk synth --quiet --validation $(ARGS)

test: set-up-emulator set-up-cdk ## tests: unit, property, snapshot, wheel, end to end; a few minutes
	$(python) -m pytest -m "not long" $(ARGS)

test-all: set-up-emulator set-up-cdk ## tests, the long ones too
	$(python) -m pytest $(ARGS)

test-runtime: set-up-dev ## tests of what runs inside Lambda: no node, a second or two
	$(python) -m pytest tests/runtime $(ARGS)

test-cdk-oldest: set-up-cdk ## the constructs on the oldest aws-cdk-lib that the wheel allows
	$(python) -m pytest tests/test_cdk_oldest.py $(ARGS)

demo: set-up-emulator set-up-cdk ## each story with and without the library, on this machine (SLICE=custom_resource, ARGS=--help)
	$(python) -m local demo $(SLICE) $(ARGS)

deploy-local: set-up-emulator set-up-cdk ## deploy the example stacks to the embedded emulator and leave it running
	$(python) -m local deploy $(ARGS)

bench: set-up-emulator set-up-cdk ## the benchmarks (ARGS=--json)
	@for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(python) "$$bench" $(ARGS) || exit 1; done

soak: set-up-emulator ## half a million custom-resource requests, some delivered twice or killed (ARGS="--seed 2")
	$(python) benchmarks/soak_custom_resource.py $(ARGS)

wheel: set-up-dev ## build dist/: the wheel, by way of the source distribution
	$(python) -m build --no-isolation --outdir dist

format: set-up-dev ## put the code into the house's form
	$(python) -m ruff check --fix .
	$(python) -m ruff format .

docs: set-up-dev ## write the page of the flow-control rules from their table
	$(python) -m tools.rules_page

lock: set-up-dev ## renew the lock files; ARGS=--upgrade takes the newest allowed versions
	.venv/bin/uv pip compile $(lock_flags) --group dev --output-file constraints/dev.txt $(ARGS)
	.venv/bin/uv pip compile $(lock_flags) --group emulator --output-file constraints/emulator.txt $(ARGS)
	.venv/bin/npm install --package-lock-only --ignore-scripts
lock_flags := --quiet --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header

clean: ## remove what the targets made, but for the environments
	rm -rf dist cdk.out local/out .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.venv*' -not -path './node_modules/*' -prune -exec rm -rf {} +

clean-all: clean ## remove the environments too
	rm -rf .venv .venv-emulator node_modules

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1:/p' Makefile | awk -F: '{ printf "  make %-16s %s\n", $$1, substr($$0, length($$1) + 2) }'

set_up = python=$$(PATH='$(machine_path)' sh tools/find_python.sh) && "$$python" tools/setup.py

set-up-dev:
	@$(set_up) dev

set-up-emulator: set-up-dev
	@$(set_up) emulator

set-up-cdk: set-up-dev
	@$(set_up) cdk

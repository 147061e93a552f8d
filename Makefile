# Playhead. `make help` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Where pip may also find PyTorch's build without CUDA (1 GB less). Empty it to use your own index alone.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH := torch==2.13.0
INDEX ?= index
IMAGE ?= playhead
SECONDS ?= 60
# How many made-up passages `make bench-engines` fills libraries with.
SIZES ?= 10000 100000
ADDRESS ?= http://127.0.0.1:8000
# What `make peers` asks, and the folder of the texts that hold the answers.
QUESTIONS ?= data/transcripts/questions.jsonl
TEXTS ?= data/transcripts
PIP := $(BIN)/python -m pip --disable-pip-version-check
EXTRA_INDEX = $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.DEFAULT_GOAL := help
.PHONY: help demo setup serve test check bench bench-engines peers soak fuzz fuzz-api lock bill advisories image image-check clean

help:  ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup  ## Ingest the demo archive, answer a question, serve it on 127.0.0.1:8000.
	$(BIN)/playhead ingest data/transcripts --index $(INDEX)
	$(BIN)/playhead search "why is free-threaded slower" --limit 3 --index $(INDEX)
	$(BIN)/playhead serve --index $(INDEX)

setup: $(VENV)/.ready  ## Make the environment; leaves .venv/bin/playhead.

serve: setup  ## Serve the library in index/ on 127.0.0.1:8000.
	$(BIN)/playhead serve --index $(INDEX)

test: $(VENV)/.ready-for-tests  ## Run the whole test suite.
	$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/.ready-for-tests  ## Format, lint, types and the rules of the rooms.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml app ingest playhead

bench: $(VENV)/.ready-for-tests  ## Measure throughput, latency and memory on made-up text.
	$(BIN)/python -m bench

bench-engines: $(VENV)/.ready-for-tests  ## Hold the embedded engine beside PostgreSQL; SIZES= says at how many passages.
	$(BIN)/python -m bench.engines --segments $(SIZES)

peers: $(VENV)/.ready-for-tests  ## Hold Playhead beside other ways to search the same text.
	$(BIN)/python -m bench.peers --index $(INDEX) --questions $(QUESTIONS) --texts $(TEXTS)

soak: $(VENV)/.ready-for-tests  ## Kill, damage and starve libraries for hours; docs/reliability.md says what for.
	PLAYHEAD_TEST_SOAK=1 PLAYHEAD_TEST_KILLS=200 $(BIN)/python -m pytest -s tests/faults tests/test_durability.py

fuzz: $(VENV)/.ready-for-tests  ## Give every reader mutated files for SECONDS= (60).
	$(BIN)/python -m tests.fuzz $(SECONDS)

fuzz-api: $(VENV)/.ready-for-tests  ## Send a running service what nobody thought of; ADDRESS= says where it is.
	$(BIN)/schemathesis run $(ADDRESS)/openapi.json --max-examples 500

lock: $(VENV)/.ready-for-tests  ## Write what is installed, with hashes, to supply/requirements.lock.
	$(BIN)/python -m supply.lock > supply/requirements.lock.new && mv supply/requirements.lock.new supply/requirements.lock

bill: $(VENV)/.ready-for-tests  ## Print what is installed as a bill of materials: CycloneDX JSON.
	@$(BIN)/python -m supply.bill

advisories: $(VENV)/.ready-for-tests  ## Look every locked package up for known holes; fails where it cannot.
	$(PIP) install --quiet 'pip-audit>=2.10,<3'
	$(BIN)/python -m supply.advisories

image:  ## Build the container image with docker, podman or buildah.
	image/build.sh $(IMAGE)

image-check:  ## Start the image, ingest the demo archive and ask it a question.
	. image/tool.sh && $(PYTHON) image/check.py "$$tool" $(IMAGE)

clean:  ## Remove the environment and what was made from it.
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# torch goes first and alone: its CPU build satisfies every later requirement, and no other package is looked
# for on that index.
$(VENV)/.torch:
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Playhead needs Python 3.11 or newer with venv; on Debian: apt-get install python3 python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet $(TORCH) $(EXTRA_INDEX)
	touch $@

$(VENV)/.ready: $(VENV)/.torch pyproject.toml
	$(PIP) install --quiet --editable .
	touch $@

$(VENV)/.ready-for-tests: $(VENV)/.torch pyproject.toml
	$(PIP) install --quiet --editable '.[test]'
	touch $@ $(VENV)/.ready

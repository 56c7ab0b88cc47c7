# The menu. Every target sets up what it needs by itself, on a machine with python3 and make (and Go, for the real control plane).
.DEFAULT_GOAL := help
.PHONY: help install fmt lint types arch unit flow wire simulate faults soak planted parity-golden oracle template-coverage template-reference test controlplane policy-tools test-cluster newcomer demo sandbox crds rights chart fields bench image-lint locks
BIN := .venv/bin
READY := .venv/.installed
CHECKED := src tests hack
TEMPLATE_TESTS := tests/unit/template tests/unit/plan/test_render.py tests/parity/test_golden.py

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements/dev.txt pyproject.toml hack/install.py
	@python3 hack/install.py && touch $@

install: $(READY) ## make .venv with everything to run and develop

demo: $(READY) ## see the main job: sandbox, operator, a Secret that appears and stays true
	@$(BIN)/esoctl demo

sandbox: $(READY) ## start the embedded API server and AWS stand-in, until Ctrl-C
	@$(BIN)/esoctl sandbox

fmt: $(READY) ## format the code
	$(BIN)/ruff format $(CHECKED)
	$(BIN)/ruff check --fix $(CHECKED)

lint: $(READY) ## check style and format
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)

types: $(READY) ## check types
	$(BIN)/mypy

arch: $(READY) ## check the import floors
	$(BIN)/lint-imports

unit: $(READY) ## pure tests and the rules of the house
	$(BIN)/pytest tests/unit tests/arch

flow: $(READY) ## the operator on a virtual clock
	$(BIN)/pytest tests/flow

wire: $(READY) ## real sockets: sandbox, moto
	$(BIN)/pytest tests/wire

simulate: $(READY) ## the operator in seeded worlds of faults: make simulate SEEDS=2000
	$(BIN)/python hack/simulate.py $(or $(SEEDS),2000) $(or $(FIRST),0)

faults: $(READY) ## the table of faults on the real control plane: all rows, or with QUICK=1 those that CI runs
	$(BIN)/python hack/controlplane/build.py || test $$? -eq 3  # 3: no Go; the tests then say why they skip
	$(BIN)/pytest tests/faults -m "faults$(if $(QUICK), and quick)" $(PYTEST_ARGS)

soak: $(READY) ## two hours of random faults on the real control plane: make soak MINUTES=120
	$(BIN)/python hack/soak.py --minutes $(or $(MINUTES),120)

planted: $(READY) ## plant 25 known bugs, one at a time, and see a test turn red for each
	$(BIN)/python hack/planted.py

parity-golden: $(READY) ## golden tables recorded from the reference
	$(BIN)/pytest tests/parity -m "not cluster"

oracle: $(READY) ## ask Go's engine anew for tests/parity/golden/oracle*.json (needs Go); nothing must change
	$(BIN)/python hack/oracle/ask.py tests/parity/golden

template-coverage: $(READY) ## measure which branches of the template engine the tests take; fails below 97 %
	$(BIN)/python -m coverage run --branch --source=src/esoctl/template -m pytest $(TEMPLATE_TESTS) -q -p no:cacheprovider
	$(BIN)/python -m coverage report --skip-covered --fail-under=97

template-reference: $(READY) ## write docs/reference/templates.md from the explanations in the code
	$(BIN)/esoctl template --explain --markdown > docs/reference/templates.md

test: lint types arch ## all checks that need neither Go nor a cluster
	$(BIN)/pytest tests -m "not cluster" -n auto --dist worksteal $(PYTEST_ARGS)

controlplane: $(READY) ## build etcd, kube-apiserver, kube-controller-manager, the client-go check and Helm, once per version
	$(BIN)/python hack/controlplane/build.py

policy-tools: $(READY) ## build the command-line tools of Kyverno and Gatekeeper, once per version; Kyverno takes over ten minutes
	$(BIN)/python hack/policytools/build.py

test-cluster: $(READY) ## the tests against a real control plane
	$(BIN)/python hack/controlplane/build.py || test $$? -eq 3  # 3: no Go; the tests then say why they skip
	$(BIN)/python hack/policytools/build.py --only gator || test $$? -eq 3
	$(BIN)/pytest tests/cluster tests/parity -m cluster $(PYTEST_ARGS)

newcomer: $(READY) ## walk a newcomer's path on the real control plane: install, example, metrics, upgrade, uninstall
	hack/newcomer.sh

crds: $(READY) ## write manifests/crds from the model
	$(BIN)/esoctl crds --into manifests/crds

rights: $(READY) ## write the roles in manifests/ and charts/ from the one table
	$(BIN)/python hack/rights.py

chart: $(READY) ## write the README of the Helm chart from its values
	$(BIN)/python hack/chart.py

fields: $(READY) ## write docs/reference/fields.md from the model
	$(BIN)/esoctl crds --fields > docs/reference/fields.md

bench: $(READY) ## measure the operator on the real control plane (docs/benchmarks.md)
	$(BIN)/python bench/run.py $(if $(BENCH_KEEP),--keep $(BENCH_KEEP)) $(if $(BENCH_ARGS),-- $(BENCH_ARGS))

image-lint: $(READY) ## check the Dockerfile and run its steps without a container engine
	$(BIN)/pytest tests/arch/test_dockerfile.py

locks: $(READY) ## lock the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --generate-hashes pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes pyproject.toml --group dev --extra sandbox -c requirements/run.txt -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --group build -c requirements/dev.txt -o requirements/build.txt

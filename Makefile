# Aura. `make help` lists what can be done here.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
CONFIGURATION ?= debug
BIN := .build/$(CONFIGURATION)
export AURA_BIN_DIR := $(CURDIR)/$(BIN)
export AURA_REPO_ROOT := $(CURDIR)
PYTEST := $(VENV)/bin/python -m pytest -p no:cacheprovider

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z][a-z-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo KEEP=1       leave the demo's sandbox, daemon and agent running"

setup: ## Install what is missing: Debian packages, a Python environment with Ansible
	scripts/setup

build: setup ## Build aurad, aura and aura-sandbox
	swift build --configuration $(CONFIGURATION)

image: setup ## Build the sandbox's host image and the stand-in agent
	sandbox/hosts/build.sh
	sandbox/agent/build.sh .build/agent

demo: build image ## The main job: one agent on a real host, from nothing to running and away again
	scripts/demo

check: setup ## Before a commit, in minutes: style, build, generated files, Swift and CLI tests without the long ones
	scripts/lint
	swift build --build-tests
	scripts/generate --check
	swift test --skip-build --experimental-maximum-parallelization-width 12 --skip "SimulationTests|CrashTests|UpgradeTests"
	$(PYTEST) -q Tests/CommandLine

test: image ## Everything that CI runs
	scripts/test

test-unit: setup ## The Swift suites
	swift build --build-tests
	swift test --skip-build --experimental-maximum-parallelization-width 12 --skip "SimulationTests|CrashTests"
	swift test --skip-build --experimental-maximum-parallelization-width 12 --filter "SimulationTests|CrashTests"

test-sandbox: build ## The sandbox against unmodified clients of the real services
	$(PYTEST) Tests/Sandbox

test-cli: build ## The CLI against a scripted daemon
	$(PYTEST) Tests/CommandLine

test-ansible: build image ## Roles, callback and inventory, on a real host
	$(PYTEST) ansible/tests sandbox/tests

test-e2e: build image ## aurad, aura and aura-sandbox together; real hosts included
	$(PYTEST) Tests/EndToEnd

test-conformance: build ## The JSON-RPC conformance suite against aurad
	$(PYTEST) Tests/Conformance

bench-jobs: setup ## How fast the job engine is, beside raw SQLite (minutes)
	scripts/bench-jobs

bench-rpc: setup ## How fast JSON-RPC is, beside a bare C echo server (a quarter of an hour)
	scripts/bench-rpc

bench-calls: setup ## How fast the methods that clients call are, over SQLite and PostgreSQL (minutes)
	scripts/bench-calls

bench-trust: setup ## What tokens, the vault and the audit cost, beside their limits (a quarter of an hour)
	scripts/bench-trust

bench-neighbours: setup ## What one client feels of another that floods or stalls (minutes)
	scripts/bench-neighbours

prove-stream: setup ## 1,000 subscribers over crashes: every event once, in order (minutes)
	AURA_BIN_DIR= scripts/prove-stream

prove-roles: setup image ## Every task of the roles killed on a real host, run again, compared (an hour or more)
	scripts/prove-roles

prove-tokens: setup ## 1,000,000 changed tokens: none is accepted (COUNT=1000000 SEED=1)
	scripts/prove-tokens --count $(or $(COUNT),1000000) --seed $(or $(SEED),1)

prove-isolation: setup ## Foreign like unknown in time, and 100,000 calls on another tenant's objects: 0 leaks (minutes)
	AURA_BIN_DIR= scripts/prove-isolation

sanitize: setup ## The Swift suites under the address and the thread sanitizer: FILTER=IdentityTests ONLY=thread
	scripts/sanitize $(ONLY) $(if $(FILTER),--filter "$(FILTER)")

sim: setup ## The engine in simulated worlds: SEEDS=500 FIRST=1
	swift build --product aura-sim
	$(BIN)/aura-sim --seeds $(or $(SEEDS),500) --first $(or $(FIRST),1)
	$(BIN)/aura-sim --exhaust

fuzz: setup ## The codec, the framing and the formats of trust, by libFuzzer: SECONDS=60 for each target
	scripts/fuzz --self-test
	scripts/fuzz --seconds $(or $(SECONDS),60)

generate: ## Make what is generated of rpc-schema/: types, methods, OpenRPC document, manual
	scripts/generate

docs: setup ## Documentation of all modules with DocC, in .build/docs; fails on any warning
	scripts/docs

verify: ## Fail where what is generated is not what rpc-schema/ says
	scripts/generate --check

lint: setup ## swift format, ansible-lint at its production profile, yamllint
	scripts/lint

format: ## Format all Swift code in place
	swift format --in-place --recursive --parallel Package.swift Sources Tests Fuzz/Package.swift Fuzz/Sources

clean: ## Remove what was built
	rm -rf .build $(VENV)

.PHONY: help setup build image demo check test test-unit test-sandbox test-cli test-ansible test-e2e test-conformance bench-jobs sim fuzz generate docs verify lint format clean bench-rpc bench-calls bench-neighbours bench-trust prove-stream prove-roles prove-tokens sanitize prove-isolation

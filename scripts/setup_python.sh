#!/bin/sh
# Make .venv with the exporter (editable) and what the tests need. Usage: setup_python.sh PYTHON
set -eu
python="$1"

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Texelflow needs Python 3.11 or newer; $python is $("$python" --version 2>&1 || echo missing)." >&2
    echo "Install one and name it: make PYTHON=python3.12 …" >&2
    exit 1
fi

# Debian packs ensurepip apart from Python.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -q && apt-get install -q -y python3-venv
    else
        echo "Python's venv module is incomplete: run \`sudo apt-get install python3-venv\`, then this again." >&2
        exit 1
    fi
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'

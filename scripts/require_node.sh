#!/bin/sh
# Fail with the remedy unless Node.js 20 or newer and npm are installed.
set -eu

if ! command -v npm >/dev/null || ! node -e 'process.exit(Number.parseInt(process.versions.node) < 20 ? 1 : 0)'; then
    echo "Texelflow is built with Node.js 20 or newer and npm; found: $(node --version 2>&1 || true)." >&2
    echo "Install it from https://nodejs.org, then run this again." >&2
    exit 1
fi

#!/bin/sh
# Make sure that glslangValidator, which lints the shaders, is installed.
set -eu

command -v glslangValidator >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -q && apt-get install -q -y glslang-tools
else
    echo "glslangValidator is missing: run \`sudo apt-get install glslang-tools\` or \`brew install glslang\`." >&2
    exit 1
fi

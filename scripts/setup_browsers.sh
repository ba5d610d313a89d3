#!/bin/sh
# Install the browsers of `make test-browsers` beside Chromium, Firefox and WebKitGTK, with a screen and Mesa, as root on Debian.
# Elsewhere the tests say what is missing.
set -eu
packages="firefox-esr libwebkit2gtk-4.1-0 xvfb libegl1 libgl1-mesa-dri"

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg -s $packages >/dev/null 2>&1; then
    { apt-get update -q && apt-get install -q -y --no-install-recommends $packages; } ||
        echo "Could not install $packages." >&2
fi

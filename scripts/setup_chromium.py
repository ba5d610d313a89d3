"""Make sure that there is a Chromium that can run WebGL2: one that is installed, Playwright's, or apt's."""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import Error, sync_playwright

from texelflow.checking.browser import chromium_flags, find_chromium
from texelflow.errors import ExportError

PLAYWRIGHT_INSTALL_SECONDS = 600
RENDERER_SCRIPT = """() => {
    const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
    const names = gl?.getExtension("WEBGL_debug_renderer_info");
    return gl && gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
}"""


def main() -> int:
    """Try the ways in order; return the exit code."""
    if not (driver_starts() or (apt_install("libatomic1") and driver_starts())):
        print(
            "Playwright's own Node.js does not start, for the reason above. A library that it lacks "
            "is a package of the system (`sudo apt-get install libatomic1`).",
            file=sys.stderr,
        )
        return 1
    for install in (use_installed, install_from_playwright, install_from_apt):
        if install() and (report := webgl2_report()) is not None:
            print(f"Chromium: {report}")
            return 0
    print(
        "No Chromium that runs WebGL2 was found, and none could be installed. Install Chromium or Chrome, or "
        "set TEXELFLOW_CHROMIUM to the path of one, then run this again.",
        file=sys.stderr,
    )
    return 1


def driver_starts() -> bool:
    """Whether Playwright's driver runs: small installations of Debian 13 lack the library libatomic."""
    command = [sys.executable, "-m", "playwright", "--version"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def use_installed() -> bool:
    """Be content with what is there."""
    return True


def install_from_playwright() -> bool:
    """Download Playwright's own build; False if its host cannot be reached."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if sys.platform == "linux" and os.geteuid() == 0:
        command.insert(-1, "--with-deps")
    try:
        return subprocess.run(command, timeout=PLAYWRIGHT_INSTALL_SECONDS, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def install_from_apt() -> bool:
    """Install the distribution's Chromium."""
    return apt_install("chromium")


def apt_install(package: str) -> bool:
    """Install a package; False if this is not Debian or not root."""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    subprocess.run(["apt-get", "update", "-q"], check=False)
    return subprocess.run(["apt-get", "install", "-q", "-y", package], check=False).returncode == 0


def webgl2_report() -> str | None:
    """Return path, version and renderer of the Chromium found, or None if there is none that has WebGL2."""
    with sync_playwright() as playwright:
        try:
            executable = find_chromium(playwright)
        except ExportError as error:
            print(error, file=sys.stderr)
            return None
        try:
            browser = playwright.chromium.launch(executable_path=executable, args=chromium_flags())
        except Error as error:
            print(f"{executable} does not start: {error}", file=sys.stderr)
            return None
        with browser:
            renderer = browser.new_page().evaluate(RENDERER_SCRIPT)
            return f"{executable} {browser.version}, {renderer}" if renderer else None


if __name__ == "__main__":
    sys.exit(main())

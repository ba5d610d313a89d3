"""The package as pages install it: packed, and installed into an app of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runtime"))

from browser_support import REPOSITORY

PEERS = ("@huggingface/tokenizers", "@huggingface/jinja")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed from its tarball, and the packages that it asks pages for."""
    folder = tmp_path_factory.mktemp("app")
    pack = ["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    packed = subprocess.run(pack, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    (folder / "package.json").write_text(json.dumps({"name": "app", "private": True, "type": "module"}))
    wanted = [f"./{packed.stdout.split()[-1]}", *(str(REPOSITORY / "node_modules" / name) for name in PEERS)]
    install = ["npm", "install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", *wanted]
    installed = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return folder

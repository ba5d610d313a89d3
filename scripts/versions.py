"""Check that everything that states Texelflow's version states the same: `python scripts/versions.py`."""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def stated_versions(root: Path = ROOT) -> dict[str, str]:
    """Return the version that each file states, by the file's name."""
    package = (root / "exporter/texelflow/version.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', package, re.MULTILINE)
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    packages = {
        name: json.loads((root / name).read_text(encoding="utf-8"))["version"]
        for name in ("package.json", "converter/package.json")
    }
    return {
        "exporter/texelflow/version.py": found[1] if found else "none",
        **packages,
        "package-lock.json": lock["version"],
        'package-lock.json, packages[""]': lock["packages"][""]["version"],
    }


def version_of(root: Path = ROOT) -> str:
    """Return the version; raise ValueError, which names each file's, if they differ."""
    stated = stated_versions(root)
    if len(set(stated.values())) != 1:
        listed = ", ".join(f"{version} in {file}" for file, version in stated.items())
        raise ValueError(f"the versions differ: {listed}. Make them the same, then run `npm install`")
    return stated["package.json"]


def main() -> int:
    """Print what differs; return the exit code."""
    try:
        version_of()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

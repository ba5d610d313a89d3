"""Hatchling build hook: puts the shaders, the built JavaScript and the player into the wheel.

An editable install leaves both where they are in the checkout; see `texelflow.resources`.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ResourcesHook(BuildHookInterface[Any]):
    """Adds `shaders/`, `dist/player/`, and `dist/*.js` as `javascript/`, to the folder `texelflow/`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Extend `build_data`; builds `dist/` with npm when it is absent."""
        if version == "editable":
            return
        root = Path(self.root)
        # The build renames a whole folder, so that where one file is all are.
        if not (root / "dist" / "texelflow.js").is_file():
            build_javascript(root)
        included = build_data["force_include"]
        included[str(root / "shaders")] = "texelflow/shaders"
        included[str(root / "dist" / "player")] = "texelflow/player"
        for path in sorted((root / "dist").glob("*.js")):
            included[str(path)] = f"texelflow/javascript/{path.name}"


def build_javascript(root: Path) -> None:
    """Run `npm ci` and `npm run build` in `root`; raise RuntimeError without npm."""
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(
            "dist/ is not built and npm is not installed: install Node.js 20, then run `make setup`"
        )
    subprocess.run([npm, "ci"], cwd=root, check=True)
    subprocess.run([npm, "run", "build"], cwd=root, check=True)

"""The wheel and the npm package hold what they need and work outside the repository."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from command_support import REPOSITORY, make_classifier
from packaging.requirements import Requirement

import texelflow
from texelflow.checking import packages

BUILD_SECONDS = 300
OWN_BYTES = 5_000_000
"""More than the wheel takes, installed and compiled."""
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def run(*command: object, cwd: Path, **environment: str) -> str:
    """Return what a command prints; fail with its messages."""
    finished = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    run(*pip, REPOSITORY, cwd=folder)
    (path,) = folder.glob("texelflow-*.whl")
    return path


def test_wheel_has_shaders_javascript_and_pages(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {
        path.relative_to(REPOSITORY) for path in (REPOSITORY / "shaders").rglob("*") if path.is_file()
    }
    assert templates
    assert {f"texelflow/{template.as_posix()}" for template in templates} <= names
    for script in ("texelflow.js", "texelflow.iife.js", "texelflow.debug.js", "texelflow.profile.js"):
        assert f"texelflow/javascript/{script}" in names
    assert {
        "texelflow/checking/pages/runner.js",
        "texelflow/py.typed",
        "texelflow/bundle/graph.schema.json",
    } <= names
    assert all(name.startswith(("texelflow/", "texelflow-")) for name in names)


def test_wheel_works_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--target", installed, wheel, cwd=tmp_path)
    model = make_classifier(tmp_path / "model.onnx")
    texelflow_command = (sys.executable, "-P", "-m", "texelflow.cli")
    environment = {"PYTHONPATH": str(installed)}
    where = run(
        sys.executable, "-P", "-c", "import texelflow; print(texelflow.__file__)", cwd=tmp_path, **environment
    )
    assert Path(where.strip()).is_relative_to(installed)
    run(*texelflow_command, "export", model, "-o", "bundle", cwd=tmp_path, **environment)
    verified = run(
        *(*texelflow_command, "verify", "bundle", "--against", model, "--software", "--json"),
        cwd=tmp_path,
        **environment,
    )
    assert json.loads(verified)["passed"]


def requirement_names(requirements: list[str]) -> set[str]:
    """The names of the packages in a list of requirements such as `numpy>=1.26`."""
    return {requirement.partition(">")[0] for requirement in requirements}


def test_core_install_is_light() -> None:
    """What comes with `pip install texelflow`, in all that it needs, takes less than 30 MB."""
    names = requirement_names(PROJECT["dependencies"])
    assert names == {"protobuf", "jinja2", "click", "rich"}
    total = 0
    for name in installed_closure(names):
        files = importlib.metadata.files(name) or []
        total += sum(path.stat().st_size for path in (Path(str(file.locate())) for file in files))
    assert total + OWN_BYTES < 30e6


def installed_closure(names: set[str]) -> set[str]:
    """The packages and all that they need, without extras, on this machine."""
    found: set[str] = set()
    pending = [*names]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.add(name)
        needs = map(Requirement, importlib.metadata.requires(name) or [])
        pending += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return found


def test_every_package_of_the_extra_is_named_where_it_is_missing() -> None:
    distributions = importlib.metadata.packages_distributions()
    known = {distributions[module][0].lower().replace("_", "-") for module in packages.PACKAGES}
    assert known == requirement_names(PROJECT["optional-dependencies"]["verify"])


def test_npm_package(tmp_path: Path) -> None:
    packed = json.loads(run("npm", "pack", "--json", "--pack-destination", tmp_path, cwd=REPOSITORY))
    package = packed[0] if isinstance(packed, list) else next(iter(packed.values()))
    assert package["version"] == texelflow.__version__
    files = {file["path"] for file in package["files"]}
    scripts = ("texelflow", "texelflow.iife", "texelflow.debug", "texelflow.profile")
    built = {"dist/texelflow.d.ts", *(f"dist/{name}.js" for name in scripts)}
    assert built | {"package.json", "README.md", "LICENSE"} <= files
    assert all(name.startswith("dist/") or "/" not in name for name in files)
    (tarball,) = tmp_path.glob("*.tgz")
    run("npx", "--no-install", "publint", "--strict", tarball, cwd=REPOSITORY)

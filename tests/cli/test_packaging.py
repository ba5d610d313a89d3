"""What is published can be built again, byte for byte; wheel and npm package hold what they need and work
outside the repository.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from datetime import datetime
from pathlib import Path

import notices
import pytest
from command_support import REPOSITORY, make_classifier
from packaging.requirements import Requirement
from release import ReleaseError, pack_release, release_date
from versions import version_of

import texelflow
from texelflow.checking import packages

BUILD_SECONDS = 900
OWN_BYTES = 5_000_000
"""More than the wheel takes, installed and compiled."""
DATE = 1_591_012_800
"""2020-06-01, noon in UTC."""
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


def copy_sources(folder: Path) -> Path:
    """Copy what a release is built from, without the tests."""
    left_out = (".*", "__pycache__", "build", "dist", "node_modules", "tests", "benchmark", "docs")
    shutil.copytree(REPOSITORY, folder, ignore=shutil.ignore_patterns(*left_out))
    (folder / "node_modules").symlink_to(REPOSITORY / "node_modules")
    return folder


def build_converter() -> Path:
    """Build the exporter for pages, without what brotli makes of it, which takes long."""
    folder = REPOSITORY / "build" / "converter-plain"
    script = REPOSITORY / "converter" / "build_converter.py"
    run(sys.executable, script, "--plain", folder, cwd=REPOSITORY)
    return folder


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release, built in a copy of the sources."""
    copy = copy_sources(tmp_path_factory.mktemp("sources") / "copy")
    run("npm", "run", "--silent", "build", cwd=copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(DATE))
        pack_release(copy, copy / "build" / "release", build_converter())
    return copy / "build" / "release"


@pytest.fixture(scope="module")
def wheel(release: Path) -> Path:
    """The wheel of the release."""
    (path,) = release.glob("texelflow-*.whl")
    return path


def test_the_same_sources_give_the_same_bytes(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere, from files of another age and mode, with the runtime that the repository's build left."""
    other = copy_sources(tmp_path / "a folder of another name")
    shutil.copytree(REPOSITORY / "dist", other / "dist")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(DATE))
    converter = shutil.copytree(build_converter(), tmp_path / "converter")
    for path in (path for folder in (other, converter) for path in folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (1e9, 1e9))
            path.chmod(0o640)
    pack_release(other, tmp_path / "packed", converter)
    files = {path.name: path.read_bytes() for path in release.iterdir()}
    assert len(files) == 6
    for name, content in files.items():
        assert (tmp_path / "packed" / name).read_bytes() == content, name


def test_release_has_the_date_that_it_was_given(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {entry.date_time for entry in zipfile.ZipFile(wheel).infolist()} == {(2020, 6, 1, 12, 0, 0)}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ReleaseError, match="seconds since 1970"):
        release_date(REPOSITORY)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    shown = run("git", "show", "--no-patch", "--format=%cI", "HEAD", cwd=REPOSITORY).strip()
    assert release_date(REPOSITORY) == datetime.fromisoformat(shown).timestamp()


def test_sdist_gives_the_same_wheel_without_node(
    release: Path, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sdist,) = release.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (sources,) = tmp_path.iterdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(DATE))
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "built", cwd=sources)
    assert (tmp_path / "built" / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_exporter_for_pages_is_a_package(release: Path) -> None:
    """What pages import and the folder beside it; nothing of how it was built."""
    (path,) = release.glob("texelflow-convert-*.tgz")
    with tarfile.open(path) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
        [exporter] = [name for name in archive.getnames() if name.endswith("/exporter.zip")]
        packed = archive.extractfile(exporter)
        assert packed is not None
        modules = zipfile.ZipFile(io.BytesIO(packed.read())).namelist()
    assert {
        "package.json",
        "index.js",
        "index.d.ts",
        "README.md",
        "LICENSE",
        "THIRD_PARTY_NOTICES.md",
    } < names
    beside = {name.partition("/")[2] for name in names if name.startswith("v-")}
    assert {"pyodide.asm.wasm", "exporter.zip", "worker.js"} < beside
    assert not any(part.startswith(".") for name in names for part in name.split("/"))
    assert "texelflow/pipeline/__init__.pyc" in modules
    assert not any(name.startswith(("texelflow/cli/", "texelflow/checking/")) for name in modules)


def test_digests_are_those_of_the_files(release: Path) -> None:
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=release)
    listed = [line.split()[1] for line in (release / "SHA256SUMS").read_text().splitlines()]
    assert sorted([*listed, "SHA256SUMS"]) == sorted(path.name for path in release.iterdir())


def test_bill_of_materials_is_valid_and_has_what_is_shipped(release: Path) -> None:
    (path,) = release.glob("*.cdx.json")
    # Imported here: it makes parsers of 38 grammars, for seconds, in each process that collects the tests.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text()) is None
    content = json.loads(path.read_text())
    artefacts = {
        part["name"]: part["hashes"][0]["content"] for part in content["metadata"]["component"]["components"]
    }
    assert artefacts == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in release.iterdir()
        if file.suffix in (".whl", ".gz", ".tgz")
    }
    assert content["metadata"]["timestamp"].startswith("2020-06-01T12:00:00")
    required = {part["name"] for part in content["components"] if part["scope"] == "required"}
    assert required == {
        *requirement_names(PROJECT["dependencies"]),
        *notices.SHIPPED_BY_RUNTIME,
        *notices.SHIPPED_BY_PLAYER,
        *notices.SHIPPED_BY_CONVERTER,
    }
    esbuild = next(part for part in content["components"] if part["name"] == "esbuild")
    installed = json.loads((REPOSITORY / "node_modules/esbuild/package.json").read_text())
    assert esbuild["version"] == installed["version"]


def test_versions_that_differ_are_told(tmp_path: Path) -> None:
    stating = (
        "exporter/texelflow/version.py",
        "package.json",
        "converter/package.json",
        "package-lock.json",
    )
    for file in stating:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / file, tmp_path / file)
    assert version_of(tmp_path) == texelflow.__version__
    package = tmp_path / "package.json"
    package.write_text(package.read_text().replace(texelflow.__version__, "9.9.9"))
    with pytest.raises(ValueError, match=r"9\.9\.9 in package\.json"):
        version_of(tmp_path)


def test_wheel_has_shaders_javascript_and_pages(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {
        path.relative_to(REPOSITORY) for path in (REPOSITORY / "shaders").rglob("*") if path.is_file()
    }
    assert templates
    assert {f"texelflow/{template.as_posix()}" for template in templates} <= names
    scripts = {path.name for path in (REPOSITORY / "dist").glob("*.js")}
    assert {"texelflow.js", "texelflow.iife.js", "texelflow.debug.js"} < scripts
    assert {f"texelflow/javascript/{script}" for script in scripts} <= names
    assert {
        "texelflow/checking/pages/runner.js",
        "texelflow/player/index.html",
        "texelflow/player/about/graph/layout.js",
        "texelflow/py.typed",
        f"texelflow-{texelflow.__version__}.dist-info/licenses/LICENSE",
        f"texelflow-{texelflow.__version__}.dist-info/licenses/THIRD_PARTY_NOTICES.md",
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


def test_notices_fail_for_what_they_do_not_know(tmp_path: Path) -> None:
    """A new version makes the file stale; a new package wants its copyright, a new licence its text."""
    for name in ("benchmark", "site"):
        (tmp_path / name).mkdir()
    shutil.copyfile(REPOSITORY / "site/package-lock.json", tmp_path / "site/package-lock.json")
    lock, peers = tmp_path / "package-lock.json", tmp_path / "benchmark" / "package-lock.json"
    shutil.copyfile(REPOSITORY / "package-lock.json", lock)
    content = json.loads((REPOSITORY / "benchmark/package-lock.json").read_text())
    packages = content["packages"]

    def changed(name: str, **entry: str) -> str:
        changed_packages = {**packages, name: {**packages.get(name, {}), **entry}}
        peers.write_text(json.dumps({**content, "packages": changed_packages}))
        return notices.notices(tmp_path)

    committed = (REPOSITORY / notices.NOTICES).read_text(encoding="utf-8")
    assert "| long 9.9.9 |" in changed("node_modules/long", version="9.9.9")
    assert changed("node_modules/long") == committed
    with pytest.raises(ValueError, match="copyright of newcomer"):
        changed("node_modules/newcomer", version="1.0.0", license="MIT")
    with pytest.raises(ValueError, match="the licence of long"):
        changed("node_modules/long", license="EUPL-1.2")


def test_scripts_consist_of_the_runtime_alone() -> None:
    """So that the notices are right that nothing else is in them."""
    maps = list((REPOSITORY / "dist").glob("*.map"))
    assert maps
    for path in maps:
        sources = json.loads(path.read_text())["sources"]
        assert sources and all(source.startswith("../webruntime/src/") for source in sources), path


def test_scripts_make_no_code_of_text() -> None:
    """So that a page may forbid it: a content security policy without `unsafe-eval`."""
    scripts = list((REPOSITORY / "dist").glob("*.js"))
    assert scripts
    for path in scripts:
        assert not re.search(r"\beval\b|\bFunction\(|\bsetTimeout\([\"'`]", path.read_text()), path


def test_npm_package(release: Path) -> None:
    (tarball,) = release.glob("texelflow-[0-9]*.tgz")
    with tarfile.open(tarball) as archive:
        files = {name.removeprefix("package/") for name in archive.getnames()}
        manifest = archive.extractfile("package/package.json")
        assert manifest is not None
        assert json.load(manifest)["version"] == texelflow.__version__
    scripts = ("texelflow", "texelflow.iife", "texelflow.debug", "texelflow.profile")
    typed = (name for name in scripts if name != "texelflow.profile")
    built = {*(f"dist/{name}.js" for name in scripts), *(f"dist/{name}.d.ts" for name in typed)}
    assert built | {"package.json", "README.md", "LICENSE", "THIRD_PARTY_NOTICES.md"} <= files
    assert all(name.startswith("dist/") or "/" not in name for name in files)
    run("npx", "--no-install", "publint", "--strict", tarball, cwd=REPOSITORY)

"""What a release is made of, as a CycloneDX document.

npm packages and their digests are those of package-lock.json. Few leave anything in what is published:
esbuild the helpers that its output calls, dagre, which lays graphs out in the player, and what the exporter
for pages brings along. The others are tools. Python packages are not shipped but installed beside, but for
those in the exporter for pages: the document has the versions that pyproject.toml allows, for the installer
to choose from.
"""

import base64
import hashlib
import json
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from notices import SHIPPED_BY_CONVERTER, SHIPPED_BY_PLAYER, SHIPPED_BY_RUNTIME
from packageurl import PackageURL
from packaging.requirements import Requirement

SHIPPED = SHIPPED_BY_RUNTIME | SHIPPED_BY_PLAYER | SHIPPED_BY_CONVERTER
"""npm packages of which something is in what is published."""

SRI_ALGORITHMS = {"sha1": HashAlgorithm.SHA_1, "sha512": HashAlgorithm.SHA_512}


def bill_of_materials(root: Path, version: str, date: int, artefacts: Iterable[Path]) -> str:
    """Return the document for the release of `version` that consists of `artefacts`, as JSON.

    Args:
        root: the sources, with pyproject.toml and package-lock.json.
        version: of the release.
        date: of the release, in seconds since 1970.
        artefacts: the files, whose names and digests the document has.
    """
    product = _component("texelflow", version, "Apache-2.0", PackageURL("pypi", None, "texelflow", version))
    product.components.update(map(_artefact, artefacts))
    parts = [*_npm_packages(root), *_python_packages(root)]
    bom = Bom(components=parts)
    bom.metadata.component = product
    bom.metadata.timestamp = datetime.fromtimestamp(date, UTC)
    digests = "".join(component.hashes[0].content for component in product.components)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, f"texelflow {version} {digests}")
    bom.register_dependency(product, [part for part in parts if part.scope is ComponentScope.REQUIRED])
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def _component(
    name: str, version: str | None, licence: str | None, purl: PackageURL, **fields: Any
) -> Component:
    return Component(
        name=name,
        version=version,
        type=fields.pop("type", ComponentType.LIBRARY),
        bom_ref=fields.pop("bom_ref", str(purl)),
        purl=purl,
        licenses=[_licence(licence)] if licence else None,
        **fields,
    )


def _licence(text: str) -> LicenseExpression | DisjunctiveLicense:
    return LicenseExpression(text) if " " in text else DisjunctiveLicense(id=text)


def _artefact(path: Path) -> Component:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)]
    return Component(name=path.name, type=ComponentType.FILE, bom_ref=path.name, hashes=hashes)


def _npm_packages(root: Path) -> Iterator[Component]:
    """Yield the packages of package-lock.json, without those that only other systems install."""
    lock = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))
    for place, entry in lock["packages"].items():
        if not place or entry.get("os"):
            continue
        full_name = place.rpartition("node_modules/")[2]
        namespace, _, name = full_name.rpartition("/")
        purl = PackageURL("npm", namespace or None, name, entry["version"])
        algorithm, _, digest = entry["integrity"].partition("-")
        content = base64.b64decode(digest).hex()
        yield _component(
            full_name,
            entry["version"],
            entry.get("license"),
            purl,
            bom_ref=place,
            scope=ComponentScope.REQUIRED if full_name in SHIPPED else ComponentScope.EXCLUDED,
            hashes=[HashType(alg=SRI_ALGORITHMS[algorithm], content=content)],
        )


def _python_packages(root: Path) -> Iterator[Component]:
    """Yield what pyproject.toml asks for: of the core, of its extras, and to build."""
    content = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    project = content["project"]
    for scope, requirements in (
        (ComponentScope.REQUIRED, project["dependencies"]),
        (ComponentScope.OPTIONAL, project["optional-dependencies"]["verify"]),
        (ComponentScope.OPTIONAL, project["optional-dependencies"]["hub"]),
        (ComponentScope.EXCLUDED, content["build-system"]["requires"]),
    ):
        for requirement in map(Requirement, requirements):
            purl = PackageURL("pypi", None, requirement.name)
            allowed = Property(name="texelflow:allowed-versions", value=str(requirement.specifier))
            yield _component(requirement.name, None, None, purl, scope=scope, properties=[allowed])

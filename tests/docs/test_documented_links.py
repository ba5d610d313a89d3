"""Links of the documents lead to what is there, anchors too; docs/README.md leads to every document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import DOCUMENTS, FENCE

from browser_support import REPOSITORY

LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
OTHERS = [REPOSITORY / name for name in ("ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md")]
INDEX = REPOSITORY / "docs" / "README.md"


def prose(document: Path) -> str:
    """Return a document without its code."""
    return re.sub(r"`[^`\n]+`", "", FENCE.sub("", document.read_text(encoding="utf-8")))


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
        text = re.sub(r"\[(.+?)\]\(.+?\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = 1
        unique = name
        while unique in found:
            unique, number = f"{name}-{number}", number + 1
        found.add(unique)
    return found


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, *OTHERS], ids=lambda path: str(path.relative_to(REPOSITORY))
)
def test_links(document: Path) -> None:
    for link in LINK.findall(prose(document)):
        if re.match(r"https?:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_index_leads_to_every_document() -> None:
    """The site's table of contents is made of it."""
    linked = {(INDEX.parent / link).resolve() for link in LINK.findall(prose(INDEX))}
    missing = {*DOCUMENTS, *OTHERS} - linked - {INDEX, REPOSITORY / "converter" / "README.md"}
    assert not missing

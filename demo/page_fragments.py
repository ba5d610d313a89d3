"""The player's page with fragments of HTML in it: the demo page, and that of the gallery."""

from __future__ import annotations

import re
from pathlib import Path


class BuildError(Exception):
    """Something that the build needs is missing; the message says how to get it."""


def write_page(
    template: Path, fragments: Path, target: Path, left_out: re.Pattern[str] | None = None
) -> None:
    """Puts fragments of HTML into the player's page, at their comments, without what is `left_out`.

    Raises:
        BuildError: the page has no one place for a fragment.
    """
    page = template.read_text(encoding="utf-8")
    for fragment in sorted(fragments.glob("*.html")):
        begin, end = f"<!-- {fragment.stem} -->\n", f"<!-- end of {fragment.stem} -->\n"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise BuildError(f"the player's page has no one place for {fragment}: {begin.strip()}")
        before, _, rest = page.partition(begin)
        text = fragment.read_text(encoding="utf-8")
        page = before.rstrip(" ") + (left_out.sub("", text) if left_out else text) + rest.partition(end)[2]
    target.write_text(page, encoding="utf-8")

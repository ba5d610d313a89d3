"""What pages for people are held to, wherever they are tested: axe's rules, and that nothing shifts."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from browser_support import REPOSITORY

_AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"

_FINDINGS = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    const told = ({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]);
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical").flatMap(told);
}"""

SHIFTS = """
globalThis.shifted = 0;
new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries())
        globalThis.shifted += hadRecentInput ? 0 : value;
}).observe({ type: "layout-shift", buffered: true });
"""
"""A script for the beginning of a page, which sums up in `shifted` by how much its layout shifts."""


def serious_findings(page: Page) -> list[Any]:
    """Return what axe finds that is serious or critical: the rule, where, and what to do."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[Any] = page.evaluate(_FINDINGS)
    return found

"""A share of the bundles that `make fuzz` spoils (bundles/): a result or a TexelflowError, nothing left."""

from __future__ import annotations

from collections import Counter

import pytest
from playwright.sync_api import Page

from fuzz.bundles.judgement import Trials
from fuzz.bundles.kinds import make

KINDS = ("states", "blocked", "picture", "no turn", "NonZero of each rank")
MUTANTS = 16


@pytest.fixture(scope="module")
def trials(module_page: Page) -> Trials:
    """A page that tries bundles."""
    return Trials(module_page)


@pytest.mark.parametrize("name", KINDS)
def test_mutants(name: str, trials: Trials) -> None:
    trials.begin(name, make(name))
    told = [trials.told(number) for number in range(MUTANTS)]
    assert not [each for each in told if each["fault"]]
    ends = Counter(each["outcome"] for each in told)
    assert ends["error"] >= MUTANTS / 4, ends

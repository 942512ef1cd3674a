"""The third set of labelled pages is frozen, its labels stand on its pages, and what the cleaner makes of them does not get worse."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from html import unescape

import pytest
from longpages.pages import LongPage, names, page

from rag.settings import CHECKOUT

sys.path.insert(0, str(CHECKOUT / "benchmarks"))

FROZEN = "f8ad2297e48dd66cbbf86b20b9bec8602eff86a6cd4fd5821a508cea9a17c823"


@pytest.fixture(scope="module")
def made() -> list[LongPage]:
    return [page(name) for name in names()]


def test_pages_and_labels_are_those_that_were_measured(made: list[LongPage]) -> None:
    digest = hashlib.sha256()
    for one in made:
        digest.update(one.html + json.dumps(one.label, sort_keys=True).encode())
    assert digest.hexdigest() == FROZEN


def test_pages_are_as_large_as_real_ones(made: list[LongPage]) -> None:
    assert len(made) >= 16
    for one in made:
        assert 30_000 < len(one.html) < 300_000, one.name


def test_labels_stand_on_their_pages_in_order(made: list[LongPage]) -> None:
    for one in made:
        encoding = {"107-clock-tower": "cp1252", "117-ferry-bell": "cp1251"}.get(one.name, "utf-8")
        html = one.html.decode(encoding)
        drawn = html if one.name == "116-orchard" else re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
        shown = _words(re.sub(r"<[^>]+>", "", drawn.replace("\\n\\n", " ").replace('\\"', '"')))
        at = 0
        for part in one.label["text"]:
            if one.name != "116-orchard":
                assert _words(part) in shown[at:], (one.name, part)
                at = shown.index(_words(part), at) + len(_words(part))
            else:
                assert _words(part) in shown, (one.name, part)


def _words(text: str) -> str:
    return "".join(re.findall(r"\w+", unescape(text).lower()))

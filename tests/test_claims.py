"""The labelled sentences: every quote stands in its article, no family of articles lies in both halves, every group is large enough."""

from __future__ import annotations

import json
from collections import Counter

from rag.assistant import Assistant
from rag.settings import CHECKOUT

CLAIMS = [json.loads(line) for line in (CHECKOUT / "benchmarks" / "claims.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_quote_stands_in_its_article(assistant: Assistant) -> None:
    places = [(claim["article"], claim["quote"]) for claim in CLAIMS]
    places += [(claim["other"], claim["other_quote"]) for claim in CLAIMS if claim["kind"] == "merged"]
    assert [place for place in places if not place[1] or place[1] not in assistant.article(place[0]).text] == []


def test_no_family_of_articles_lies_in_both_halves() -> None:
    halves = {split: {c["article"].split("-")[0] for c in CLAIMS if c["split"] == split} for split in ("dev", "test")}
    assert halves["dev"]
    assert not halves["dev"] & halves["test"]


def test_every_held_out_group_has_at_least_75() -> None:
    sizes = Counter(claim["kind"] for claim in CLAIMS if claim["split"] == "test")
    assert len(sizes) == 8
    assert min(sizes.values()) >= 75

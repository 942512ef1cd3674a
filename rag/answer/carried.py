"""What is said of copies: how many outlets carry one text, and which articles are one story; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag.records import Carrier, Passage


def carried(source: str | None, carriers: Sequence[Carrier]) -> str | None:
    """``carried by 3 outlets``, the shown one among them; ``2 copies`` within one outlet; None where there is no copy."""
    if not carriers:
        return None
    outlets = {source, *(carrier.source for carrier in carriers)} - {None}
    if len(outlets) > 1:
        return f"carried by {len(outlets)} outlets"
    return f"{len(carriers) + 1} copies"


def stories(passages: Iterable[Passage]) -> dict[str, str]:
    """For each article of the passages one that stands for its story: articles that carry each other's words are one."""
    standing: dict[str, str] = {}

    def root(article_id: str) -> str:
        while standing.setdefault(article_id, article_id) != article_id:
            article_id = standing[article_id]
        return article_id

    for passage in passages:
        for carrier in passage.carried_by:
            one, other = sorted((root(passage.article_id), root(carrier.article_id)))
            standing[other] = one
        root(passage.article_id)
    return {article_id: root(article_id) for article_id in list(standing)}

"""Makes a citation of words in an article, with the notes that stand beside them; pure."""

from __future__ import annotations

from rag.records import Article, Citation, Origin, Passage, Span
from rag.text.notes import notes


def cite(
    number: int, of: Article | Passage, span: Span, quote: str, *, also: tuple[Origin, ...] = (), words: Span | None = None
) -> Citation:
    """The citation of ``quote``, which stands at ``span`` in the article; ``also`` is where else it stands, ``words`` the part that answers."""
    return Citation(
        number,
        of.article_id,
        of.version,
        of.title,
        of.source,
        of.published,
        of.url,
        span.start,
        span.end,
        quote,
        also,
        words,
        updated=of.updated,
        notes=notes(span, quote, of.published),
    )

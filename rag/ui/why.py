"""Why an answer is what it is: what was understood, where each passage stood, what became of it, and where the time went; it knows nothing of Streamlit."""

from __future__ import annotations

from typing import Any

from rag.records import Answer, Passage
from rag.text.spoken import day, dotted, time_in_words
from rag.text.words import content

HEADS = ("Passage", "By words", "By meaning", "Both", "Reader", "What became of it")


def why_view(answer: Answer) -> dict[str, Any] | None:
    """Facts and a row a passage, best first, all as text; None where nothing was searched."""
    if not answer.passages:
        return None
    return {"facts": _facts(answer), "heads": HEADS, "rows": [_row(answer, passage) for passage in answer.passages]}


def _facts(answer: Answer) -> list[tuple[str, str]]:
    words = ", ".join(dict.fromkeys(content(answer.searched_as)))
    spent = answer.seconds
    stages = (("finding", spent.retrieve), ("reading", spent.read), ("writing", spent.write), ("whole", spent.total))
    facts = [
        ("Words that count", words),
        ("Days understood", f"{time_in_words(answer.time)} (“{answer.time.text}”)" if answer.time else ""),
        ("Best sentence", "" if answer.confidence is None else f"{_likely(answer.confidence)} likely to answer"),
        ("Time", dotted(*(f"{name} {seconds:.2f} s" for name, seconds in stages if seconds is not None))),
    ]
    return [(name, fact) for name, fact in facts if fact]


def _row(answer: Answer, passage: Passage) -> list[str]:
    ranks = passage.ranks
    stood = [str(rank) if rank else "–" for rank in ((ranks.words, ranks.meaning, ranks.fused) if ranks else (None, None, None))]
    read = answer.confidence is not None
    title = dotted(passage.title, passage.source, day(passage.published))
    return [title, *stood, _likely(passage.score) if read and passage.score else "–", _became(answer, passage)]


def _became(answer: Answer, passage: Passage) -> str:
    """Whether it is quoted, and if not, what kept it out."""
    numbers = [
        str(c.number)
        for c in answer.citations
        if (c.article_id, c.version) == (passage.article_id, passage.version) and passage.start <= c.start and c.end <= passage.end
    ]
    if numbers:
        return f"quoted as {', '.join(numbers)}"
    if answer.confidence is None:
        return "not among the first"
    if not passage.score:
        return "not read: those before it took the reader's time"
    return "read: no sentence is likely enough" if answer.status == "abstained" else "read: other sentences are likelier"


def _likely(probability: float) -> str:
    """A probability as so many in a hundred."""
    return f"{100 * probability:.0f} in 100" if probability >= 0.005 else "under 1 in 100"

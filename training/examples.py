"""What the reader learns from: a question, a passage and the span that answers, or none; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.records import Span
from rag.text.sentences import split_sentences


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A passage and the article it belongs to; articles are held out whole, never passages."""

    article: str
    title: str
    text: str
    published: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A question over a paragraph; ``answer`` is a span of its text, or None where it does not answer.

    ``source`` names the data set, and ``answers`` holds the wordings of all accepted answers.
    """

    question: str
    paragraph: Paragraph
    answer: Span | None
    source: str
    answers: tuple[str, ...] = ()


def window(example: Example, *, most_chars: int, before: int) -> Example:
    """The example over a run of whole sentences of at most ``most_chars`` that holds the answer, with up to ``before`` sentences ahead of it;
    without an answer, over one that holds sentence number ``before``."""
    text = example.paragraph.text
    if len(text) <= most_chars:
        return example
    sentences = split_sentences(text)
    answer = example.answer
    at = next((i for i, s in enumerate(sentences) if answer and s.start <= answer.start < s.end), min(before, len(sentences) - 1))
    first = max(0, at - before)
    while first < at and sentences[at].end - sentences[first].start > most_chars:
        first += 1
    last = at
    while last + 1 < len(sentences) and sentences[last + 1].end - sentences[first].start <= most_chars:
        last += 1
    return _cut(example, sentences[first : last + 1])


def _cut(example: Example, sentences: Sequence[Span]) -> Example:
    start, end = sentences[0].start, sentences[-1].end
    paragraph = replace(example.paragraph, text=example.paragraph.text[start:end])
    answer = example.answer and Span(example.answer.start - start, min(example.answer.end, end) - start)
    return replace(example, paragraph=paragraph, answer=answer)

"""From what a chat model streams to checked sentences with citations: whole sentences are cut out, their markers read, and each is checked.

It knows the chat model only as a source of pieces, and neither stores nor settings.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field

from rag.answer.cite import cite
from rag.answer.prompts import REFUSAL, Prompt
from rag.answer.verify import Checked, Checker, Evidence
from rag.errors import ChatModelError
from rag.models.chat import Document, Message, Piece
from rag.records import Citation, Passage, Sentence, Writing, Wrote
from rag.text.sentences import split_sentences

_ID = r"(?:[a-p][0-9a-f]{3}|\d{1,2})"
_GROUP = rf"[\[【]\s*(?:passage\s+)?{_ID}(?:\s*[,;]\s*(?:passage\s+)?{_ID})*\s*[\]】]"
_MARKERS = re.compile(_GROUP, re.I)
# A marker belongs behind the full stop, without a space.
_BEFORE_STOP = re.compile(rf"\s*((?:{_GROUP}\s*)+)([.!?…]+[\"”’]?)", re.I)
_AFTER_SPACE = re.compile(rf"\s+(?={_GROUP})", re.I)
_OPEN_MARKER = re.compile(r"[\[【][^\]】\n]{0,40}\Z")
_DECORATION = re.compile(r"\*\*|__|^[ \t]*(?:#{1,6}|[-*•]|\d{1,2}[.)])[ \t]+|`", re.M)
_CONTENT = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A whole sentence as the model wrote it, without markers, and the passages (by index) that its markers name."""

    text: str
    cited: tuple[int, ...]


class Draft:
    """Cuts a stream into sentences; what is not whole yet waits in ``rest``."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._places = {id: place for place, id in enumerate(ids)}
        self._ids = ids
        self._buffer = ""

    def feed(self, piece: Piece) -> list[Drafted]:
        """Take in a piece; the sentences that it made whole."""
        self._buffer += piece.text + "".join(f"[{self._ids[i]}]" for i in piece.documents if 0 <= i < len(self._ids))
        if self.may_refuse:
            return []
        return self._cut(last=False)

    def finish(self) -> list[Drafted]:
        """What is left when the stream has ended."""
        return [] if self.refused else self._cut(last=True)

    @property
    def may_refuse(self) -> bool:
        """Whether what has come so far is, or may become, the refusal."""
        begun = self._buffer.strip().strip("*`\"'. ")
        return REFUSAL.startswith(begun) or begun.startswith(REFUSAL)

    @property
    def refused(self) -> bool:
        """Whether what is left is the refusal."""
        return self._buffer.strip().strip("*`\"'. ").startswith(REFUSAL)

    @property
    def rest(self) -> str:
        """The sentence in progress, without markers."""
        return "" if self.may_refuse else self._shown(_OPEN_MARKER.sub("", _DECORATION.sub("", self._buffer)))

    def _cut(self, *, last: bool) -> list[Drafted]:
        tidy = _BEFORE_STOP.sub(lambda m: m[2] + re.sub(r"\s", "", m[1]), _DECORATION.sub("", self._buffer))
        tidy = _AFTER_SPACE.sub("", tidy)
        # Half a marker says nothing yet of the sentence that it will belong to.
        open_marker = None if last else _OPEN_MARKER.search(tidy)
        tidy, tail = (tidy[: open_marker.start()], open_marker[0]) if open_marker else (tidy, "")
        spans = split_sentences(tidy)
        whole = spans if last else spans[:-1]
        if not whole:
            return []
        # Of the last whole sentence a marker may still be on its way; then another one has not begun.
        self._buffer = "" if last else tidy[spans[-1].start :] + tail
        drafted = (self._drafted(tidy[span.start : span.end]) for span in whole)
        return [sentence for sentence in drafted if _CONTENT.search(sentence.text) and REFUSAL not in sentence.text]

    def _drafted(self, sentence: str) -> Drafted:
        named = [id.casefold() for group in _MARKERS.findall(sentence) for id in re.findall(_ID, group, re.I)]
        places = dict.fromkeys(self._places[id] for id in named if id in self._places)
        return Drafted(self._shown(sentence), tuple(places))

    def _shown(self, text: str) -> str:
        return " ".join(_MARKERS.sub("", text).split())


@dataclass
class Written:
    """What came of a call: every sentence with the citations it introduced, and how it ended."""

    sentences: list[tuple[Sentence, tuple[Citation, ...]]] = field(default_factory=list)
    refused: bool = False
    fault: ChatModelError | None = None

    @property
    def stands(self) -> bool:
        """Whether any sentence is borne out at least in part."""
        return any(sentence.verdict != "unsupported" for sentence, _ in self.sentences)


def messages(prompt: Prompt, *, native: bool = False) -> list[Message]:
    """The prompt as a conversation: rules, earlier turns, request; without the passages where they go along as documents (``native``)."""
    told = [Message("system", prompt.system)]
    for turn in prompt.turns:
        told.append(Message("user", turn.question))
        told.append(Message("assistant", turn.answer or REFUSAL))
    return [*told, Message("user", prompt.request if native else prompt.user)]


def documents(passages: Sequence[Passage]) -> list[Document]:
    """The passages for a provider that cites documents itself."""
    return [Document(p.title, p.text) for p in passages]


def compose(
    pieces: Iterable[Piece], ids: Sequence[str], passages: Sequence[Passage], checker: Checker
) -> Generator[Writing | Wrote, None, Written]:
    """Yields Writing as words come and Wrote for each checked sentence, and returns all; a fault of the model is kept in it, never raised."""
    draft, written, numbers = Draft(ids), Written(), _Numbers(passages)
    try:
        for piece in pieces:
            for drafted in draft.feed(piece):
                yield _checked(drafted, checker, numbers, written)
            yield Writing(draft.rest)
        written.refused = draft.refused and not written.sentences
    except ChatModelError as error:
        written.fault = error
    for drafted in draft.finish():
        yield _checked(drafted, checker, numbers, written)
    return written


def _checked(drafted: Drafted, checker: Checker, numbers: _Numbers, written: Written) -> Wrote:
    checked = checker.check(drafted.text, drafted.cited)
    wrote = numbers.wrote(drafted.text, checked)
    written.sentences.append((wrote.sentence, wrote.citations))
    return wrote


class _Numbers:
    """One number for each quote, in the order of first use."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._given: dict[tuple[str, str, int, int], int] = {}

    def wrote(self, text: str, checked: Checked) -> Wrote:
        """The sentence with its numbers, and the citations that are new."""
        new, cited = [], []
        for evidence in checked.evidence:
            number, citation = self._citation(evidence)
            cited.append(number)
            if citation:
                new.append(citation)
        return Wrote(Sentence(text, checked.verdict, tuple(cited), checked.reason), tuple(new))

    def _citation(self, evidence: Evidence) -> tuple[int, Citation | None]:
        p, span = self._passages[evidence.passage], evidence.window.span
        key = (p.article_id, p.version, span.start, span.end)
        if key in self._given:
            return self._given[key], None
        number = self._given[key] = len(self._given) + 1
        quote = p.text[span.start - p.start : span.end - p.start]
        return number, cite(number, p, span, quote)

"""A conversation in Markdown: whatever an article or a reader wrote shows as it was written, and nothing of it becomes live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote as percent

from rag.conversation import Conversation
from rag.export.outline import Outline, Part, Said, Source, outline

# What CommonMark and GitHub's Markdown give a meaning within a line; a colon and a full stop only where they would begin a bare link.
_MARKS = re.compile(r"[\\`*_\[\]<>&~|$^#@]|:(?=//)|(?<=www)\.", re.IGNORECASE)
# And at its beginning: bullets, underlines of headings, numbers of a list.
_FIRST = re.compile(r"\A([-+=]|\d{1,9}(?=[.)]))")
# What an address may hold between angle brackets.
_IN_ADDRESS = "/:?#[]@!$&'()*+,;=%~"


def to_markdown(conversation: Conversation) -> str:
    """The conversation as CommonMark; links lead to http(s) addresses of articles alone."""
    return "\n\n".join(_blocks(outline(conversation))) + "\n"


def escape(text: str) -> str:
    """The text on one line, as Markdown that shows every character of it and does nothing."""
    line = _MARKS.sub(lambda found: f"\\{found.group()}", " ".join(text.split()))
    return _FIRST.sub(lambda found: f"{found.group()}\\" if found.group()[0].isdigit() else f"\\{found.group()}", line)


def _blocks(whole: Outline) -> Iterator[str]:
    yield f"# {escape(whole.title)}"
    yield escape(whole.about)
    for number, part in enumerate(whole.parts, start=1):
        yield f"## {number}\\. {escape(part.question)}"
        yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    yield "  \n".join(escape(line) for line in part.about)
    if part.notice:
        yield f"Note: {escape(part.notice)}"
    if part.refusal:
        yield f"*{escape(part.refusal)}*"
    if part.said:
        yield " ".join(_said(said) for said in part.said)
    for heading, sides in part.accounts:
        yield f"**{escape(heading)}**"
        yield "\n".join(f"- {_said(side)}" for side in sides)
    if part.sources:
        yield "### Sources"
        for source in part.sources:
            yield from _source(source)
    if part.related:
        yield "### Related, not an answer"
        yield "\n".join(f"- {escape(line)}" for line in part.related)


def _said(said: Said) -> str:
    numbers = "".join(f"\\[{number}\\]" for number in said.numbers)
    mark = f"*({escape(said.mark)})*" if said.mark else ""
    return " ".join(filter(None, (escape(said.text), numbers, mark)))


def _source(source: Source) -> Iterator[str]:
    head = f"**\\[{source.number}\\] {escape(source.title)}**"
    link = f"<{percent(source.link, safe=_IN_ADDRESS)}>" if source.link else ""
    yield "  \n".join(filter(None, (head, escape(source.about), link)))
    if source.quote:
        yield "\n".join(f"> {escape(line)}".rstrip() for line in source.quote.splitlines())
    if source.remarks:
        yield "  \n".join(escape(remark) for remark in source.remarks)

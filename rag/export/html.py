"""A conversation as one page of HTML for reading, printing and keeping: no script, nothing from elsewhere, every text escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape as _escape

from rag.conversation import Conversation
from rag.export.outline import Part, Said, Source, outline
from rag.text.legible import legible

_STYLE = """
:root { color-scheme: light dark; }
body { font: 1.05rem/1.6 Charter, Georgia, "Liberation Serif", serif; max-width: 42rem; margin: 2.5rem auto; padding: 0 1.2rem; overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0; } h2 { font-size: 1.35rem; line-height: 1.25; margin: 0; }
h3 { font: 600 0.8rem/1.4 system-ui, sans-serif; letter-spacing: 0.06em; text-transform: uppercase; margin: 1.6rem 0 0.4rem; }
section { border-top: 1px solid; margin-top: 2.2rem; padding-top: 1.4rem; }
.about, .remark, .mark { font: 0.85rem/1.45 system-ui, sans-serif; opacity: 0.8; } .about { margin: 0.3rem 0; } .remark { margin: 0; }
.sources { list-style: none; padding: 0; } .sources li { margin: 0 0 1.2rem; } li:target { outline: 2px solid; outline-offset: 0.4rem; }
blockquote { margin: 0.4rem 0; padding-left: 0.9rem; border-left: 3px solid; white-space: pre-line; }
.refusal { font-style: italic; } .chip { font: 0.8rem system-ui, sans-serif; vertical-align: 0.2em; }
.title, bdi { unicode-bidi: isolate; } .title { font-weight: 700; }
@media print { body { margin: 0; max-width: none; } section { border-color: #999; } .sources li { break-inside: avoid; } a { color: inherit; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# No character of HTML, and what a browser would guess about.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def to_html(conversation: Conversation) -> str:
    """The conversation as one file that opens from anywhere; chips lead to the sources below."""
    whole = outline(conversation)
    parts = "\n".join(f"<section>\n{_part(part, number)}\n</section>" for number, part in enumerate(whole.parts, start=1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(whole.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1><bdi>{escape(whole.title)}</bdi></h1>
<p class="about">{escape(whole.about)}</p>
{parts}
</body>
</html>
"""


def escape(text: str) -> str:
    """The text as HTML that shows it, in an element or a quoted attribute."""
    return _escape(legible(_NO_TEXT.sub("\ufffd", text)))


def _part(part: Part, number: int) -> str:
    return "\n".join(_lines(part, number))


def _lines(part: Part, number: int) -> Iterator[str]:
    yield f"<h2>{number}. <bdi>{escape(part.question)}</bdi></h2>"
    yield from _paragraphs(part.about, "about")
    if part.notice:
        yield from _paragraphs([f"Note: {part.notice}"], "about")
    if part.refusal:
        yield from _paragraphs([part.refusal], "refusal")
    known = {source.number for source in part.sources}
    if part.said:
        yield f"<p>{' '.join(_said(said, number, known) for said in part.said)}</p>"
    for heading, sides in part.accounts:
        yield f"<h3>{escape(heading)}</h3>"
        yield f"<ul>{''.join(f'<li>{_said(side, number, known)}</li>' for side in sides)}</ul>"
    if part.sources:
        yield '<h3>Sources</h3>\n<ol class="sources">'
        yield from (_source(source, number) for source in part.sources)
        yield "</ol>"
    if part.related:
        yield "<h3>Related, not an answer</h3>"
        yield f"<ul>{''.join(f'<li><bdi>{escape(line)}</bdi></li>' for line in part.related)}</ul>"


def _paragraphs(texts: Iterable[str], style: str) -> Iterator[str]:
    return (f'<p class="{style}"><bdi>{escape(text)}</bdi></p>' for text in texts)


def _said(said: Said, number: int, known: set[int]) -> str:
    text = f"<s>{escape(said.text)}</s>" if said.struck else f"<bdi>{escape(said.text)}</bdi>"
    chips = "".join(f'<a class="chip" href="#{_anchor(number, n)}">[{n}]</a>' if n in known else f"[{n}]" for n in said.numbers)
    mark = f' <span class="mark">({escape(said.mark)})</span>' if said.mark else ""
    return f"{text}{' ' if chips else ''}{chips}{mark}"


def _source(source: Source, number: int) -> str:
    title = f'<span class="title">[{source.number}] {escape(source.title)}</span>'
    if source.link:
        title = f'<a href="{escape(source.link)}" rel="noopener noreferrer">{title}</a>'
    quote = f"<blockquote>{escape(source.quote)}</blockquote>" if source.quote else ""
    remarks = "".join(_paragraphs(source.remarks, "remark"))
    return f'<li id="{_anchor(number, source.number)}">{title}<br><span class="about">{escape(source.about)}</span>{quote}{remarks}</li>'


def _anchor(turn: int, source: int) -> str:
    return f"turn-{turn}-source-{source}"

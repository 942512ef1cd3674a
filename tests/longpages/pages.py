"""Makes the labelled pages of this folder: an article of ``articles/`` in the page of its outlet (``outlets/``), with seeded furniture.

    python -m tests.longpages.pages FOLDER

writes them out to look at. The label is what the article's own file says, by kind of block; no page is read to make it.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .furniture import Furniture

HERE = Path(__file__).parent
FIELDS = ("title", "source", "author", "published", "updated", "url", "language")
# What README.md counts as article; every other kind is written into the page and left out of the label.
_KEPT = frozenset("standfirst p h2 li q a quote row tablecaption time correction key note event fact factli factp details".split())
_GROUPED = frozenset("li row event key factli factp more tail".split())
_NOISE = re.compile(r"\[\[(.*?)\]\]")


@dataclass(frozen=True, slots=True)
class LongPage:
    """A page as bytes, and its label as in tests/webpages: the fields and the paragraphs in order."""

    name: str
    html: bytes
    label: dict[str, Any]


def names() -> list[str]:
    return sorted(path.stem for path in (HERE / "articles").glob("*.txt"))


def page(name: str) -> LongPage:
    """The page of one article, the same bytes every time."""
    head, _, body = (HERE / "articles" / f"{name}.txt").read_text(encoding="utf-8").partition("\n\n")
    fields = {key: value.strip() or None for key, _, value in (line.partition(":") for line in head.splitlines())}
    lines = [(kind, text.strip()) for kind, _, text in (line.partition(":") for line in body.splitlines() if line.strip())]
    label = {key: fields[key] for key in FIELDS}
    label["text"] = [part for kind, text in lines if kind in _KEPT for part in _label(kind, text)]
    environment = Environment(loader=FileSystemLoader(HERE / "outlets"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
    furniture = Furniture(name, str(fields["language"]))
    html = environment.get_template(f"{fields['outlet']}.html").render(
        a=fields, blocks=_blocks(lines, furniture), f=furniture, plain=[_plain(text) for kind, text in lines if kind in ("p", "h2")]
    )
    return LongPage(name, html.encode(fields.get("bytes") or "utf-8", "xmlcharrefreplace"), label)


def _label(kind: str, text: str) -> list[str]:
    parts = text.split(" | ") if kind in ("row", "event", "details") else [text]
    return [plain for part in parts if (plain := _plain(part.strip(" |")))]


def _plain(text: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", _NOISE.sub("", text))).strip()


def _blocks(lines: list[tuple[str, str]], furniture: Furniture) -> list[dict[str, Any]]:
    """One block a line, except that neighbours of a kind that comes in lists are one with ``items``."""
    blocks = list[dict[str, Any]]()
    for kind, text in lines:
        html = _NOISE.sub(r"\1", text)
        parts = [part.strip() for part in html.split("|")]
        item: Any = parts if kind in ("row", "event") else html
        if kind in _GROUPED and blocks and blocks[-1]["kind"] == kind:
            blocks[-1]["items"].append(item)
            continue
        count = int(text) if kind in ("related", "gallery") else 0
        blocks.append({"kind": kind, "html": html, "parts": parts, "items": [item], "cards": furniture.cards(count)})
    return blocks


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in names():
        made = page(name)
        (folder / f"{name}.html").write_bytes(made.html)
        (folder / f"{name}.json").write_text(json.dumps(made.label, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

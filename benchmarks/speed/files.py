"""Articles as a tutorial's loader reads them, cut as a tutorial cuts them; what every pipeline but Newsdesk starts from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

# What LangChain's tutorials take; about 220 tokens.
SPLITTER = {"chunk_size": 1000, "chunk_overlap": 100}


@dataclass(frozen=True, slots=True)
class Document:
    """An article's text and what its file says of it, all of it text; ``id`` is the given one or, without one, the title."""

    id: str
    text: str
    details: dict[str, str]


def documents(folder: Path) -> list[Document]:
    """The articles of a folder of Markdown with front matter and JSON lines, in the order of the files' names."""
    found = []
    for path in sorted(folder.iterdir()):
        raw = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            articles = [json.loads(line) for line in raw.splitlines()]
        else:
            _, front, body = raw.split("---\n", 2)
            articles = [yaml.load(front, Loader=yaml.CSafeLoader) | {"text": body.strip()}]
        for article in articles:
            text = article.pop("text")
            details = {key: str(value) for key, value in article.items()}
            found.append(Document(details.get("id") or details["title"], text, details))
    return found


def pieces(folder: Path) -> list[Document]:
    """The articles cut by LangChain's recursive splitter, each piece with its article's id."""
    # Here, so that reading documents does not need it: Newsdesk's process reads none.
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(**SPLITTER)
    return [Document(d.id, piece, d.details) for d in documents(folder) for piece in splitter.split_text(d.text)]

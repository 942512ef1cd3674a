"""The public question sets, read from files as they are published; nothing is downloaded."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rag.records import Span
from training.examples import Example, Paragraph

_BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}", "``": "“", "''": "”"}
_NO_SPACE_BEFORE = re.compile(r"^(?:[.,;:!?)\]}%”]|'s|'re|'ve|'ll|'d|'m|n't|')$")
_NO_SPACE_AFTER = re.compile(r"^[(\[{$£€“]$")


def _open(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")


def squad(path: Path) -> Iterator[Example]:
    """The questions of a file in SQuAD's form (1.1 or 2.0), gzipped or not; the answer that most annotators gave counts."""
    source = path.name.split(".")[0]
    for entry in json.loads(_open(path))["data"]:
        titled = not entry["title"].startswith(("Amazon_", "Filtered_"))
        for number, held in enumerate(entry["paragraphs"]):
            # The forum posts are one entry in the file, and each is an article of its own.
            article = entry["title"] if titled or entry["title"].startswith("Amazon") else f"{entry['title']}-{number}"
            title = entry["title"].replace("_", " ") if titled else ""
            paragraph = Paragraph(f"{source}/{article}", title, held["context"])
            for asked in held["qas"]:
                given = [] if asked.get("is_impossible") else asked["answers"]
                span = _agreed([Span(a["answer_start"], a["answer_start"] + len(a["text"])) for a in given])
                yield Example(asked["question"].strip(), paragraph, span, source, tuple(a["text"] for a in given))


def _agreed(spans: list[Span]) -> Span | None:
    """The span that most annotators gave; among as frequent ones the shortest."""
    return min(spans, key=lambda s: (-spans.count(s), s.end - s.start, s.start), default=None)


def qamr(folder: Path) -> Iterator[Example]:
    """The questions of QAMR over what it holds of each document: single sentences, joined in their order."""
    words = {id: text.split() for id, text in (line.split("\t") for line in _open(folder / "wiki-sentences.tsv.gz").splitlines())}
    documents: dict[str, list[str]] = defaultdict(list)
    for id in sorted(words, key=lambda id: [int(part) if part.isdigit() else part for part in id.split(":")[1:]]):
        documents[id.rsplit(":", 2)[0]].append(id)
    texts, places = {}, {}
    for document, ids in documents.items():
        parts, length = [], 0
        for id in ids:
            sentence, spans = _detokenised(words[id])
            places[id] = [Span(length + s.start, length + s.end) for s in spans]
            parts.append(sentence)
            length += len(sentence) + 1
        texts[document] = " ".join(parts)
    for name in ("dev", "test"):
        seen = set()
        for line in _open(folder / f"{name}.tsv.gz").splitlines():
            id, _, _, _, _, question, tokens, *_ = line.split("\t")
            at = sorted(map(int, tokens.split())) if tokens else []
            # Several workers asked nearly the same; one question an answer of a sentence is enough.
            if not at or id not in places or (id, at[0]) in seen or at[-1] >= len(places[id]):
                continue
            seen.add((id, at[0]))
            document = id.rsplit(":", 2)[0]
            text, span = texts[document], Span(places[id][at[0]].start, places[id][at[-1]].end)
            yield Example(question, Paragraph(f"qamr/{document}", "", text), span, "qamr", (text[span.start : span.end],))


def news(path: Path) -> Iterator[Example]:
    """The invented news articles of a file of ``training/news``, with the questions that were written about them; some have no answer."""
    for line in _open(path).splitlines():
        told = json.loads(line)
        paragraph = Paragraph(f"news/{told['id']}", told["title"], told["text"], told["date"])
        for asked in told["questions"]:
            start = told["text"].index(asked["answer"])
            yield Example(asked["question"], paragraph, Span(start, start + len(asked["answer"])), "news", (asked["answer"],))
        for question in told["unanswerable"]:
            yield Example(question, paragraph, None, "news")


def _detokenised(words: list[str]) -> tuple[str, list[Span]]:
    """The sentence as it is printed, and where each of its words stands in it."""
    text, spans, glue = "", [], True
    for word in words:
        word = _BRACKETS.get(word, word)
        if not glue and not _NO_SPACE_BEFORE.match(word):
            text += " "
        spans.append(Span(len(text), len(text) + len(word)))
        text += word
        glue = bool(_NO_SPACE_AFTER.match(word))
    return text, spans

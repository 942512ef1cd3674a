"""Remembers what each file gave, so that a pass parses only files whose bytes changed; it knows no file format.

Bytes are compared, not times and sizes, which an editor or a copy may keep. What was kept counts only for the readers and settings that made
it, and only while the library holds the texts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from functools import cache
from importlib.metadata import version

from rag.intake import Entry, Rejection
from rag.intake.identity import digest as digest_of
from rag.records import Article
from rag.settings import CHECKOUT, Settings
from rag.store.library import Library

# The libraries that turn files into text.
_PARSERS = ("lxml", "mammoth", "py3langid", "pypdf", "PyYAML", "trafilatura")
_SET = {"max_file_mb", "max_article_chars", "fields", "parse_seconds", "parse_memory_mb"}


class Reads:
    """What the files of one source gave in the pass before, and what they give in this one."""

    def __init__(self, library: Library, location: str, settings: Settings) -> None:
        self._library = library
        self._location = location
        self._rules = _rules(settings.model_dump_json(include=_SET))
        self._kept = {path: (digest, gave) for path, digest, rules, gave in library.reads(location) if rules == self._rules}
        self._purged = library.purged()
        self._used: dict[str, tuple[str, str]] = {}

    def known(self, path: str) -> Callable[[str], Entry | None]:
        """Looks a file up by the digest of its bytes: what it gave, None where it must be parsed."""

        def look(digest: str) -> Entry | None:
            kept = self._kept.get(path)
            entry = self._entry(path, *kept) if kept and kept[0] == digest else None
            if kept and entry:
                self._used[path] = kept
            return entry

        return look

    def keep(self, entries: Iterable[Entry]) -> None:
        """Remember these and forget the others.

        A file of which something was rejected is parsed again, since the reason may have passed; of purged articles nothing is written down.
        """
        lasting = (e for e in entries if not e.rejections and not any(a.article_id in self._purged for a in e.articles))
        now = {e.path: self._used.get(e.path) or (e.digest, _gave(e)) for e in lasting if e.digest}
        if now != self._kept:
            self._library.replace_reads(self._location, self._rules, now)

    def _entry(self, path: str, digest: str, gave: str) -> Entry | None:
        held = json.loads(gave)
        articles = []
        for known in held["articles"]:
            text = self._library.text_of(known["article_id"], known["version"])
            # Words that were damaged in the library are put right by the file.
            if text is None or digest_of(text) != known["version"]:
                return None
            articles.append(Article(**known, text=text))
        return Entry(path, tuple(articles), (), tuple(Rejection(**w) for w in held["warnings"]), tuple(held["paths"]), digest)


def _gave(entry: Entry) -> str:
    articles = [asdict(replace(article, text="")) for article in entry.articles]
    for article in articles:
        del article["text"]
    gave = {"articles": articles, "warnings": [asdict(w) for w in entry.warnings], "paths": entry.paths}
    return json.dumps(gave, ensure_ascii=False)


@cache
def _rules(settings: str) -> str:
    """Digest of all that decides what a file gives: our readers' own source, the parsers' versions, the settings."""
    source = sorted(path for room in ("intake", "text") for path in (CHECKOUT / "rag" / room).glob("*.py"))
    parts = [settings, *(version(name) for name in _PARSERS), *(path.read_text(encoding="utf-8") for path in source)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]

"""The library under test: made from a suite's sources for one set of index settings, apart from the served one, and kept for the next run."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from rag.assistant import Assistant
from rag.errors import NewsdeskError, UsageError
from rag.evaluate.cases import Suite
from rag.models.embeddings import Embedder
from rag.records import Article
from rag.settings import Settings
from rag.store.erase import bury
from rag.store.library import Library
from rag.store.publish import Progress, Stores
from rag.store.sync import sync

log = logging.getLogger(__name__)

# Libraries that were used least recently go; each can be made again.
_KEPT = 8
_USED = "used"


def evaluations(settings: Settings) -> Path:
    """The folder of runs and of libraries under test, inside the data folder."""
    return settings.home / "evaluations"


def open_library(suite: Suite, settings: Settings, *, embedder: Embedder | None = None, on_progress: Progress | None = None) -> Assistant:
    """An assistant over the suite's articles, indexed as ``settings`` say; the served library is read, never written.

    Vectors that the served library or an earlier one under test already has are copied. Raises SourceError for sources
    that cannot be read, UsageError when nothing says which articles are asked.
    """
    libraries = evaluations(settings) / "libraries"
    embedder = embedder or Embedder(settings.embedding_model, cache=settings.models_folder, runtime=settings.runtime)
    sources = _sources(suite, settings)
    home = libraries / _key(suite, sources, settings, embedder)
    # Its index lies in a folder, which goes with it: on a server it would stay. Both are made and asked in the same way.
    changed = {"home": home, "models": settings.models_folder, "chroma_url": None}
    assistant = Assistant(settings.model_copy(update=changed), embedder=embedder)
    _forget_old(libraries, keep=home)
    assistant.stores.lenders = [library for library in _lenders(settings, libraries, home) if library.exists]
    if on_progress is not None:
        assistant.stores.on_progress = on_progress
    home.mkdir(parents=True, exist_ok=True)
    (home / _USED).touch()
    if purged := Library(settings.home).purged() if Library(settings.home).exists else ():
        # The files of a person's own folders still hold them.
        assistant.library.database.create()
        bury(assistant.library.database, purged)
    report = sync(assistant.stores, [*([_written(suite.articles, home / "articles")] if suite.articles else []), *sources])
    for rejected in report.rejected:
        log.info("left out: %s: %s", rejected.path, rejected.reason)
    _warn_of_unknown_names(suite, assistant)
    return assistant


def _sources(suite: Suite, settings: Settings) -> list[Path]:
    if suite.articles or suite.sources:
        return list(suite.sources)
    served = Library(settings.home)
    if served.exists and (registered := served.sources()):
        return [Path(source) for source in registered]
    raise UsageError(
        f"{suite.path} names no sources, and the served library has none: add `sources: [FOLDER]` to it, or run `newsdesk sync FOLDER`."
    )


def _key(suite: Suite, sources: Sequence[Path], settings: Settings, embedder: Embedder) -> str:
    """Every setting that changes what is indexed, and where the articles come from."""
    chunking = Stores(Library(settings.home), None, embedder, settings).chunking  # type: ignore[arg-type]  # how chunks are made does not hang on an index
    parts = [embedder.name, chunking, *map(str, sources), _digest(suite.articles)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _digest(articles: Sequence[Article]) -> str:
    digest = hashlib.sha256()
    for article in articles:
        digest.update(f"{article.article_id}\0{article.title}\0{article.text}\0".encode())
    return digest.hexdigest()


def _written(articles: Sequence[Article], folder: Path) -> Path:
    """A folder with one JSON-lines file an article, for data that brings its articles along."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, article in enumerate(articles):
        line = json.dumps({"id": article.article_id, "title": article.title, "text": article.text}, ensure_ascii=False)
        (folder / f"{number:05d}.jsonl").write_text(line + "\n", encoding="utf-8")
    return folder


def _lenders(settings: Settings, libraries: Path, home: Path) -> list[Library]:
    others = sorted(libraries.iterdir()) if libraries.is_dir() else []
    return [Library(settings.home), *(Library(other) for other in others if other != home)]


def _forget_old(libraries: Path, *, keep: Path) -> None:
    if not libraries.is_dir():
        return
    used = sorted(
        (other for other in libraries.iterdir() if (other / _USED).is_file() and other != keep), key=lambda p: (p / _USED).stat().st_mtime
    )
    for old in used[: max(0, len(used) - _KEPT + 1)]:
        # Renamed first: half of a library must not be found by the next run.
        doomed = old.with_name(f".{old.name}.{os.getpid()}")
        old.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def _warn_of_unknown_names(suite: Suite, assistant: Assistant) -> None:
    wanted = {name for case in suite.cases for group in case.cited for name in group}
    outlets = {outlet.casefold() for outlet in assistant.overview().outlets}
    unknown = [name for name in sorted(wanted) if name.casefold() not in outlets and not _is_held(assistant, name)]
    if unknown:
        log.warning(
            "%s: cites names what the sources do not hold: %s.", suite.path, ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        )


def _is_held(assistant: Assistant, article_id: str) -> bool:
    try:
        assistant.article(article_id)
    except NewsdeskError:
        return False
    return True

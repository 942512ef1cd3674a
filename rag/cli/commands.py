"""The ``newsdesk`` command: reads arguments, calls the assistant and the store, prints; it decides nothing about articles or answers."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

from rag.answer.carried import carried
from rag.assistant import Assistant
from rag.batch import read_batch
from rag.catalogue import article_to_json, articles, filters_of, listed_to_json, passages_to_json
from rag.cli import conversations, versions
from rag.cli.arguments import Run, parser
from rag.errors import NewsdeskError, UsageError
from rag.models.reader import Reader
from rag.records import Filters, answer_to_json
from rag.settings import CHECKOUT, load_settings
from rag.signin import listens_on, signin_of
from rag.terminal import dotted, messages, print_answer, print_json
from rag.text.spoken import time_in_words

log = logging.getLogger("rag")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 did its work, 2 bad usage or input, 1 other failures, for eval 100 when prompts fail."""
    args = parser(_RUNS).parse_args(argv)
    with messages(verbose=args.verbose):
        try:
            status: int = args.run(args)
            sys.stdout.flush()
            return status
        except NewsdeskError as error:
            log.debug("", exc_info=error)
            log.error("newsdesk: %s", " ".join(str(error).split()))
            return 2 if isinstance(error, UsageError) else 1
        except KeyboardInterrupt:
            return 130
        except BrokenPipeError:
            # Whoever read standard output has left; it is closed again at exit, so it must lead somewhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except UnicodeEncodeError as error:
            log.error("newsdesk: %r cannot be written as %s: give it in UTF-8.", error.object[error.start : error.end], error.encoding)
            return 2
        except Exception as error:  # nobody who types a command is to be shown a traceback
            log.debug("", exc_info=error)
            log.error("newsdesk: unexpected %s: %s. Run it again with --verbose and report what it prints.", type(error).__name__, error)
            return 1


# The commands


def _ask(args: argparse.Namespace) -> int:
    assistant = _open()
    filters = _filters(assistant, args)
    if args.batch is not None:
        return _ask_batch(args, assistant, filters)
    if assistant.library.exists:
        # While passages are found; what is wrong with the reader is said when it is read with.
        threading.Thread(target=_load, args=[assistant.reader], daemon=True).start()
    answer = assistant.ask(args.question, filters=filters, write=not args.quotes, any_time=args.any_time)
    if args.json:
        print_json(answer_to_json(answer))
    else:
        print_answer(answer)
    return 0


def _load(reader: Reader) -> None:
    with suppress(NewsdeskError):  # it is said when the reader is read with
        reader.load()


def _ask_batch(args: argparse.Namespace, assistant: Assistant, filters: Filters) -> int:
    status = 0
    for item in read_batch(args.batch):
        try:
            if item.error:
                raise UsageError(item.error)
            answer = assistant.ask(item.question, history=item.history, filters=filters, write=not args.quotes, any_time=args.any_time)
        except UsageError as error:
            status = 2
            if args.json:
                print_json({"id": item.id, "error": str(error)})
            else:
                log.error("%s: %s", item.id, error)
            continue
        if args.json:
            print_json({"id": item.id} | answer_to_json(answer))
        else:
            print(f"{item.id}: {item.question}")
            print_answer(answer)
            print(flush=True)
    return status


def _search(args: argparse.Namespace) -> int:
    assistant = _open()
    passages = assistant.search(args.query, filters=_filters(assistant, args), limit=args.limit, any_time=args.any_time)
    if args.json:
        print_json(passages_to_json(passages))
        return 0
    if not args.any_time and (time := assistant.time_asked(args.query)) and time.kind == "published":
        print(f"{time_in_words(time)} (“{time.text}”); --any-time takes it off.\n")
    for number, passage in enumerate(passages, start=1):
        print(
            f"{number}. {dotted(passage.title, passage.source, passage.published, carried(passage.source, passage.carried_by), passage.url)}"
        )
        print(f"   {' '.join(passage.text.split())}\n")
    if not passages:
        print("Nothing found.")
    return 0


def _list(args: argparse.Namespace) -> int:
    _, found = articles(_open())
    if args.json:
        print_json([listed_to_json(article) for article in found])
        return 0
    for a in found:
        note = carried(a.source, a.carried_by)
        print("\t".join([a.article_id, (a.published or "")[:10], a.source or "", a.title, *([note] if note else [])]))
    return 0


def _show(args: argparse.Namespace) -> int:
    if args.versions or args.diff:
        return versions.show_versions(_open(), args)
    assistant = _open()
    if args.json:
        print_json(article_to_json(assistant, args.article, args.version))
        return 0
    article = assistant.article(args.article, args.version)
    language = f"language: {article.language}" if article.language not in (None, "en") else None
    for line in (article.title, article.source, article.author, article.published, language, article.url):
        if line:
            print(line)
    print(f"\n{article.text}")
    return 0


def _chat(args: argparse.Namespace) -> int:
    app = CHECKOUT / "app.py"
    if not app.is_file():
        raise NewsdeskError(f"{app} is missing: the web app runs from a checkout, installed editable.")
    # Streamlit looks for its settings in the checkout; what was set where the command was called goes along.
    settings = load_settings()
    listens_on(args.host, signin_of(settings))
    os.environ.update(settings.as_environment() | {"NEWSDESK_HOME": str(settings.home.resolve())})
    os.chdir(CHECKOUT)
    if args.json:
        print_json({"url": f"http://localhost:{args.port}"})
        sys.stdout.flush()
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    command = [sys.executable, "-m", "rag.serve", "--host", args.host, "--port", str(args.port)]
    if sys.stdout.isatty() and (sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()):
        # Somebody sits at this screen: open the page for them.
        command.append("--open")
    os.execv(sys.executable, command)


def _later(module: str) -> Any:
    """A module of the commands that ask nothing: reading articles and evaluation import 2 s of libraries, which no question should wait for."""
    return import_module(f"rag.cli.{module}")


_RUNS: Mapping[str, Run] = {
    "ask": _ask,
    "search": _search,
    "list": _list,
    "show": _show,
    "chat": _chat,
    "conversations": conversations.show_list,
    "export": conversations.export,
    "sync": lambda args: _later("library").run_sync(_open(), args),
    "remove": lambda args: _later("library").run_remove(_open(), args),
    "doctor": lambda args: _later("library").run_doctor(_open(), args),
    "eval": lambda args: _later("evaluate").evaluate(args),
    "backup": lambda args: _later("keeping").keep(args),
    "restore": lambda args: _later("keeping").bring_back(args),
    "purge": lambda args: _later("keeping").delete_for_good(args),
}


# What they share


def _open() -> Assistant:
    return Assistant(load_settings())


def _filters(assistant: Assistant, args: argparse.Namespace) -> Filters:
    return filters_of(assistant, args.since, args.until, args.outlet)

"""The ``newsdesk`` command: reads arguments, calls the assistant and the store, prints; it decides nothing about articles or answers."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from time import perf_counter

from rag.answer.carried import carried
from rag.assistant import Assistant
from rag.batch import read_batch
from rag.catalogue import article_to_json, articles, filters_of, listed_to_json, passages_to_json
from rag.cli import conversations, evaluate, keeping, versions
from rag.errors import NewsdeskError, UsageError
from rag.fetch import is_address
from rag.intake import Rejection
from rag.records import Filters, answer_to_json
from rag.settings import CHECKOUT, load_settings
from rag.signin import listens_on, signin_of
from rag.store.doctor import examine, repair
from rag.store.sync import SyncReport, remove, restore, sync
from rag.terminal import Bars, dotted, messages, print_answer, print_json
from rag.text.spoken import time_in_words

log = logging.getLogger("rag")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status: 0 did its work, 2 bad usage or input, 1 other failures, for eval 100 when prompts fail."""
    args = _parser().parse_args(argv)
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
        except Exception as error:
            log.debug("", exc_info=error)
            log.error("newsdesk: unexpected %s: %s. Run it again with --verbose and report what it prints.", type(error).__name__, error)
            return 1


# The commands


def _sync(args: argparse.Namespace) -> int:
    assistant = _open()
    with Bars() as bars:
        assistant.stores.on_progress = bars.show
        if args.watch:
            return keeping.keep_watching(assistant.stores, args.source, lambda report: _print_report(args, report, None))
        began = perf_counter()
        try:
            report = sync(assistant.stores, args.source, prune=args.prune)
        except KeyboardInterrupt:
            log.error("Stopped: the library is as it was, and what was computed is kept. Run it again to go on.")
            raise
        seconds = perf_counter() - began
    _print_report(args, report, seconds)
    return 0


def _print_report(args: argparse.Namespace, report: SyncReport, seconds: float | None) -> None:
    if args.json:
        print_json(asdict(report) | {"seconds": seconds})
        return
    counts = ", ".join(f"{getattr(report, name)} {name}" for name in ("added", "changed", "removed", "unchanged"))
    print(f"{counts}; {report.embedded} chunks embedded" + ("" if seconds is None else f" in {seconds:.1f} s"), flush=True)
    for what, remarks in (("left out", report.rejected), ("warning", report.warnings)):
        for remark in remarks:
            print(f"{what}: {_place(remark)}: {remark.reason}")


def _place(remark: Rejection) -> str:
    return remark.path if remark.line is None else f"{remark.path}, line {remark.line}"


def _ask(args: argparse.Namespace) -> int:
    assistant = _open()
    filters = _filters(assistant, args)
    if args.batch is not None:
        return _ask_batch(args, assistant, filters)
    answer = assistant.ask(args.question, filters=filters, write=not args.quotes, any_time=args.any_time)
    if args.json:
        print_json(answer_to_json(answer))
    else:
        print_answer(answer)
    return 0


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


def _remove(args: argparse.Namespace) -> int:
    stores = _open().stores
    article = restore(stores, args.article) if args.undo else remove(stores, args.article)
    if args.json:
        print_json({"article_id": article.article_id, "version": article.version, "title": article.title, "removed": not args.undo})
    elif args.undo:
        print(f"Back in search: {article.title}")
    else:
        print(f"Removed from search, and kept out of later syncs: {article.title}")
        print(f"`newsdesk remove --undo {article.article_id}` puts it back.")
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


def _doctor(args: argparse.Namespace) -> int:
    stores = _open().stores
    with Bars() as bars:
        stores.on_progress = bars.show
        findings = repair(stores) if args.repair else examine(stores)
    if args.json:
        print_json({"sound": not findings, "index": stores.indexes.whereabouts(), "findings": [asdict(finding) for finding in findings]})
    for finding in findings if not args.json else ():
        print(f"{finding.part}: {finding.problem}; {finding.advice}")
    if not findings and not args.json:
        print("Sound: library, full-text index, copies, vectors and Chroma's index agree.")
    if not args.json:
        print(f"The index lies {stores.indexes.whereabouts()}.")
    return 1 if findings else 0


# What they share


def _open() -> Assistant:
    return Assistant(load_settings())


def _filters(assistant: Assistant, args: argparse.Namespace) -> Filters:
    return filters_of(assistant, args.since, args.until, args.outlet)


# The arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="newsdesk", description="Answers questions from a folder of news articles, with exact quotes.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.add_argument("--json", action="store_true", help="print JSON on standard output, and nothing else there")
        sub.add_argument("--verbose", action="store_true", help="say more on standard error; failures with their traceback")
        sub.set_defaults(run=run)
        return sub

    sub = command("sync", _sync, "Make the library equal to its sources.")
    sub.add_argument(
        "source",
        nargs="*",
        type=_source,
        metavar="SOURCE",
        help="folder, file or zip archive of articles (docs/formats.md), or the http(s) address of a page, feed or sitemap (docs/addresses.md); without any, all sources given so far",
    )
    sub.add_argument("--prune", action="store_true", help="remove the articles of a source that is missing or suddenly empty")
    sub.add_argument(
        "--watch",
        action="store_true",
        help="go on: sync again whenever something changes in the folders, and fetch addresses again now and then, until Ctrl-C",
    )
    sub = command("ask", _ask, "Answer a question from the articles: with quotes, or as the chat model of NEWSDESK_MODEL writes it.")
    asked = sub.add_mutually_exclusive_group(required=True)
    asked.add_argument("question", nargs="?", metavar="QUESTION")
    asked.add_argument("--batch", metavar="FILE.jsonl", help='lines of {"id", "question", "history"?}; - reads standard input')
    sub.add_argument("--quotes", action="store_true", help="answer with quotes, also where a chat model is set")
    _add_filters(sub)
    sub = command("search", _search, "Show the passages that a query finds.")
    sub.add_argument("query", metavar="QUERY")
    sub.add_argument("--limit", type=_positive, metavar="N", help="most passages (default: the setting `passages`)")
    _add_filters(sub)
    command("list", _list, "List the articles that are searched, newest first.")
    sub = command("show", _show, "Print an article.")
    sub.add_argument("article", metavar="ARTICLE", help="its id, as `list` shows it")
    versions.add_arguments(sub)
    sub = command("remove", _remove, "Take an article out of search and keep it out.")
    sub.add_argument("article", metavar="ARTICLE")
    sub.add_argument("--undo", action="store_true", help="put it back")
    sub = command("eval", evaluate.evaluate, "Run test prompts and say what holds, what broke, and how sure that is.")
    evaluate.add_arguments(sub, _positive)
    sub = command("chat", _chat, "Start the web app on this machine.")
    sub.add_argument("--port", type=_positive, default=8501, metavar="N", help="default: 8501")
    sub.add_argument(
        "--host", default="localhost", metavar="ADDRESS", help="address to listen on, where people sign in (default: localhost)"
    )
    sub = command("conversations", conversations.show_list, "List the conversations, newest first.")
    conversations.add_list_arguments(sub, _positive)
    sub = command("export", conversations.export, "Write a conversation with all its sources: Markdown, a web page or JSON.")
    conversations.add_export_arguments(sub)
    sub = command("backup", keeping.keep, "Write the library, uploads, prompts and runs into one file.")
    keeping.add_arguments(sub, force="replace a file that is there")
    sub = command("restore", keeping.bring_back, "Make the library what a backup holds, while the app may be open.")
    keeping.add_arguments(sub, force="replace the library that is there; it is kept as before-restore.zip")
    sub = command("purge", keeping.delete_for_good, "Delete articles for good, with all that old answers quote of them.")
    keeping.add_purge_arguments(sub)
    sub = command("doctor", _doctor, "Check that library, full-text index and Chroma's index agree.")
    sub.add_argument("--repair", action="store_true", help="make anew what does not agree")
    return parser


def _add_filters(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--since", type=_day, metavar="DATE", help="only articles of that day (YYYY-MM-DD) or later")
    sub.add_argument("--until", type=_day, metavar="DATE", help="only articles of that day or earlier")
    sub.add_argument("--outlet", action="append", metavar="NAME", help="only articles of that outlet; may be repeated")
    sub.add_argument("--any-time", action="store_true", help="let words such as “last week” in the question narrow and order nothing")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2024-03-27") from error


def _source(text: str) -> Path | str:
    return text if is_address(text) else Path(text)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)

"""What the ``newsdesk`` command takes: its commands with their arguments; it does none of them, and imports nothing that they need."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from rag.cli import conversations, versions

Run = Callable[[argparse.Namespace], int]
# What names a run of `newsdesk eval` where only an option is given.
LAST = "last"


def parser(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """All commands with their arguments; ``run`` of what is parsed is that of ``runs`` for the command."""
    made = argparse.ArgumentParser(prog="newsdesk", description="Answers questions from a folder of news articles, with exact quotes.")
    commands = made.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.add_argument("--json", action="store_true", help="print JSON on standard output, and nothing else there")
        sub.add_argument("--verbose", action="store_true", help="say more on standard error; failures with their traceback")
        sub.set_defaults(run=runs[name])
        return sub

    sub = command("sync", "Make the library equal to its sources.")
    sub.add_argument(
        "source",
        nargs="*",
        metavar="SOURCE",
        help="folder, file or zip archive of articles (docs/formats.md), or the http(s) address of a page, feed or sitemap (docs/addresses.md); without any, all sources given so far",
    )
    sub.add_argument("--prune", action="store_true", help="remove the articles of a source that is missing or suddenly empty")
    sub.add_argument(
        "--watch",
        action="store_true",
        help="go on: sync again whenever something changes in the folders, and fetch addresses again now and then, until Ctrl-C",
    )
    sub = command("ask", "Answer a question from the articles: with quotes, or as the chat model of NEWSDESK_MODEL writes it.")
    asked = sub.add_mutually_exclusive_group(required=True)
    asked.add_argument("question", nargs="?", metavar="QUESTION")
    asked.add_argument("--batch", metavar="FILE.jsonl", help='lines of {"id", "question", "history"?}; - reads standard input')
    sub.add_argument("--quotes", action="store_true", help="answer with quotes, also where a chat model is set")
    _add_filters(sub)
    sub = command("search", "Show the passages that a query finds.")
    sub.add_argument("query", metavar="QUERY")
    sub.add_argument("--limit", type=_positive, metavar="N", help="most passages (default: the setting `passages`)")
    _add_filters(sub)
    command("list", "List the articles that are searched, newest first.")
    sub = command("show", "Print an article.")
    sub.add_argument("article", metavar="ARTICLE", help="its id, as `list` shows it")
    versions.add_arguments(sub)
    sub = command("remove", "Take an article out of search and keep it out.")
    sub.add_argument("article", metavar="ARTICLE")
    sub.add_argument("--undo", action="store_true", help="put it back")
    sub = command("eval", "Run test prompts and say what holds, what broke, and how sure that is.")
    _add_eval(sub)
    sub = command("chat", "Start the web app on this machine.")
    sub.add_argument("--port", type=_positive, default=8501, metavar="N", help="default: 8501")
    sub.add_argument(
        "--host", default="localhost", metavar="ADDRESS", help="address to listen on, where people sign in (default: localhost)"
    )
    sub = command("conversations", "List the conversations, newest first.")
    conversations.add_list_arguments(sub, _positive)
    sub = command("export", "Write a conversation with all its sources: Markdown, a web page or JSON.")
    conversations.add_export_arguments(sub)
    sub = command("backup", "Write the library, uploads, prompts and runs into one file.")
    _add_file(sub, force="replace a file that is there")
    sub = command("restore", "Make the library what a backup holds, while the app may be open.")
    _add_file(sub, force="replace the library that is there; it is kept as before-restore.zip")
    sub = command("purge", "Delete articles for good, with all that old answers quote of them.")
    _add_purge(sub)
    sub = command("doctor", "Check that library, full-text index and Chroma's index agree.")
    sub.add_argument("--repair", action="store_true", help="make anew what does not agree")
    return made


def _add_eval(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "cases",
        nargs="?",
        type=Path,
        metavar="CASES",
        help="test prompts: .yaml, .jsonl or SQuAD's .json (default: your own, else the sample's)",
    )
    sub.add_argument(
        "--source", action="append", default=[], type=Path, metavar="SOURCE", help="ask of these articles too, beside the prompts' own"
    )
    sub.add_argument(
        "--baseline", nargs="?", const=LAST, metavar="RUN", help="compare with an earlier run, or its JSON output (default: the last)"
    )
    sub.add_argument(
        "--with", action="append", default=[], dest="changes", metavar="SETTING=VALUE", help="also run with this setting, and compare"
    )
    sub.add_argument(
        "--fail-on", choices=["failing", "worse"], default="failing", help="exit 100 when prompts fail, or only when the verdict is worse"
    )
    sub.add_argument(
        "--filter", action="append", default=[], metavar="KEY=VALUE|REGEX", help="only prompts with that metadata, or with those words"
    )
    sub.add_argument(
        "--filter-failing", nargs="?", const=LAST, metavar="RUN", help="only prompts that failed in that run (default: the last)"
    )
    sub.add_argument("--repeat", type=_positive, default=1, metavar="N", help="ask each prompt N times")
    sub.add_argument("-j", "--jobs", type=_positive, default=1, metavar="N", help="prompts asked at a time")
    sub.add_argument("--resume", action="store_true", help="go on with the run that was cut off")
    sub.add_argument(
        "-o", "--output", action="append", default=[], type=Path, metavar="FILE", help=".json, .xml (JUnit), .csv or .html; repeatable"
    )
    sub.add_argument("--answers", type=Path, metavar="FILE.jsonl", help="score these answers instead of asking")
    sub.add_argument("--limit", type=_positive, metavar="N", help="with --draft: most proposals")
    instead = sub.add_mutually_exclusive_group()
    instead.add_argument("--questions", action="store_true", help="print the prompts as lines for `ask --batch`, or for another system")
    instead.add_argument("--draft", action="store_true", help="propose prompts from the articles, to accept or edit one by one")
    instead.add_argument("--retrieval", type=Path, metavar="DIR", help="compare chunkings over corpora with marked excerpts")
    instead.add_argument("--runs", action="store_true", help="list the runs that are kept")
    instead.add_argument("--schema", action="store_true", help="print the JSON schema of a file of test prompts, for editors")


def _add_file(sub: argparse.ArgumentParser, *, force: str) -> None:
    sub.add_argument("file", type=Path, metavar="FILE")
    sub.add_argument("--force", action="store_true", help=force)


def _add_purge(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("article", nargs="*", metavar="ARTICLE", help="its id; without any, a purge that was cut off is ended")
    sub.add_argument("--removed", action="store_true", help="all articles that are removed from search")
    sub.add_argument("--yes", action="store_true", help="do not ask; needed where there is no terminal")


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


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)

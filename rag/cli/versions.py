"""``newsdesk show --versions`` and ``--diff``: what an article said before, and what changed."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rag.assistant import Assistant
from rag.errors import UsageError
from rag.records import Version
from rag.terminal import dotted, print_json
from rag.text.differences import differences

_MARKS = {"same": ("", ""), "gone": ("[-", "-]"), "new": ("{+", "+}")}


def add_arguments(sub: argparse.ArgumentParser) -> None:
    """What ``show`` takes besides the article."""
    sub.add_argument("--version", metavar="V", help="an earlier version")
    what = sub.add_mutually_exclusive_group()
    what.add_argument("--versions", action="store_true", help="list its versions, in the order in which they came")
    what.add_argument(
        "--diff", action="store_true", help="what changed from version V (without V: from the one before) to the newest: [-gone-] {+new+}"
    )


def show_versions(assistant: Assistant, args: argparse.Namespace) -> int:
    """Print the versions of an article, or what changed between two; returns 0. Raises NoSuchArticle, and UsageError where there is one alone."""
    held = assistant.versions(args.article)
    if args.diff:
        return _show_difference(assistant, args, held)
    if args.json:
        print_json([asdict(version) for version in held])
        return 0
    for version in held:
        print(f"{version.version}\t{dotted(version.ingested, version.title, 'searched' if version.searched else None)}")
    return 0


def _show_difference(assistant: Assistant, args: argparse.Namespace, held: list[Version]) -> int:
    new = assistant.article(args.article)
    before = [version.version for version in held if version.version != new.version]
    if not before and args.version is None:
        raise UsageError(f"Article {args.article!r} has one version only, so there is nothing to compare.")
    old = assistant.article(args.article, args.version or before[-1])
    pieces = differences(old.text, new.text)
    if args.json:
        changed = [{"kind": kind, "text": text} for text, kind in pieces]
        print_json({"article_id": new.article_id, "from": old.version, "to": new.version, "pieces": changed})
        return 0
    if old.title != new.title:
        print(f"[-{old.title}-] {{+{new.title}+}}\n")
    print("".join(_MARKS[kind][0] + text + _MARKS[kind][1] for text, kind in pieces))
    return 0

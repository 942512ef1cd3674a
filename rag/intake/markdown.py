"""Reads Markdown: front matter, title, and the prose without its unambiguous markup; it knows nothing of articles.

Dropped: heading marks, images, HTML comments, rules, quote marks, emphasis, link targets. All else stands as it was
written (lists, tables, code, other HTML), so what is quoted is what the file says.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from rag.errors import RejectedFile

_LONGEST_FRONT = 16_000  # characters; the eight known keys need a few hundred
_FRONT = re.compile(r"---[ \t]*\n(?P<yaml>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|$)")
_LONGEST_HEADING = 1000  # characters
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}=+[ \t]*")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
_DEFINITION = re.compile(r" {0,3}\[[^\]\n]{1,200}\]:[ \t]*\S+.*")
# Bounds keep the patterns linear on a line of nothing but brackets or stars.
_IMAGE = re.compile(r"!\[[^\]\n]{0,500}\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
_LINK = re.compile(r"\[([^\[\]\n]{0,500})\](?:\([^()\n]{0,2000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^\]\n]{0,200}\])")
_AUTOLINK = re.compile(r"<(https?://[^>\s]{1,2000})>")
_STRONG = re.compile(
    r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^*\n]{1,2000}?)(?<=[^\s*\\])\1(?!\*)|(?<![\w_\\])(_{1,3})(?=[^\s_])([^_\n]{1,2000}?)(?<=[^\s_\\])\3(?![\w_])"
)
_ESCAPE = re.compile(r"\\([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The keys of the YAML front matter, all values as text, and what comes after it.

    Raises RejectedFile for front matter that is not YAML, not keys and values, or too long.
    """
    found = _FRONT.match(text)
    if found is None:
        return {}, text
    if len(found["yaml"]) > _LONGEST_FRONT:
        raise RejectedFile(f"front matter has {len(found['yaml'])} characters, more than {_LONGEST_FRONT}")
    try:
        # BaseLoader builds text, lists and mappings only: safer still than safe_load, and 2024-13-45 stays text instead of an error.
        given = yaml.load(found["yaml"], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 2})" if mark else ""
        raise RejectedFile(f"front matter is not YAML{line}: {getattr(error, 'problem', None) or 'nested too deeply'}") from error
    if given in (None, ""):
        return {}, text[found.end() :]
    if not isinstance(given, dict):
        raise RejectedFile("front matter is not keys and values, such as `title: …`")
    known = {key: value for key, value in given.items() if isinstance(key, str)}
    return {key: None if value in ("", "~", "null") else value for key, value in known.items()}, text[found.end() :]


def plain_prose(text: str) -> tuple[str | None, str]:
    """The first top heading, or None, and the text without it and without markup."""
    title: str | None = None
    lines: list[str] = []
    fenced = False
    for line in _without_comments(text).split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        heading = None if fenced or len(line) > _LONGEST_HEADING else _HEADING.fullmatch(line)
        if heading and title is None and len(heading[1]) == 1 and heading[2]:
            title = _inline(heading[2])
        elif title is None and not fenced and _UNDERLINE.fullmatch(line) and lines and lines[-1].strip():
            title = lines.pop().strip()
        elif fenced:
            lines.append(line)
        elif not _RULE.fullmatch(line) and not _DEFINITION.fullmatch(line):
            lines.append(_inline(heading[2] if heading else re.sub(r"^(?: {0,3}>[ \t]?)+", "", line)).rstrip())
    return title, re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _without_comments(text: str) -> str:
    """A comment that is never closed stays; searching by hand keeps a file full of openings linear."""
    kept = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join(kept) + text[at:]


def _inline(line: str) -> str:
    line = _LINK.sub(r"\1", _IMAGE.sub("", line))
    line = _AUTOLINK.sub(r"\1", line)
    for _ in range(2):  # emphasis inside emphasis
        line = _STRONG.sub(lambda found: found[2] or found[4], line)
    return _ESCAPE.sub(r"\1", line)

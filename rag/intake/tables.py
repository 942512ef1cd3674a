"""Reads JSON, JSON lines and tables of articles; which key means what is decided elsewhere."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from rag.errors import RejectedFile
from rag.intake.decode import decode, refuse_binary
from rag.intake.fieldmap import lacking, mapped_article, text_path
from rag.intake.fields import Place, kind_name
from rag.intake.reading import Reading, Remark, remarks
from rag.records import Article

_DELIMITERS = ",;\t|"
_MOST_COLUMNS = 1000
_DEEPEST_LIST = 3  # {"response": {"data": {"articles": […]}}}
_MOST_REPORTED = 1000  # bad lines of one file that are named one by one


def read_json_lines(raw: bytes, place: Place) -> Reading:
    r"""An article a line; a line's text gets only NFC and ``\n`` line ends, so that its writer can count offsets.

    Raises RejectedFile for a file that is no text at all; a bad line is reported and the others go in.
    """
    gathered = _Gathered(place)
    for number, line in enumerate(_lines(raw), start=1):
        if not line.strip():
            continue
        try:
            text, warning = decode(line)
            given = load_json(text)
        except RejectedFile as error:
            gathered.rejected.append(Remark(number, str(error)))
            continue
        gathered.take(given, number, None, warning)
    return gathered.reading()


def read_json(raw: bytes, place: Place) -> Reading:
    """One article, a list of them, or an object that holds such a list, at most three objects deep.

    Raises RejectedFile for what is not JSON or holds no articles; the keys that were found are named.
    """
    text, warning = decode(raw)
    given = load_json(text)
    gathered = _Gathered(place)
    # A feed describes itself and then lists its articles; an article may list related ones.
    path = text_path(given, place.names) if isinstance(given, dict) else None
    listed = _list_in(given, place)
    if isinstance(given, dict) and (listed is None or path not in (None, "description", "summary")):
        article, more = mapped_article(given, place, by_title=False)
        return Reading((article,), warnings=remarks(None, warning, *more))
    items = given if isinstance(given, list) else listed
    if items is None:
        raise RejectedFile(f"{kind_name(given)}, not an article or a list of them")
    gathered.warnings += remarks(None, warning)
    for number, item in enumerate(items, start=1):
        gathered.take(item, None, f"item {number}: ")
    return gathered.reading()


def read_table(raw: bytes, place: Place) -> Reading:
    """Comma-, semicolon-, bar- or tab-separated values under a line of names, an article a row.

    Raises RejectedFile for a file without such a line, or whose names hold no text; a bad row is reported.
    """
    text, warning = decode(raw)
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    # One number for the whole process, so it is only ever raised; make_article judges the length afterwards.
    csv.field_size_limit(max(csv.field_size_limit(), place.max_chars * 4))
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=lambda sign: (header.count(sign), -_DELIMITERS.index(sign)))
    rows = _rows(text, delimiter)
    names = [name.strip() for name in next(rows, (0, []))[1]]
    if not 2 <= len(names) <= _MOST_COLUMNS:
        raise RejectedFile(f"{len(names)} columns, where a table of articles has a first line that names from 2 to {_MOST_COLUMNS}")
    if lack := lacking(dict.fromkeys(names, "x"), place.names):
        raise RejectedFile(lack)
    gathered = _Gathered(place)
    gathered.warnings += remarks(None, warning)
    try:
        for line, cells in rows:
            if any(cells):
                gathered.take({name: cell for name, cell in zip(names, cells, strict=False) if name}, line, None)
    except csv.Error as error:
        gathered.rejected.append(Remark(None, f"not a table that can be read to its end: {error}"))
    return gathered.reading()


def load_json(text: str) -> Any:
    """The value; raises RejectedFile where there is none, with the column."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}, column {error.colno}"
        raise RejectedFile(f"not JSON: {error.msg.removesuffix(' at')} at {at}") from error
    except (ValueError, RecursionError) as error:
        raise RejectedFile("not JSON that can be read: a number too long, or nested too deeply") from error


class _Gathered:
    """The articles of one file while it is read."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.articles: list[Article] = []
        self.rejected: list[Remark] = []
        self.warnings: list[Remark] = []

    def take(self, given: Any, line: int | None, prefix: str | None, warning: str | None = None) -> None:
        try:
            if not isinstance(given, dict):
                raise RejectedFile(f"{kind_name(given)}, not an object with title and text")
            article, more = mapped_article(given, self._place, by_title=True)
        except RejectedFile as error:
            self.rejected.append(Remark(line, f"{prefix or ''}{error}"))
            return
        self.articles.append(article)
        self.warnings += remarks(line, *(f"{prefix or ''}{reason}" for reason in (warning, *more) if reason))

    def reading(self) -> Reading:
        if not self.articles and not self.rejected:
            raise RejectedFile("text is empty")
        rest = len(self.rejected) - _MOST_REPORTED
        named = self.rejected if rest <= 0 else [*self.rejected[:_MOST_REPORTED], Remark(None, f"and {rest} more that gave no article")]
        return Reading(tuple(self.articles), tuple(named), tuple(self.warnings))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The line at which each row ends, and its cells."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    for cells in reader:
        yield reader.line_num, cells


def _list_in(given: Any, place: Place) -> list[Any] | None:
    """The list of objects inside; of several, one whose first object has a text, else the longest."""
    found: list[list[Any]] = []
    level = [given]
    for _ in range(_DEEPEST_LIST):
        values = [value for item in level if isinstance(item, dict) for value in list(item.values())[:_MOST_COLUMNS]]
        found += [value for value in values if isinstance(value, list) and value and isinstance(value[0], dict)]
        level = values
    fitting = [items for items in found if text_path(items[0], place.names)]
    return max(fitting or found, key=len, default=None)


def _lines(raw: bytes) -> list[bytes]:
    """Lines one by one, since one that is not UTF-8 must not spoil the others; U+2028 may stand inside a JSON line."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = decode(raw)[0].encode()
    refuse_binary(raw)
    return raw.split(b"\n")

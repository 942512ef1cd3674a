"""Reads saved mails (.eml) and boxes of them (.mbox), as newsletters and wire services send them; it runs in the parsing process."""

from __future__ import annotations

import re
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from rag.errors import RejectedFile
from rag.intake.decode import decode, tidy
from rag.intake.fields import Place, make_article, read_fields
from rag.intake.markup import html_to_text
from rag.intake.reading import Reading, Remark, name_of, remarks
from rag.records import Article

_LONGEST_HEADER = 2000  # characters
_MOST_PARTS = 100  # multipart containers or enclosed mails; a mail has two or three
_CONTAINER = re.compile(rb"(?im)^content-type:\s*(?:multipart|message)/")
_FROM_LINE = re.compile(rb"(?m)^From [^\n]{0,998}\n(?=[A-Za-z-]{1,80}:)")
_MOST_MAILS = 10_000


def read_mail(raw: bytes, place: Place) -> Reading:
    """One article a mail: its plain text, else its HTML; attachments are left out.

    Raises RejectedFile.
    """
    article, warnings = _from_mail(raw, place, by_title=False)
    return Reading((article,), warnings=remarks(None, *warnings))


def read_mbox(raw: bytes, place: Place) -> Reading:
    """An article for each mail of the box; a bad one is reported with its number.

    Raises RejectedFile for a box without mails, or with too many.
    """
    starts = [found.start() for found in _FROM_LINE.finditer(raw)]
    if not starts or raw[: starts[0]].strip():
        raise RejectedFile("no mailbox: it does not begin with a line `From …`")
    if len(starts) > _MOST_MAILS:
        raise RejectedFile(f"a mailbox of {len(starts)} mails, more than {_MOST_MAILS}; split it")
    articles: list[Article] = []
    rejected: list[Remark] = []
    warnings: list[Remark] = []
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(raw)], strict=True), start=1):
        mail = raw[raw.index(b"\n", start) + 1 : end]
        try:
            article, more = _from_mail(re.sub(rb"(?m)^>(>*From )", rb"\1", mail), place, by_title=True)
        except RejectedFile as error:
            rejected.append(Remark(None, f"mail {number}: {error}"))
            continue
        articles.append(article)
        warnings += remarks(None, *(f"mail {number}: {reason}" for reason in more))
    return Reading(tuple(articles), tuple(rejected), tuple(warnings))


def _from_mail(raw: bytes, place: Place, *, by_title: bool) -> tuple[Article, list[str]]:
    if len(_CONTAINER.findall(raw)) > _MOST_PARTS:
        raise RejectedFile(f"a mail of more than {_MOST_PARTS} parts inside each other")
    try:
        message = message_from_bytes(raw)
    except (ValueError, LookupError, RecursionError) as error:
        raise RejectedFile(f"a mail that is broken: {error}") from error
    text, attachments = _body(message)
    name, address = parseaddr(_header(message, "From") or "")
    written = {
        "id": _message_id(message),
        "title": _header(message, "Subject") or name_of(place),
        "author": name or address or None,
        "published": _date(message),
    }
    fields, warnings = read_fields(written)
    left = [f"{attachments} attachment{'s' if attachments > 1 else ''} left out"] if attachments else []
    return make_article(fields, text, place=place, by_title=by_title), [*warnings, *left]


def _body(message: Message) -> tuple[str, int]:
    """The text of the mail and how many attachments it has; a second text, such as a list's footer, is added."""
    plain: list[str] = []
    html: list[str] = []
    attachments = 0
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart():
            continue
        if part.get_content_disposition() == "attachment" or kind not in ("text/plain", "text/html"):
            attachments += part.get_content_disposition() == "attachment"
        else:
            (plain if kind == "text/plain" else html).append(_decoded(part))
    words = tidy("\n\n".join(text.strip("\n") for text in plain)).strip()
    # A newsletter's plain part often only says that there is an HTML part.
    marked = html_to_text("\n".join(html)) if html and len(words) * 3 < len("".join(html)) else ""
    return (marked if len(marked) > 2 * len(words) else words), attachments


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    if charset:
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):
            pass
    return decode(raw, markup=True)[0] if raw.strip() else ""


def _header(message: Message, name: str) -> str | None:
    """One line, its encoded words decoded as far as they can be."""
    given = message.get(name)
    if given is None:
        return None
    text = str(given)[:_LONGEST_HEADER]
    with suppress(HeaderParseError, LookupError, ValueError):  # what cannot be decoded stays as it is written
        text = str(make_header(decode_header(text)))
    return " ".join(tidy(text.encode("utf-8", "replace").decode()).split()) or None


def _message_id(message: Message) -> str | None:
    given = (_header(message, "Message-ID") or "").strip("<> ")
    return f"mail:{given}" if "@" in given and len(given) <= 190 else None


def _date(message: Message) -> str | None:
    given = _header(message, "Date")
    try:
        return parsedate_to_datetime(given).isoformat() if given else None
    except (ValueError, OverflowError):
        return given

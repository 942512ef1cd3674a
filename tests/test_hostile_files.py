"""Files made to fill memory, to hang a parser or to lead out of their folder: each is refused in words and in bounded time."""

from __future__ import annotations

import json
import os
import resource
import struct
import time
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from documents import FERRY, archive, docx, epub, mail, pdf, word_paragraphs

from rag.intake import Entry, read_file
from rag.intake.bounded import _WORKER
from rag.settings import Settings

GOOD = "# Good\n\nThis member is good news for Skell."
DEEP = 1000


def read(folder: Path, name: str, content: bytes | str, **settings: object) -> Entry:
    """Within ten seconds, and 300 MB over what this process had."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    entry = read_file(folder / name, relative=name, location="src", settings=Settings(**settings))
    assert time.monotonic() - start < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
    return entry


def reason(entry: Entry) -> str:
    assert entry.articles == ()
    assert len(entry.rejections) == 1, entry.rejections
    return entry.rejections[0].reason


# Archives


def test_member_that_unpacks_to_a_thousand_times_its_size(tmp_path: Path) -> None:
    entry = read(tmp_path, "a.zip", archive({"bomb.txt": b"\n" * 15_000_000, "good.md": GOOD}))
    assert [article.title for article in entry.articles] == ["Good"]
    assert "packed to less than one 200th" in entry.rejections[0].reason


def test_member_larger_than_a_file_may_be(tmp_path: Path) -> None:
    entry = read(tmp_path, "a.zip", archive({"big.txt": os.urandom(1_500_000).hex()}), max_file_mb=2)
    assert "more than the 2 MB" in reason(entry)


def test_archive_whose_members_fill_memory_together(tmp_path: Path) -> None:
    part = (os.urandom(2000).hex() + " ") * 400  # 1.6 MB, packed to a fortieth
    entry = read(tmp_path, "a.zip", archive({f"{n:02}.txt": part for n in range(30)}), max_file_mb=2)
    assert "unpacks to more than ten times" in entry.rejections[-1].reason
    assert len(entry.rejections) <= 14


def test_archive_of_too_many_members(tmp_path: Path) -> None:
    assert "more than 10000 files" in reason(read(tmp_path, "a.zip", archive({f"{n}.md": "x" for n in range(10_001)})))


def test_archives_inside_archives(tmp_path: Path) -> None:
    inner = archive({"good.md": GOOD})
    for n in range(4):
        inner = archive({f"{n}.zip": inner})
    assert "unpack it into a folder" in reason(read(tmp_path, "a.zip", inner))


def test_archive_whose_members_overlap(tmp_path: Path) -> None:
    """All entries of the list point at the one packed member."""
    raw = archive({"a.txt": os.urandom(500).hex()})
    at = raw.index(b"PK\x01\x02")
    central, end = raw[at : raw.index(b"PK\x05\x06")], bytearray(raw[raw.index(b"PK\x05\x06") :])
    many = b"".join(central.replace(b"a.txt", b"%05d" % n) for n in range(500))
    struct.pack_into("<HHI", end, 8, 500, 500, len(many))
    assert "overlap" in reason(read(tmp_path, "a.zip", raw[:at] + many + bytes(end)))


def test_archive_that_holds_itself(tmp_path: Path) -> None:
    """As in a quine: a stored member whose bytes are the whole archive, so that the members overlap or end at the depth."""
    raw = archive({"a.zip": b"x" * 200})
    at = raw.index(b"PK\x01\x02")
    twice = bytearray(raw[at : raw.index(b"PK\x05\x06")])
    struct.pack_into("<HII", twice, 10, 0, 0, 0)
    struct.pack_into("<II", twice, 20, len(raw), len(raw))
    end = raw[raw.index(b"PK\x05\x06") :]
    assert reason(read(tmp_path, "a.zip", raw[:at] + bytes(twice) + end))


@pytest.mark.parametrize("name", ["../out.md", "/etc/out.md", "a/../../out.md", "..\\out.md", "C:\\out.md"])
def test_member_that_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    entry = read(tmp_path, "a.zip", archive({name: GOOD, "good.md": GOOD}))
    assert [article.title for article in entry.articles] == ["Good"]
    assert "leads outside" in entry.rejections[0].reason
    assert os.listdir(tmp_path) == ["a.zip"]


def test_member_that_is_a_link(tmp_path: Path) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        link = zipfile.ZipInfo("passwd.txt")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    assert reason(read(tmp_path, "a.zip", out.getvalue())) == "a link, which is not followed"


def test_encrypted_member(tmp_path: Path) -> None:
    raw = bytearray(archive({"a.md": GOOD}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(magic) + at] |= 1
    assert "encrypted" in reason(read(tmp_path, "a.zip", bytes(raw)))


def test_broken_member_stops_no_other(tmp_path: Path) -> None:
    raw = bytearray(archive({"bad.md": os.urandom(300).hex(), "good.md": GOOD}))
    raw[60] ^= 0xFF
    entry = read(tmp_path, "a.zip", bytes(raw))
    assert [article.title for article in entry.articles] == ["Good"]
    assert "broken inside the archive" in entry.rejections[0].reason


# XML

LAUGHS = "<!DOCTYPE x [" + "<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>"
OUTSIDE = "<!DOCTYPE x [<!ENTITY a11 SYSTEM 'file:///etc/passwd'>]>"


@pytest.mark.parametrize("before", [LAUGHS, OUTSIDE], ids=["that grow", "of files"])
def test_entities_are_never_resolved(tmp_path: Path, before: str) -> None:
    assert "declares XML entities" in reason(read(tmp_path, "a.docx", docx(word_paragraphs("&a11;"), before=before)))
    assert "declares XML entities" in reason(read(tmp_path, "a.epub", epub({"a.xhtml": "<p>x</p>"}, title="&a11;", before=before)))


def test_entities_of_a_chapter_stay_words(tmp_path: Path) -> None:
    chapter = f"<html>{OUTSIDE}<p>Before &a11; after. {FERRY[0]}</p>"
    (article,) = read(tmp_path, "a.epub", epub({"a.xhtml": chapter})).articles
    assert "root:" not in article.text


def test_document_part_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    assert "packed to less than" in reason(read(tmp_path, "a.docx", docx(word_paragraphs("x" * 30_000_000))))


def test_deep_xml(tmp_path: Path) -> None:
    nested = "<w:tbl><w:tr><w:tc>" * 20_000 + "</w:tc></w:tr></w:tbl>" * 20_000
    assert reason(read(tmp_path, "a.docx", docx(nested)))


def test_deep_html(tmp_path: Path) -> None:
    assert "inside each other" in reason(read(tmp_path, "a.json", json.dumps({"headline": "T", "body_html": "<div>" * 200_000 + "x</p>"})))


# PDFs


def test_pdf_that_claims_a_million_pages(tmp_path: Path) -> None:
    entry = read(tmp_path, "a.pdf", pdf([list(FERRY)], pages_count=1_000_000))
    assert entry.articles or "PDF" in reason(entry)


def test_pdf_whose_one_page_stands_there_a_million_times(tmp_path: Path) -> None:
    assert "PDF" in reason(read(tmp_path, "a.pdf", pdf([list(FERRY)], pages_count=1_000_000, repeat=1_000_000)))


def test_pdf_stream_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    first, again = (packer.compress(b" " * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    stream = first + 300 * again
    assert len(stream) < 5_000_000
    assert "PDF" in reason(read(tmp_path, "a.pdf", pdf([["x"]], stream=stream)))


def test_parser_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    many = zlib.compress(b"BT /F1 11 Tf 60 780 Td " + b"(ferry) Tj 0 -14 Td " * 400_000 + b" ET")
    entry = read(tmp_path, "a.pdf", pdf([["x"]], stream=many), parse_seconds=1)
    assert "took longer than the 1 seconds" in reason(entry)
    assert _WORKER.pid is None
    assert read(tmp_path, "b.pdf", pdf([list(FERRY)])).articles


def test_parser_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    rows = "<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 600_000
    noise = "".join(f"<w:p w:x='{os.urandom(4).hex()}'/>" for _ in range(50_000))
    assert "more than the 300 MB" in reason(read(tmp_path, "a.docx", docx(noise + rows), parse_memory_mb=300))
    assert read(tmp_path, "b.docx", docx(word_paragraphs(*FERRY)), parse_memory_mb=300).articles


# JSON, tables, mails


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt"])
def test_deep_json(tmp_path: Path, name: str) -> None:
    entry = read(tmp_path, name, '{"a":' * 100_000)
    assert entry.articles == () or name == "a.txt"
    assert "nested too deeply" in reason(read(tmp_path, "b.json", "[" * 100_000 + "]" * 100_000))


def test_table_with_a_field_of_twenty_megabytes(tmp_path: Path) -> None:
    row = '"' + "A sentence of news. " * 950_000 + '"'
    entry = read(tmp_path, "a.csv", f"title,text\nGood,Short news.\nBad,{row}\n")
    assert [article.title for article in entry.articles] == ["Good"]
    assert len(entry.rejections) == 1


def test_mail_of_a_thousand_parts_inside_each_other(tmp_path: Path) -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(DEEP))
    head = b"From: a@lerum.example\nSubject: x\nMIME-Version: 1.0\n"
    assert "more than 100 parts" in reason(read(tmp_path, "a.eml", head + nested + b"Content-Type: text/plain\n\nx"))


def test_mail_with_endless_headers(tmp_path: Path) -> None:
    raw = mail("x", FERRY[0]).replace(b"Subject: x", b"Subject: " + b"=?utf-8?q?x?= " * 200_000)
    entry = read(tmp_path, "a.eml", raw)
    assert entry.articles or reason(entry)

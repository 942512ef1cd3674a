"""Every format gives its articles, whatever its suffix says; what no format is gets a reason."""

from __future__ import annotations

import csv
import json
import os
import re
import threading
import zipfile
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from documents import FERRY, archive, docx, epub, mail, pdf, word_paragraphs

from rag.assistant import Assistant
from rag.intake import Entry, read_file
from rag.intake.bounded import _WORKER
from rag.intake.identity import digest
from rag.intake.markup import html_to_text
from rag.intake.pdf import paragraphs
from rag.settings import Settings
from rag.store.sync import sync

TEXT = "\n\n".join(FERRY)
HTML = "".join(f"<p>{line}</p>" for line in FERRY)


def read(folder: Path, name: str, content: bytes | str, **settings: object) -> Entry:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_file(folder / name, relative=name, location="src", settings=Settings(**settings))


def reason(entry: Entry) -> str:
    assert entry.articles == ()
    assert len(entry.rejections) == 1
    return entry.rejections[0].reason


# HTML bodies


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One &amp; two.</p><p>Three&nbsp;four</p>", "One & two.\n\nThree four"),
        ("<head><title>x</title><style>p{}</style></head><script>1<2</script><p>A <b>bold</b>\n word.</p>", "A bold word."),
        ("<table><tr><th>Town</th><th>Votes</th></tr><tr><td>Lerum</td><td>12</td></tr></table>After", "Town | Votes\nLerum | 12\n\nAfter"),
        (
            "<table><tr><td><table><tr><td>Left</td><td>Right</td></tr></table></td><td><p>Next</p></td></tr></table>",
            "Left | Right\n\nNext",
        ),
        ("One line<br>next line<p>Then", "One line\nnext line\n\nThen"),
        ("plain &lt;words&gt;", "plain <words>"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\n\nTwo"),
        ("", ""),
    ],
)
def test_html_gives_its_paragraphs(html: str, text: str) -> None:
    assert html_to_text(html) == text


# PDF


def test_pdf_gives_paragraphs_without_running_lines(tmp_path: Path) -> None:
    towns = ("Lerum", "Skell", "Brenholm", "Old Quay")
    pages = [
        ["The Lerum Post", f"In {town} the report tells of the inter-", f"rupted ferry and goes on at length for {town}", f"until {town} ends.", f"Page {n} of 4"]
        for n, town in enumerate(towns, start=1)
    ]  # fmt: skip
    entry = read(tmp_path, "ferry.pdf", pdf(pages, info="/Title (Ferry sails again) /Author (Ada Holm) /CreationDate (D:20250304093000)"))
    (article,) = entry.articles
    assert article.text.startswith(
        "In Lerum the report tells of the interrupted ferry and goes on at length for Lerum until Lerum ends.\n\n"
    )
    assert article.text.count("\n\n") == 3
    assert "Lerum Post" not in article.text
    assert "Page" not in article.text
    assert (article.title, article.author, article.published) == ("Ferry sails again", "Ada Holm", "2025-03-04")


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["the well-known report, a well-", "known one"], "the well-known report, a well-known one"),
        (["an agree-", "ment on the agreement"], "an agreement on the agreement"),
        (["Mayor Ada Lund-", "Holm spoke"], "Mayor Ada Lund-Holm spoke"),
        (["THE COUN-", "CIL MET"], "THE COUNCIL MET"),
        (["This first line is as long as lines are here", "and ends.", "A new paragraph begins here with new words"],
         "This first line is as long as lines are here and ends.\n\nA new paragraph begins here with new words"),
    ],
)  # fmt: skip
def test_lines_are_joined(lines: list[str], text: str) -> None:
    assert paragraphs([lines]) == text


def test_pdf_without_text_or_key_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    assert "OCR" in reason(read(tmp_path, "scan.pdf", pdf([[], []])))
    writer = PdfWriter(clone_from=PdfReader(str(_kept(tmp_path, pdf([list(FERRY)])))))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(str(tmp_path / "locked.pdf"))
    assert "password" in reason(read(tmp_path, "locked.pdf", (tmp_path / "locked.pdf").read_bytes()))
    assert "broken" in reason(read(tmp_path, "cut.pdf", b"%PDF-1.7\n1 0 obj <<"))


def _kept(folder: Path, raw: bytes) -> Path:
    (folder / "plain.bin").write_bytes(raw)
    return folder / "plain.bin"


# Word, books, mails


def test_word_document_gives_text_and_properties(tmp_path: Path) -> None:
    core = "<dc:title>Ferry sails again</dc:title><dc:creator>Ada Holm</dc:creator><dcterms:created>2025-03-04T09:30:00Z</dcterms:created><dcterms:modified>2025-03-06T10:00:00Z</dcterms:modified>"
    (article,) = read(tmp_path, "a.docx", docx(word_paragraphs("Ferry sails again", *FERRY), core=core)).articles
    assert (article.title, article.author, article.text) == ("Ferry sails again", "Ada Holm", TEXT)
    assert (article.published or "")[:10] == "2025-03-04"
    assert (article.updated or "")[:10] == "2025-03-06"


def test_book_gives_an_article_for_each_chapter(tmp_path: Path) -> None:
    long = HTML * 8
    entry = read(tmp_path, "year.epub", epub({"one.xhtml": f"<h1>The ferry</h1>{long}", "two.xhtml": f"<h2>The &eacute;tude</h2>{long}"}))
    assert [(article.title, article.source, article.published) for article in entry.articles] == [
        ("The ferry", "Lerum Post", "2025-01-31"), ("The étude", "Lerum Post", "2025-01-31")
    ]  # fmt: skip
    assert entry.articles[0].article_id == digest("src\nyear.epub#OPS/one.xhtml")
    assert entry.articles[0].text.startswith(TEXT)


def test_short_book_is_one_article(tmp_path: Path) -> None:
    (article,) = read(tmp_path, "short.epub", epub({"a.xhtml": HTML, "b.xhtml": "<p>The end.</p>"}, title="Ferry sails")).articles
    assert (article.title, article.text) == ("Ferry sails", TEXT + "\n\nThe end.")


def test_mail_gives_its_text(tmp_path: Path) -> None:
    (article,) = read(tmp_path, "a.eml", mail("Ferry – sails “again”", TEXT)).articles
    assert (article.title, article.author, article.published) == ("Ferry – sails “again”", "Lerum Post", "2025-03-04T09:30:00+01:00")
    assert article.text == TEXT
    assert article.article_id == "mail:ferry-1@lerum.example"


def test_newsletter_gives_its_html_where_the_plain_part_says_nothing(tmp_path: Path) -> None:
    (article,) = read(tmp_path, "a.eml", mail("Ferry", "Open this mail in a browser.", f"<html><body>{HTML}</body></html>")).articles
    assert article.text == TEXT


def test_mailbox_gives_an_article_for_each_mail(tmp_path: Path) -> None:
    mails = [mail(f"Number {n}", TEXT).replace(b"ferry-1@", b"ferry-%d@" % n) for n in range(3)]
    box = b"".join(b"From news@lerum.example Tue Mar  4 09:30:00 2025\n" + one + b"\n" for one in mails)
    assert [article.title for article in read(tmp_path, "a.mbox", box).articles] == ["Number 0", "Number 1", "Number 2"]


def test_subject_that_cannot_be_decoded_costs_no_mail(tmp_path: Path) -> None:
    broken = re.sub(rb"Subject: [^\n]*(?:\n[ \t][^\n]*)*", b"Subject: =?utf-8?b?a?=", mail("Ferry", TEXT))
    assert broken != mail("Ferry", TEXT)
    assert read(tmp_path, "a.eml", broken).articles[0].title == "=?utf-8?b?a?="
    box = b"".join(b"From news@lerum.example Tue Mar  4 09:30:00 2025\n" + one + b"\n" for one in (broken, mail("Ferry", TEXT)))
    assert [article.text for article in read(tmp_path, "a.mbox", box.replace(b"ferry-1@", b"ferry-2@", 1)).articles] == [TEXT, TEXT]


# JSON and tables

NINJS = {
    "uri": "urn:lerum:1", "headline": "Ferry sails again", "body_html": HTML, "byline": "Ada Holm", "language": "en",
    "firstcreated": "2025-03-04T09:30:00Z", "versioncreated": "2025-03-05T10:00:00Z",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.json", NINJS),
        ("list.json", [NINJS]),
        ("inside.json", {"status": "ok", "data": {"tags": ["x"], "articles": [NINJS]}}),
        ("line.jsonl", NINJS),
        ("two.json", {"headlines": [{"value": "Ferry sails again"}], "bodies": [{"contenttype": "text/html", "value": HTML}], "uri": "urn:lerum:1",
                      "authors": [{"name": "Ada Holm"}], "pubDate": "Tue, 04 Mar 2025 09:30:00 +0000", "updated_at": "2025-03-05T10:00:00Z"}),
        ("press.json", [{"guid": "urn:lerum:1", "title": {"rendered": "Ferry sails again"}, "content": {"rendered": HTML}, "author": {"name": "Ada Holm"},
                         "date": 1741080600, "modified": "2025-03-05T10:00:00Z"}]),
    ],
)  # fmt: skip
def test_export_is_read_without_a_map(tmp_path: Path, name: str, content: object) -> None:
    (article,) = read(tmp_path, name, json.dumps(content)).articles
    assert (article.article_id, article.title, article.author, article.text) == ("urn:lerum:1", "Ferry sails again", "Ada Holm", TEXT)
    assert (article.published or "")[:10] == "2025-03-04"
    assert (article.updated or "")[:10] == "2025-03-05"


def test_all_writers_are_kept(tmp_path: Path) -> None:
    for author in ([{"name": "Ada Holm"}, {"name": "Per Lund"}], ["Ada Holm", "Per Lund"]):
        row = {"headline": "T", "body": "X.", "authors": author}
        assert read(tmp_path, "a.json", json.dumps(row)).articles[0].author == "Ada Holm, Per Lund"


def test_setting_names_what_no_export_has(tmp_path: Path) -> None:
    row = {"kop": "Ferry sails again", "inhoud": {"platte": TEXT}, "title": "section"}
    assert "text is missing; the keys are kop, inhoud, title" in reason(read(tmp_path, "a.json", json.dumps(row)))
    (article,) = read(tmp_path, "a.json", json.dumps(row), fields="title=kop, text=inhoud.platte").articles
    assert (article.title, article.text) == ("Ferry sails again", TEXT)
    with pytest.raises(ValueError, match="KEY of id, url"):
        Settings(fields="headline=kop")


def test_contract_keys_keep_the_text_as_it_is(tmp_path: Path) -> None:
    text = "<p>A tag &amp; all,\r\nas  written."
    for name in ("a.jsonl", "a.json"):
        (article,) = read(tmp_path, name, json.dumps({"title": "T", "text": text, "body": "other"})).articles
        assert article.text == text.replace("\r\n", "\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_table_is_read_whatever_separates_it(tmp_path: Path, delimiter: str) -> None:
    out = StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows(
        [
            ["Date", "title", "body", "link"],
            ["2025-03-04", 'The "Skell", a ferry; sails', TEXT, "https://lerum.example/1"],
            ["", "", "No title here.", ""],
        ]
    )
    entry = read(tmp_path, "a.csv", out.getvalue().replace("Date", "date"))
    (article,) = entry.articles
    assert (article.title, article.text, article.published) == ('The "Skell", a ferry; sails', TEXT, "2025-03-04")
    assert [remark.line for remark in entry.rejections] == [7]


def test_feed_that_describes_itself_is_its_items(tmp_path: Path) -> None:
    feed = {"title": "Lerum Post", "description": "News of the harbour", "items": [NINJS | {"related": [{"title": "x", "body": "y"}]}] * 1}
    assert [article.title for article in read(tmp_path, "feed.json", json.dumps(feed)).articles] == ["Ferry sails again"]
    one = NINJS | {"related": [{"title": "Other", "body": "Another text."}]}
    assert [article.title for article in read(tmp_path, "one.json", json.dumps(one)).articles] == ["Ferry sails again"]


def test_mail_and_chapter_that_begin_as_a_page(tmp_path: Path) -> None:
    raw = f"From: a@lerum.example\nMessage-ID: <1@x>\nSubject: Ferry\nContent-Type: text/html\n\n<!DOCTYPE html><html><body>{HTML}".encode()
    assert read(tmp_path, "a.eml", raw).articles[0].text == TEXT
    book = epub({"a.xhtml": "x"})
    assert read(tmp_path, "a.epub", _with_chapter(book, f"<!DOCTYPE html><html><body>{HTML}</body></html>")).articles[0].text == TEXT


def _with_chapter(book: bytes, chapter: str) -> bytes:
    with zipfile.ZipFile(BytesIO(book)) as file:
        return archive({name: file.read(name) for name in file.namelist()} | {"OPS/a.xhtml": chapter})


def test_table_without_names_is_refused_with_its_columns(tmp_path: Path) -> None:
    assert "the keys are Lerum, 1200" in reason(read(tmp_path, "a.csv", "Lerum,1200\nSkell,900\n"))


# Told by content


@pytest.mark.parametrize(
    ("name", "content", "format"),
    [
        ("a.txt", pdf([list(FERRY)]), ".pdf"),
        ("a", pdf([list(FERRY)]), ".pdf"),
        ("a.zip", docx(word_paragraphs(*FERRY)), ".docx"),
        ("a.doc", docx(word_paragraphs(*FERRY)), ".docx"),
        ("a.docx", epub({"a.xhtml": HTML}), ".epub"),
        ("a.txt", mail("Ferry", TEXT), ".eml"),
        ("a.txt", json.dumps(NINJS, indent=1), ".json"),
        ("a.jsonl", json.dumps([NINJS]), ".json"),
        ("a.json", json.dumps(NINJS) + "\n" + json.dumps(NINJS | {"uri": "2"}), ".jsonl"),
        ("a.txt", json.dumps({"title": "T", "text": "X."}) + "\n" + json.dumps({"title": "U", "text": "Y."}), ".jsonl"),
        ("a.md", archive({"b.md": "# T\n\nText."}), ".zip"),
    ],
)  # fmt: skip
def test_file_with_another_suffix_is_read_as_what_it_is(tmp_path: Path, name: str, content: bytes | str, format: str) -> None:
    entry = read(tmp_path, name, content)
    assert entry.articles
    assert entry.warnings[0].reason.endswith(f"whatever its suffix says; read as {format}")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.pdf", b"Just words, no PDF.", "not a PDF, whatever its suffix says"),
        ("a.docx", archive({"x.txt": "y"}), "a zip archive without the parts of a Word document"),
        ("a.xlsx", archive({"xl/workbook.xml": "<x/>"}), "a spreadsheet or presentation"),
        ("a.odt", archive({"content.xml": "<x/>", "META-INF/manifest.xml": "<x/>"}), "an OpenDocument file"),
        ("a.jar", archive({"x.class": "y"}), "unknown format .jar"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Office program"),
        ("a.txt", b"{\\rtf1 words}", "a rich-text file"),
        ("a.zip", b"not an archive", "not a zip archive"),
    ],
)
def test_file_that_is_no_article_is_refused_with_what_it_is(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    assert expected in reason(read(tmp_path, name, content))


@pytest.mark.parametrize(
    "text", ["{curly} is how the note began.\n\nIt went on.", "From Lerum: news\n\nThe ferry sails.", "Subject: a poem\n\nIt rhymes."]
)
def test_writing_that_only_resembles_another_format_stays_text(tmp_path: Path, text: str) -> None:
    entry = read(tmp_path, "a.txt", text)
    assert len(entry.articles) == 1
    assert entry.warnings == ()


# Archives


def test_archive_gives_its_members_by_their_paths(tmp_path: Path, assistant: Assistant) -> None:
    inner = archive({"deep.md": "# Deep\n\nThe tower of Brenholm is 40 metres high."})
    members: dict[str, bytes | str] = {
        "week/ferry.md": f"# Ferry\n\n{TEXT}",
        "week/inner.zip": inner,
        "bad.pdf": b"%PDF-1.4 nothing",
        "__MACOSX/._x.md": "x",
        ".hidden.md": "x",
        "README.md": "about",
    }
    source = tmp_path / "in"
    source.mkdir()
    entry = read(source, "news.zip", archive(members))
    assert [(path, article.title) for article, path in entry.placed()] == [
        ("news.zip/week/ferry.md", "Ferry"), ("news.zip/week/inner.zip/deep.md", "Deep")
    ]  # fmt: skip
    assert [remark.path for remark in entry.rejections] == ["news.zip/bad.pdf"]
    opened = Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder)
    assert sync(opened.stores, [source]).added == 2
    assert sync(opened.stores, []).unchanged == 2
    # A member that cannot be read keeps what it gave; one that is gone leaves.
    (source / "news.zip").write_bytes(archive({"week/ferry.md": b"\0\0\0", "other.md": "# Other\n\nText."}))
    report = sync(opened.stores, [])
    assert (report.added, report.removed) == (1, 1)
    assert {article.title for article in opened.library.articles()} == {"Ferry", "Other"}
    # So does everything where the whole archive cannot.
    (source / "news.zip").write_bytes(b"PK\x03\x04 cut off")
    (source / "more.md").write_text("# More\n\nText.")
    assert sync(opened.stores, []).removed == 0


# The parsing process


def test_threads_share_one_process_and_none_is_left_over(tmp_path: Path) -> None:
    raw = pdf([list(FERRY)])
    found: list[Entry] = []
    threads = [threading.Thread(target=lambda n=n: found.append(read(tmp_path, f"{n}.pdf", raw))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(entry.articles) for entry in found] == [1] * 8
    first = _WORKER.pid
    assert first is not None
    assert read(tmp_path, "again.pdf", raw).articles
    assert _WORKER.pid == first
    os.kill(first, 9)
    assert read(tmp_path, "after.pdf", raw).articles  # not to blame for a process that died before
    second = _WORKER.pid
    assert second not in (None, first)
    _WORKER.close()
    for pid in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(pid or 0, 0)  # reaped, so not even a zombie

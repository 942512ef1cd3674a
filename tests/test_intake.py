"""Files in, articles out: identity, encodings, dates, formats, and every kind of file that must be left out."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest

from rag.errors import SourceError
from rag.intake import Entry, canonical_url, list_files, read_file, read_source
from rag.intake.dates import parse_date
from rag.intake.identity import digest
from rag.settings import Settings

SETTINGS = Settings(max_file_mb=0.05, max_article_chars=20_000)
PAGE = "Ferry to Lerum sails again\n\nThe ferry will sail again on Friday, the harbour office said.\n\nTickets cost 12 crowns.\n"
TEXT = "The ferry will sail again on Friday, the harbour office said.\n\nTickets cost 12 crowns."
LINE = {"id": "a1", "title": "Ferry sails", "text": "The ferry sails."}


def read(folder: Path, name: str, content: bytes | str) -> Entry:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, relative=name, location="src", settings=SETTINGS)


def reason(entry: Entry) -> str:
    assert entry.articles == ()
    assert len(entry.rejections) == 1
    assert entry.rejections[0].path == entry.path
    return entry.rejections[0].reason


def json_lines(*lines: object) -> str:
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)


# Sources


def test_files_come_sorted_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a.txt", ".hidden.txt", ".git/x.txt", "a/.x/y.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("x")
    assert [path.relative_to(tmp_path).as_posix() for path in list_files(tmp_path)] == ["a.txt", "a/z.md", "b.txt"]


def test_one_file_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "ferry.txt").write_text(PAGE)
    entries = list(read_source(tmp_path / "ferry.txt", name="src", settings=SETTINGS))
    assert [(entry.path, entry.articles[0].text) for entry in entries] == [("ferry.txt", TEXT)]


def test_missing_source_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere does not exist"):
        list_files(tmp_path / "nowhere")


def test_pipe_as_source_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(SourceError, match="neither a folder nor a file"):
        list_files(tmp_path / "pipe.txt")


def test_folder_called_like_a_file_is_entered(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    (tmp_path / "x.txt" / "ferry.txt").write_text(PAGE)
    assert [entry.path for entry in read_source(tmp_path, name="src", settings=SETTINGS)] == ["x.txt/ferry.txt"]
    assert reason(read_file(tmp_path / "x.txt", relative="x.txt", location="src", settings=SETTINGS)) == "a folder, not a file"


def test_links_and_pipes_are_reported_and_the_rest_goes_in(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text(PAGE)
    (inside / "ferry.txt").write_text(PAGE)
    (inside / "again.txt").symlink_to("ferry.txt")
    (inside / "dangling.txt").symlink_to("nothing.txt")
    (inside / "folder").symlink_to(outside)
    (inside / "leak.txt").symlink_to(outside / "secret.txt")
    (inside / "loop.txt").symlink_to("loop.txt")
    os.mkfifo(inside / "pipe.txt")
    entries = {entry.path: entry for entry in read_source(inside, name="src", settings=SETTINGS)}
    assert [path for path, entry in entries.items() if entry.articles] == ["again.txt", "ferry.txt"]
    assert reason(entries["dangling.txt"]) == "a link to nothing"
    assert reason(entries["folder"]).startswith("a link to a folder")
    assert reason(entries["leak.txt"]).startswith("a link that leads outside the source")
    assert reason(entries["pipe.txt"]).startswith("not a regular file")
    assert entries["loop.txt"].articles == ()


def test_source_that_is_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "ferry.txt").write_text(PAGE)
    (tmp_path / "linked").symlink_to("real")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "one.txt").symlink_to(tmp_path / "real" / "ferry.txt")
    assert [len(entry.articles) for entry in read_source(tmp_path / "linked", name="src", settings=SETTINGS)] == [1]
    assert [len(entry.articles) for entry in read_source(tmp_path / "other" / "one.txt", name="src", settings=SETTINGS)] == [1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ferry.txt").write_text(PAGE)
    (tmp_path / "ferry.txt").chmod(0)
    assert "Permission denied" in reason(read_file(tmp_path / "ferry.txt", relative="ferry.txt", location="src", settings=SETTINGS))


def test_name_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text(PAGE)
    (entry,) = read_source(tmp_path, name="src", settings=SETTINGS)
    assert reason(entry) == "the file's name is not UTF-8; rename it"
    assert entry.path == "caf\\udce9.txt"


# Bytes


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.xyz", b"x", "unknown format .xyz; Newsdesk reads .md, .txt, .jsonl, .html, .htm and .xhtml"),
        ("a.PNG", b"\x89PNG\0", "unknown format .png; Newsdesk reads .md, .txt, .jsonl, .html, .htm and .xhtml"),
        ("README", b"x", "no suffix that names a format; Newsdesk reads .md, .txt, .jsonl, .html, .htm and .xhtml"),
        ("a.txt", b"", "the file is empty"),
        ("a.txt", b" \n\n\t\n", "text is empty"),
        ("a.md", b"\xef\xbb\xbf", "text is empty"),
        ("a.jsonl", b"\n\n", "text is empty"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary, or UTF-16 without its mark; save it as UTF-8"),
        ("a.jsonl", b"\x7fELF\0\0", "binary, or UTF-16 without its mark; save it as UTF-8"),
        ("a.txt", b"\x01\x02\x03\x04\x05\x06 abc", "binary: 6 of 10 bytes are control characters"),
        ("a.txt", b"%PDF-1.7\nsome text", "a PDF, whatever its suffix says; save the article as plain text"),
        ("a.txt", b"\n<!DOCTYPE html><p>x", "an HTML page, whatever its suffix says; save the article as plain text"),
        (
            "a.txt",
            "Владимир сказал, что паром пойдёт в пятницу.".encode("cp1251"),
            "neither UTF-8 nor plausible Windows-1252; save it as UTF-8",
        ),
        ("a.txt", b"x" * 60_000, "the file has 0.1 MB, more than the 0.05 MB that max_file_mb allows"),
        ("a.txt", b"word " * 5_000, "text has 25000 characters, more than the 20000 that max_article_chars allows"),
        ("a.md", b"word " * 5_000, "text has 25000 characters, more than the 20000 that max_article_chars allows"),
        ("a.txt", "\ufeffx\0y".encode("utf-16-le"), "binary, not text"),
    ],
)
def test_file_is_left_out_with_the_reason(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    assert reason(read(tmp_path, name, content)) == expected


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (PAGE.replace("ferry", "fährė").encode("utf-8-sig"), None),
        (PAGE.replace("ferry", "fährė").encode("utf-16"), None),
        (PAGE.replace("ferry", "“café”").encode("cp1252"), "not UTF-8; read as Windows-1252"),
        (PAGE.replace("ferry", "café").encode("latin-1"), "not UTF-8; read as Windows-1252"),
        (PAGE.replace("ferry", "fährė").replace("office", "ófficé").encode() + b"Caf\xe9.", "1 bytes are not UTF-8; each stands as \ufffd"),
    ],
    ids=["UTF-8 with mark", "UTF-16", "Windows-1252", "Latin-1", "UTF-8 with a broken byte"],
)
def test_encoding_is_told(tmp_path: Path, content: bytes, warning: str | None) -> None:
    entry = read(tmp_path, "a.txt", content)
    assert entry.articles[0].title == "Ferry to Lerum sails again"
    assert any(word in entry.articles[0].text for word in ("fährė", "café"))
    assert [remark.reason for remark in entry.warnings] == ([warning] if warning else [])


def test_text_is_composed_and_has_plain_line_ends(tmp_path: Path) -> None:
    entry = read(tmp_path, "a.md", "# Cafe\u0301\r\n\r\nA cafe\u0301.\x07\rNext\tline.\r\n")
    assert entry.articles[0].title == "Café"
    assert entry.articles[0].text == "A café.\nNext\tline."


# Identity


def test_identity_is_the_given_id_else_the_address_else_the_place(tmp_path: Path) -> None:
    address = "https://www.Lerum.example/ferry/?utm_source=mail#top"
    front = {"given": "id: f-1\nurl: " + address, "address": "url: " + address, "place": "source: Lerum Post"}
    ids = {name: read(tmp_path, f"{name}.md", f"---\n{text}\n---\n# T\n\nText.").articles[0].article_id for name, text in front.items()}
    assert ids == {"given": "f-1", "address": digest("lerum.example/ferry"), "place": digest("src\nplace.md")}


def test_line_without_id_is_told_by_its_title_wherever_it_stands(tmp_path: Path) -> None:
    one, two = {"title": "One", "text": "First."}, {"title": "Two", "text": "Second."}
    before = {article.title: article.article_id for article in read(tmp_path, "a.jsonl", json_lines(two)).articles}
    after = {article.title: article.article_id for article in read(tmp_path, "a.jsonl", json_lines(one, two)).articles}
    assert before["Two"] == after["Two"] == digest("src\na.jsonl\nTwo")


def test_version_follows_the_text_alone(tmp_path: Path) -> None:
    first = read(tmp_path, "a.jsonl", json_lines(LINE)).articles[0]
    retitled = read(tmp_path, "a.jsonl", json_lines(LINE | {"title": "Other"})).articles[0]
    changed = read(tmp_path, "a.jsonl", json_lines(LINE | {"text": "The ferry sank."})).articles[0]
    assert first.version == retitled.version == digest("The ferry sails.")
    assert len(first.version) == 16
    assert changed.version != first.version
    assert first.article_id == retitled.article_id == changed.article_id == "a1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://lerum.example/a", "http://www.LERUM.example:80/a/#x"),
        ("https://lerum.example/a?b=1&c=2", "https://lerum.example/a?c=2&utm_medium=x&b=1&fbclid=y"),
    ],
)
def test_one_address_in_two_spellings(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other)


def test_addresses_that_differ_in_what_counts_stay_apart() -> None:
    assert len({canonical_url(f"https://lerum.example/{path}") for path in ("a", "A", "a?id=1", "a?id=2")}) == 4


# Dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-27", "2024-03-27"),
        ("2024-03-27T17:10:00-04:00", "2024-03-27T17:10:00-04:00"),
        ("2024-03-27T17:10:00Z", "2024-03-27T17:10:00+00:00"),
        ("2024-03-27 17:10", "2024-03-27T17:10:00"),
        ("2024-03-27 17:10:00 +0200", "2024-03-27T17:10:00+02:00"),
        ("March 27, 2024", "2024-03-27"),
        ("27 March 2024", "2024-03-27"),
        ("Wednesday, 27th March 2024", "2024-03-27"),
        ("Mar 27, 2024 at 5:10 PM EDT", "2024-03-27T17:10:00-04:00"),
        ("March 27, 2024, 12:05 a.m.", "2024-03-27T00:05:00"),
        ("Wed, 27 Mar 2024 17:10:00 +0000", "2024-03-27T17:10:00+00:00"),
        ("27.3.2024", "2024-03-27"),
        ("17:10 GMT, 27 March 2024", "2024-03-27T17:10:00+00:00"),
        ("2024-13-45", None),
        ("February 30, 2024", None),
        ("03/27/2024", None),
        ("March 2024", None),
        ("March 27, 2024 13:00 PM", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_date(text: str, expected: str | None) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize("value", ["2024-13-45", "yesterday", 20240327, {"day": 1}])
def test_bad_date_does_not_lose_the_article(tmp_path: Path, value: object) -> None:
    entry = read(tmp_path, "a.jsonl", json_lines(LINE, LINE | {"id": "a2", "published": value}))
    assert [article.published for article in entry.articles] == [None, None]
    assert [(remark.line, remark.reason) for remark in entry.warnings] == [(2, f"published: {value!r} is not a date; taken as unknown")]


# JSON lines


def test_line_keeps_its_text_but_for_composition_and_line_ends(tmp_path: Path) -> None:
    text = "  Sign up for our newsletter.\r\n\r\nCafe\u0301\u2028 opens.\x0b\n\n© 2031 The Lerum Post\n"
    (article,) = read(tmp_path, "a.jsonl", json_lines(LINE | {"text": text})).articles
    assert article.text == unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def test_line_may_hold_all_fields(tmp_path: Path) -> None:
    given = LINE | {
        "url": "https://lerum.example/a",
        "source": "Lerum Post",
        "author": "Ada Quist",
        "published": "March 27, 2024",
        "updated": "2024-03-28",
    }
    (article,) = read(tmp_path, "a.jsonl", json_lines(given | {"section": "Coast"})).articles
    assert (article.url, article.source, article.author) == ("https://lerum.example/a", "Lerum Post", "Ada Quist")
    assert (article.published, article.updated) == ("2024-03-27", "2024-03-28")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{broken", "not JSON: Expecting property name enclosed in double quotes at column 2"),
        ("[1]", "a list, not an object with title and text"),
        ("7", "a number, not an object with title and text"),
        ("[" * 5_000, "not JSON that can be read: a number too long, or nested too deeply"),
        ({"title": "T"}, "text is missing"),
        ({"title": "T", "text": None}, "text is missing"),
        ({"title": "T", "text": " \n"}, "text is empty"),
        ({"text": "T"}, "title is missing"),
        ({"title": " ", "text": "T"}, "title is empty"),
        ({"title": 5, "text": "T"}, "title is a number, not text"),
        ({"title": "T", "text": ["T"]}, "text is a list, not text"),
        ({"title": "T", "text": "T", "author": True}, "author is true or false, not text"),
        ({"title": "T", "text": "T", "source": {}}, "source is an object, not text"),
        ({"title": "T", "text": "T", "id": "x" * 201}, "id has 201 characters, more than 200"),
        ({"title": "T", "text": "a\0b"}, "text holds a NUL or half of a surrogate pair, which no text can"),
        ('{"title": "T", "text": "\\ud800"}', "text holds a NUL or half of a surrogate pair, which no text can"),
        ({"title": "T", "text": "x" * 20_001}, "text has 20001 characters, more than the 20000 that max_article_chars allows"),
    ],
)
def test_bad_line_is_reported_and_the_others_go_in(tmp_path: Path, line: object, expected: str) -> None:
    entry = read(tmp_path, "a.jsonl", json_lines(LINE, "", line, LINE | {"id": "a2"}))
    assert [article.article_id for article in entry.articles] == ["a1", "a2"]
    assert [(rejection.line, rejection.reason) for rejection in entry.rejections] == [(3, expected)]


def test_line_in_another_encoding_spoils_no_other(tmp_path: Path) -> None:
    lines = [
        json.dumps(LINE | {"text": "Café."}, ensure_ascii=False) + "\n",
        json.dumps(LINE | {"id": "a2", "text": "Über."}, ensure_ascii=False),
    ]
    entry = read(tmp_path, "a.jsonl", lines[0].encode() + lines[1].encode("latin-1"))
    assert [article.text for article in entry.articles] == ["Café.", "Über."]
    assert [(remark.line, remark.reason) for remark in entry.warnings] == [(2, "not UTF-8; read as Windows-1252")]


def test_numeric_id_and_list_of_authors_are_taken(tmp_path: Path) -> None:
    (article,) = read(tmp_path, "a.jsonl", json_lines(LINE | {"id": 42, "author": ["Ada Quist", "Bo Lind"]})).articles
    assert (article.article_id, article.author) == ("42", "Ada Quist, Bo Lind")


def test_long_title_is_cut_and_bad_address_is_unknown(tmp_path: Path) -> None:
    entry = read(tmp_path, "a.jsonl", json_lines(LINE | {"title": "x" * 600, "url": "javascript:alert(1)"}))
    assert entry.articles[0].title == "x" * 499 + "…"
    assert entry.articles[0].url is None
    assert [remark.reason for remark in entry.warnings] == [
        "url: 'javascript:alert(1)' is not an http or https address; taken as unknown",
        "title has 600 characters; cut to 500",
    ]


# Markdown


def test_front_matter_fills_the_fields(tmp_path: Path) -> None:
    front = "title: 'Ferry: it sails'\nsource: Lerum Post\nauthor: [Ada Quist, Bo Lind]\npublished: 2024-03-27\nupdated: 2024-03-28 10:00\ntags: [x]\n"
    (article,) = read(tmp_path, "a.md", f"---\n{front}---\n\nThe ferry sails.\n").articles
    assert (article.title, article.source, article.author) == ("Ferry: it sails", "Lerum Post", "Ada Quist, Bo Lind")
    assert (article.published, article.updated, article.text) == ("2024-03-27", "2024-03-28T10:00:00", "The ferry sails.")


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("title: [broken", "front matter is not YAML (line 3)"),
        ("title: a: b", "front matter is not YAML (line 2)"),
        ("just words", "front matter is not keys and values"),
        ("title: [a, b]", "title is a list, not text"),
        ("x: " + "[" * 3_000, "front matter is not YAML"),
        ("x: " + "y" * 17_000, "front matter has 17004 characters, more than 16000"),
    ],
)
def test_broken_front_matter_leaves_the_file_out(tmp_path: Path, front: str, expected: str) -> None:
    assert reason(read(tmp_path, "a.md", f"---\n{front}\n---\nText.\n")).startswith(expected)


def test_bad_date_in_front_matter_is_unknown(tmp_path: Path) -> None:
    entry = read(tmp_path, "a.md", "---\ntitle: 1984\npublished: 2024-13-45\n---\nText.\n")
    assert (entry.articles[0].title, entry.articles[0].published) == ("1984", None)
    assert [remark.reason for remark in entry.warnings] == ["published: '2024-13-45' is not a date; taken as unknown"]


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Heading\n\nText.", "Heading", "Text."),
        ("Heading\n=======\n\nText.", "Heading", "Text."),
        ("A first line\n\nText.", "A first line", "Text."),
        ("A sentence.\n\nText.", "Ferry sails again", "A sentence.\n\nText."),
        ("---\n---\n# Heading\n\nText.", "Heading", "Text."),
        ("---\ntitle: Given\n---\n# Heading\n\nText.", "Given", "Heading\n\nText."),
        ("---\ntitle: Given\n---\n# Given\n\nText.", "Given", "Text."),
        ("---\nA rule, and no front matter.", "Ferry sails again", "A rule, and no front matter."),
    ],
)
def test_markdown_title(tmp_path: Path, text: str, title: str, body: str) -> None:
    (article,) = read(tmp_path, "ferry-sails_again.md", text).articles
    assert (article.title, article.text) == (title, body)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("## Why it *sails* ##", "Why it sails"),
        ("A **bold** and _slanted_ and ***both***.", "A bold and slanted and both."),
        ("2 * 3 * 4 and snake_case_name stay.", "2 * 3 * 4 and snake_case_name stay."),
        ("See [the port](https://x.example/a_(b)) and [it][ref].", "See the port and it."),
        ("A ![ship](ship.png)picture [![x](y)](z)gone.", "A picture gone."),
        ("> Quoted.", "Quoted."),
        ("- An item", "- An item"),
        ("<https://x.example> and 5 \\* 6 <!-- not\nthis -->", "https://x.example and 5 * 6"),
        ("Text.\n\n***\n\n[ref]: https://x.example\nMore.", "Text.\n\nMore."),
        ("```\n# code *stays*\n```", "# code *stays*"),
        ("**", "**"),
    ],
)
def test_markdown_markup(tmp_path: Path, line: str, expected: str) -> None:
    (article,) = read(tmp_path, "a.md", f"# T\n\n{line}\n\nEnd.").articles
    assert article.text == f"{expected}\n\nEnd."


# Pages


def test_page_without_a_title_is_named_after_its_file(tmp_path: Path) -> None:
    (article,) = read(tmp_path, "ferry-sails.txt", "The ferry will sail again on Friday, the harbour office said.\n").articles
    assert (article.title, article.text) == ("Ferry sails", "The ferry will sail again on Friday, the harbour office said.")


def test_page_that_is_all_headings_is_kept_whole(tmp_path: Path) -> None:
    (article,) = read(tmp_path, "a.txt", "Subscribe\nShare\n").articles
    assert article.text == "Subscribe\nShare"


def test_page_gives_writer_date_and_outlet(tmp_path: Path) -> None:
    page = PAGE.replace("\n\n", "\n\nBy Ada Quist\nMarch 27, 2024\n\n", 1) + "\n© 2024 Lerum Post\n"
    (article,) = read(tmp_path, "a.txt", page).articles
    assert (article.author, article.published, article.source, article.text) == ("Ada Quist", "2024-03-27", "Lerum Post", TEXT)

"""Conversations as the library keeps them: as they were given, in order, each owner's apart, and gone when they are deleted."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import HARBOUR, THREE, back_to_schema, page

from rag.assistant import Assistant
from rag.cli import main
from rag.conversation import LONGEST_NOTE, LONGEST_TITLE, Exchange, Feedback, exchange, leant_on
from rag.errors import NoSuchConversation, UsageError
from rag.export import FORMS
from rag.records import (
    Account,
    Answer,
    Carrier,
    Citation,
    Filters,
    Note,
    Origin,
    Passage,
    Seconds,
    Sentence,
    Side,
    Span,
    TimeAsked,
    Turn,
    Usage,
)
from rag.store.conversations import Conversations
from rag.store.library import Library
from rag.store.sync import remove, sync
from rag.ui.views import cited_places

LibraryOf = Callable[[dict[str, str]], Assistant]
SHIPS = "How many ships were waiting in the harbour of Skell?"


def answer(question: str, said: str = "Fourteen ships were waiting.") -> Answer:
    citation = Citation(1, "harbour", "v1", "Crane falls", "Skell Gazette", "2025-01-10", None, 0, len(said), said)
    return Answer(question, question, "answered", said, (Sentence(said, "quoted", (1,)),), (citation,), (), Seconds(0.1, 0.2, None, 0.3))


def turn(question: str, said: str = "Fourteen ships were waiting.") -> Exchange:
    return exchange(answer(question, said))


@pytest.fixture
def talks(tmp_path: Path) -> Conversations:
    """Of an empty library."""
    library = Library(tmp_path)
    library.database.create()
    return Conversations(library)


def questions(talks: Conversations, id: str) -> list[str]:
    return [turn.answer.question for turn in talks.opened(id).turns]


def full(question: str) -> Answer:
    """An answer with every field that an answer can have."""
    carrier = Carrier("wire", "v2", "Wire", "2025-01-09")
    cited = Citation(
        1, "harbour", "v1", "Crane falls", "Skell Gazette", "2025-01-10", "https://skell.example/a", 3, 9, "closed",
        (Origin("wire", "v2", "Wire", 1, 7),), Span(3, 9), updated="2025-01-11",
        notes=(Note(3, 9, "Monday", "2025-01-06", "2025-01-06"),), carried_by=(carrier,),
    )  # fmt: skip
    passage = Passage(
        "c1", "harbour", "v1", 0, 9, "The close", (Span(0, 9),), 0.5, 1.5, None, "Crane falls", None, None, None, None, (carrier,)
    )
    return Answer(
        question, f"{question} (harbour)", "answered", "closed", (Sentence("closed", "partly", (1,), "a number differs"),), (cited,), (passage,),
        Seconds(0.1, 0.2, 0.3, 0.6), (Account("ships", "conflict", (Side("14", "Vold", 1),)),), "openai:test", 0.7, "cut short", True,
        Usage(10, 5, 0.01), True, TimeAsked("last week", "published", "2025-01-06", "2025-01-12"),
    )  # fmt: skip


# What is kept


def test_turn_comes_back_as_it_was_given(talks: Conversations) -> None:
    given_turn = exchange(
        full("What closed?"), filters=Filters(date(2025, 1, 1), None, ("Skell Gazette", "Wire")), reworded=True, leant_on=0
    )
    with talks.library.database.writing() as db:
        db.execute("INSERT INTO meta VALUES ('generation', 'g1')")
    talks.add("one", given_turn)
    talks.add("one", turn("And then?"))
    first, second = talks.opened("one").turns
    assert first == replace(given_turn, generation="g1")
    assert (second.filters, second.reworded, second.feedback) == (Filters(), False, None)
    assert leant_on(talks.opened("one").turns, 1) == [Turn("What closed?", "closed")]


def test_feedback_is_kept_changed_and_taken_back(talks: Conversations) -> None:
    talks.add("one", turn("What closed?"))
    (kept,) = talks.opened("one").turns
    for feedback in (Feedback("right"), Feedback("evidence wrong", "another crane"), None):
        talks.judge("one", kept.turn_id, feedback)
        assert talks.opened("one").turns == (replace(kept, feedback=feedback),)
        assert [judged.feedback for _, judged in talks.judged()] == [feedback] * bool(feedback)
    with pytest.raises(UsageError, match=r"1,001 characters; at most 1,000"):
        talks.judge("one", kept.turn_id, Feedback("wrong", "x" * (LONGEST_NOTE + 1)))


def test_title_is_the_first_question_until_it_is_named(talks: Conversations) -> None:
    talks.add("one", turn("What  fell into\nthe harbour of Skell, and when, and how, and who saw it, and what did they say about it?"))
    assert talks.opened("one").title == "What fell into the harbour of Skell, and when, and how, and who saw it, and …"
    talks.rename("one", " The  crane ")
    talks.add("one", turn("And then?"))
    assert [heading.title for heading in talks.listed()] == [talks.opened("one").title] == ["The crane"]
    talks.rename("one", " ")
    assert talks.opened("one").title.startswith("What fell")
    with pytest.raises(UsageError, match="121 characters"):
        talks.rename("one", "x" * (LONGEST_TITLE + 1))


def test_library_that_is_not_there_holds_none(tmp_path: Path) -> None:
    none = Conversations(Library(tmp_path / "none"))
    assert (none.listed(), none.listed(containing="x"), list(none.judged()), none.revision("one")) == ([], [], [], None)
    with pytest.raises(NoSuchConversation, match="newsdesk conversations"):
        none.opened("one")
    assert not (tmp_path / "none").exists()


def test_library_of_the_schema_before_opens_with_its_turns_and_finds_them(talks: Conversations) -> None:
    talks.add("one", turn("Where did Zoë Ångström sail?", "To Hamre."))
    talks.add("one", turn("And then?"))
    before = [kept.answer for kept in talks.opened("one").turns]
    path = talks.library.database.path
    talks.library.database.close()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(back_to_schema(4))
    again = Conversations(Library(path.parent))
    first, second = again.opened("one").turns
    assert [first.answer, second.answer] == before
    assert (first.filters, first.reworded, first.leant_on, first.feedback) == (Filters(), False, None, None)
    assert first.turn_id != second.turn_id
    assert [heading.turns for heading in again.listed(containing="angstrom hamre")] == [2]
    again.judge("one", first.turn_id, Feedback("right"))
    again.add("one", turn("And last?"), instead_of=[second.turn_id])
    assert questions(again, "one") == ["Where did Zoë Ångström sail?", "And last?"]


# Order


def test_two_pages_append_in_order_and_lose_nothing(talks: Conversations) -> None:
    def page_of(name: str) -> None:
        for number in range(15):
            talks.add("one", turn(f"{name} {number}"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(page_of, ("a", "b")))
    asked = questions(talks, "one")
    assert len(asked) == 30
    for name in ("a", "b"):
        assert [question for question in asked if question.startswith(name)] == [f"{name} {number}" for number in range(15)]


def test_answer_takes_the_place_of_turns_and_of_no_other_page_s(talks: Conversations) -> None:
    for question in ("1", "2", "3"):
        talks.add("one", turn(question))
    seen = [kept.turn_id for kept in talks.opened("one").turns]
    talks.add("one", turn("4, of another page"))
    talks.add("one", turn("2, edited"), instead_of=seen[1:])
    assert questions(talks, "one") == ["1", "4, of another page", "2, edited"]
    assert [heading.turns for heading in talks.listed(containing="3")] == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_turns_are_those_of_a_plain_list(tmp_path: Path, steps: list[tuple[bool, int]]) -> None:
    library = Library(tmp_path)
    library.database.create()
    talks, expected = Conversations(library), list[str]()
    id = str(time.monotonic_ns())
    talks.add(id, turn("0"))
    expected = ["0"]
    for number, (edits, at) in enumerate(steps, start=1):
        at = min(at, len(expected)) if edits else len(expected)
        goes = [kept.turn_id for kept in talks.opened(id).turns[at:]]
        talks.add(id, turn(str(number)), instead_of=goes)
        expected = [*expected[:at], str(number)]
        assert questions(talks, id) == expected
    assert talks.revision(id) == len(steps) + 1
    library.database.close()


# Owners


def test_conversation_of_another_owner_is_as_if_it_did_not_exist(talks: Conversations) -> None:
    hers, his = talks.of("her"), talks.of("him")
    hers.add("one", turn("What closed?"))
    (kept,) = hers.opened("one").turns
    hers.judge("one", kept.turn_id, Feedback("wrong"))
    for other in (his, talks):
        assert (other.listed(), other.listed(containing="closed"), list(other.judged()), other.revision("one")) == ([], [], [], None)
        for act in (
            lambda other=other: other.opened("one"),
            lambda other=other: other.rename("one", "Mine"),
            lambda other=other: other.delete("one"),
            lambda other=other: other.judge("one", kept.turn_id, None),
            lambda other=other: other.add("one", turn("Mine?"), instead_of=[kept.turn_id]),
        ):
            with pytest.raises(NoSuchConversation):
                act()
    his.add("two", turn("Mine?"), instead_of=[kept.turn_id])
    his.judge("two", kept.turn_id, None)
    assert hers.opened("one").turns == (replace(kept, feedback=Feedback("wrong")),)
    assert [heading.title for heading in hers.listed()] == ["What closed?"]


# Search


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["crane", "ferry", "orchard"]),
        ("harb", ["crane"]),
        ("RBOUR", ["crane"]),
        ("angstrom", ["ferry"]),
        ("Ångström", ["ferry"]),
        ("ferry blossom", []),
        ("sail hamre", ["ferry"]),
        ("100%", ["orchard"]),
        ("10_%", []),
        ("\\", []),
        ("my notes", ["orchard"]),
        ("citations", []),
    ],
    ids=[
        "all",
        "part",
        "capitals",
        "without accents",
        "with accents",
        "of two",
        "two words",
        "percent",
        "wildcards",
        "escape",
        "name",
        "not keys",
    ],
)
def test_search_finds_parts_of_words_in_names_questions_and_answers(talks: Conversations, typed: str, found: list[str]) -> None:
    talks.add("crane", turn("What fell into the harbour?"))
    talks.add("ferry", turn("Where did Zoë Ångström sail?", "To Skell."))
    talks.add("ferry", turn("And then?", "To Hamre."))
    talks.add("orchard", turn("What ruined the blossom?", "Frost, 100% of it."))
    talks.rename("orchard", "My notes")
    assert sorted(heading.conversation_id for heading in talks.listed(containing=typed)) == found


def test_two_thousand_conversations_are_listed_and_searched_at_once(talks: Conversations) -> None:
    long = "The harbour of Skell was closed after a crane fell into the water. " * 20
    rows = range(2000)
    with talks.library.database.writing() as db:
        # As fast as rows can be written; each as `add` writes it.
        for number in rows:
            kept = turn(f"Question {number}?", long)
            db.execute(
                "INSERT INTO conversations (conversation_id, created, last) VALUES (?, ?, ?)", (f"{number:04}", kept.asked, f"{number:04}")
            )
            stored = json.dumps({"question": f"Question {number}?", "answer": long * 3})
            db.execute(
                "INSERT INTO turns (conversation_id, ordinal, created, answer, turn_id) VALUES (?, 0, '', ?, ?)",
                (f"{number:04}", stored, kept.turn_id),
            )
            db.execute("INSERT INTO said VALUES (?, ?, fold(?))", (f"{number:04}", kept.turn_id, f"Question {number}? {long}"))
    for typed, most, expected in (("", 40, 40), ("estion 177", 40, sum("177" in str(number) for number in rows)), ("nowhere", 40, 0)):
        began = time.perf_counter()
        found = talks.listed(containing=typed, most=most)
        assert time.perf_counter() - began < 0.5
        assert len(found) == expected
    assert [heading.title for heading in talks.listed(most=2)] == ["Question 1999?", "Question 1998?"]


# Deleting


def test_deleted_conversation_leaves_no_words_in_the_file(talks: Conversations) -> None:
    """Written among others, so that pages were split and moved on the way."""
    for round in range(6):
        for number in range(12):
            talks.add(f"{number}", turn(f"Xq{number}q{round} question?", f"Zw{number}w{round} " * (40 + 300 * (number % 3))))
    talks.rename("4", "Named xq4name here")
    (first, *_) = talks.opened("4").turns
    talks.judge("4", first.turn_id, Feedback("wrong", "noted xq4note here"))
    talks.delete("4")
    talks.delete("8")
    with pytest.raises(NoSuchConversation):
        talks.opened("4")
    raw = b"".join(path.read_bytes() for path in talks.library.home.iterdir()).lower()
    for word in (b"xq4q", b"zw4w", b"xq8q", b"zw8w", b"xq4name", b"xq4note"):
        assert raw.count(word) == 0, word
    assert raw.count(b"xq5q") > 0
    assert len(talks.listed()) == 10


# The command line


def test_commands_list_search_and_export(
    talks: Conversations, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NEWSDESK_HOME", str(talks.library.home))
    talks.add("one", exchange(full("What closed?")))
    talks.add("two", turn("What ruined the blossom?"))
    (kept,) = talks.opened("one").turns
    talks.judge("one", kept.turn_id, Feedback("evidence wrong", "no"))

    def said(*argv: str, status: int = 0) -> str:
        assert main(list(argv)) == status
        return capsys.readouterr().out

    assert sorted(line.split("\t")[3] for line in said("conversations").splitlines()) == ["What closed?", "What ruined the blossom?"]
    (found,) = json.loads(said("conversations", "--search", "bloss", "--json"))
    assert (found["conversation_id"], found["turns"]) == ("two", 1)
    (line,) = said("conversations", "--feedback").splitlines()
    judged = json.loads(line)
    assert (judged["conversation_id"], judged["id"], judged["feedback"]) == (
        "one",
        kept.turn_id,
        {"verdict": "evidence wrong", "note": "no"},
    )
    whole = talks.opened("one")
    for form, write in FORMS.items():
        assert said("export", "one", "--format", form) == write(whole)
        said("export", "one", "--format", form, "-o", str(tmp_path / f"out.{form}"))
        assert (tmp_path / f"out.{form}").read_text("utf-8") == write(whole)
    assert json.loads(said("export", "one", "--json")) == json.loads(FORMS["json"](whole))
    said("export", "one", "-o", str(tmp_path / "out.md"), status=2)
    said("export", "one", "-o", str(tmp_path / "out.md"), "--force")
    said("export", "three", status=2)
    said("export", "one", "-o", str(tmp_path), "--force", status=1)


# Frozen


def test_frozen_answer_outlives_changes_and_removals(library_of: LibraryOf, tmp_path: Path) -> None:
    desk = library_of(THREE)
    talks = desk.conversations
    talks.add("one", exchange(desk.ask(SHIPS)))
    talks.add("one", exchange(desk.ask("Who bought 30 instruments?")))
    before = talks.opened("one")
    (tmp_path / "articles" / "harbour.md").write_text(HARBOUR.replace("14 ships", "19 ships").replace("crane", "mast"), "utf-8")
    (tmp_path / "articles" / "new.md").write_text(page("Nobody bought anything.", id="new", title="New"), "utf-8")
    sync(desk.stores, [])
    remove(desk.stores, "library")
    (tmp_path / "articles" / "orchard.md").unlink()
    sync(desk.stores, [])
    assert desk.ask(SHIPS).answer != before.turns[0].answer.answer
    after = Assistant(desk.settings, embedder=desk.embedder, reader=desk.reader).conversations.opened("one")
    assert after == before
    for form in FORMS.values():
        assert form(after) == form(before)
    for given_turn in after.turns:
        for place, citation in zip(cited_places(given_turn.answer), given_turn.answer.citations, strict=True):
            assert desk.article(place.article_id, place.version).text[place.start : place.end] == citation.quote

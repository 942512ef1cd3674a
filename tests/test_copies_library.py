"""A library with copies: they are one source in search and answers, whatever was synced first, as long as their texts are copies."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from samples import THREE, answers_of, back_to_schema, keep, page

from rag.assistant import Assistant
from rag.cli import main
from rag.records import Answer, Filters, answer_from_dict, answer_to_json
from rag.settings import Settings
from rag.store.copies import carried_by, first_published, groups
from rag.store.doctor import examine, repair
from rag.store.purge import purge
from rag.store.sync import remove, restore, sync

LibraryOf = Callable[[dict[str, str]], Assistant]

LEAD = "A whale of 14 metres came ashore at Garrow Sands on Sunday and was towed back to sea by two fishing boats, the coastguard said."
NEXT = "It had lain on the sand for nine hours while volunteers poured buckets of water over it and kept the gulls away with brooms."
SAID = '"We had three ropes and one of them was a washing line," said the coxswain, Bettina Crale, who led the rescue from the beach.'
LAST = "The council will put up a sign that tells visitors whom to ring, since the first call went to the fish market in Brackwell."
WIRE = "\n\n".join((f"GARROW (Wire) - {LEAD}", NEXT, SAID, LAST))
OWN = (
    "Bettina Crale still has sand in her boots. On Sunday she had a whale on her beach, and no rope that was long enough.\n\n"
    "The animal, she reckons, swam in after mackerel on the morning tide and did not notice that it was turning. By ten it was high and dry. "
    "Children gave it a name, Gerald. Two skippers, brothers who have not spoken since a christening, put their boats side by side and pulled, and the whale "
    "came ashore no further.\n\nHer sign has gone up already. It is hand-painted, and has her own number on it."
)
QUESTION = "Who towed the whale back to sea at Garrow Sands?"
HOUSED = SAID.replace('"We', "“We").replace(',"', ",”")
HOUSE = "\n\n".join((LEAD.replace("metres", "meters").replace("two fishing", "2 fishing"), NEXT, HOUSED, LAST))
LOCAL = "Garrow's baker, Piet Lomax, fed the volunteers with 60 rolls and will take no money for them."
ARTICLES = {
    "wire.md": page(WIRE, id="wire", title="Whale towed back to sea", source="Northmere Wire", published="2025-04-06T16:10:00+00:00"),
    "courier.md": page(f"{HOUSE}\n\n{LOCAL}", id="courier", title="Washing line saves whale", source="Courier", published="2025-04-07"),
    "post.md": page("\n\n".join((LEAD, NEXT)), id="post", title="Whale at Garrow", source="Post", published="2025-04-06T18:00:00+00:00"),
    "lantern.md": page(OWN, id="lantern", title="The whale and the washing line", source="Lantern", published="2025-04-08"),
}


def ids(carriers: object) -> set[str]:
    return {carrier.article_id for carrier in carriers}


def pairs(assistant: Assistant) -> dict[str, set[str]]:
    return {id: ids(others) for id, others in carried_by(assistant.library.database).items()}


def write(assistant: Assistant, name: str, text: str) -> None:
    (assistant.settings.home.parent / "articles" / name).write_text(text, encoding="utf-8")


@pytest.fixture
def whale(library_of: LibraryOf) -> Assistant:
    return library_of(THREE | ARTICLES)


def cites(answer: Answer) -> list[str]:
    return [citation.article_id for citation in answer.citations]


# Answers


def test_three_outlets_with_one_text_are_one_citation_and_the_own_report_another(whale: Assistant) -> None:
    answer = whale.ask(QUESTION)
    first = answer.citations[0]
    assert first.article_id == "wire"
    assert first.quote.endswith(LEAD)
    assert ids(first.carried_by) == {"courier", "post"}
    assert not {"courier", "post"} & set(cites(answer))
    own = [p for p in answer.passages if p.article_id == "lantern"]
    assert own
    assert all(not p.carried_by for p in own)


def test_same_words_elsewhere_are_given_by_their_offsets_and_only_where_they_stand(whale: Assistant) -> None:
    whale_rope = whale.ask("Who poured water over the whale at Garrow Sands?").citations[0]
    assert whale_rope.quote == NEXT
    assert {origin.article_id for origin in whale_rope.also_in} == {"courier", "post"}
    for origin in whale_rope.also_in:
        assert whale.article(origin.article_id, origin.version).text[origin.start : origin.end] == NEXT
    # The Post was cut before these words.
    rope = whale.ask("What did the coxswain Bettina Crale say about the ropes?").citations[0]
    assert "washing line" in rope.quote
    assert "post" not in {origin.article_id for origin in rope.also_in}


def test_local_paragraph_of_a_copy_is_cited_from_the_copy_that_has_it(whale: Assistant) -> None:
    answer = whale.ask("How many rolls did the baker Piet Lomax give to the volunteers?")
    assert answer.citations[0].article_id == "courier"
    assert answer.citations[0].quote == LOCAL
    assert answer.citations[0].also_in == ()


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        pytest.param(Filters(outlets=("Courier",)), "courier", id="outlet-with-only-the-copy"),
        pytest.param(Filters(outlets=("Post", "Courier")), "post", id="first-of-two-outlets"),
        pytest.param(Filters(since=date(2025, 4, 7)), "courier", id="later-day"),
    ],
)
def test_filter_finds_the_copy_that_it_lets_through(whale: Assistant, filters: Filters, shown: str) -> None:
    answer = whale.ask(QUESTION, filters=filters)
    assert answer.citations[0].article_id == shown
    assert "fishing boats" in answer.citations[0].quote
    assert "wire" in ids(answer.citations[0].carried_by)


def test_latest_names_a_story_once(whale: Assistant) -> None:
    answer = whale.ask("the latest on the whale at Garrow Sands")
    assert answer.status == "answered"
    shown = [id for id in cites(answer) if id in ("wire", "courier", "post")]
    assert len(shown) == 1


def test_answer_travels_as_json_and_back(whale: Assistant) -> None:
    answer = whale.ask(QUESTION)
    out = json.loads(json.dumps(answer_to_json(answer)))
    assert {c["article_id"] for c in out["citations"][0]["carried_by"]} == {"courier", "post"}
    assert out["passages"][0].keys() == {"article_id", "version", "start", "end", "text", "score", "carried_by", "ranks"}
    keep(whale, "talk", answer)
    assert answers_of(whale, "talk") == [answer]
    stored = json.loads(json.dumps(asdict(answer)))
    for part in (*stored["citations"], *stored["passages"]):
        del part["carried_by"]
    assert answer_from_dict(stored).citations[0].carried_by == ()


# Search


def test_folding_leaves_as_many_passages_as_asked_for(library_of: LibraryOf) -> None:
    many = {
        f"copy{n}.md": page(WIRE, id=f"copy{n}", title="Whale", source=f"Outlet {n}", published=f"2025-04-{n + 1:02}") for n in range(24)
    }
    opened = library_of(THREE | many | {"lantern.md": ARTICLES["lantern.md"]})
    found = opened.search("whale", limit=4)
    assert len(found) == 4
    assert found[0].article_id in ("copy0", "lantern")
    assert len({p.article_id for p in found}) == 4
    assert next(len(p.carried_by) for p in found if p.article_id == "copy0") == 23
    assert opened.search("whale", limit=4) == found


def test_update_with_other_figures_stays_a_source_of_its_own(library_of: LibraryOf) -> None:
    update = page(
        WIRE.replace("14 metres", "16 metres"),
        id="update",
        title="UPDATE 1-Whale",
        source="Northmere Wire",
        published="2025-04-06T19:00:00+00:00",
    )
    opened = library_of({"wire.md": ARTICLES["wire.md"], "update.md": update})
    assert pairs(opened) == {}
    assert {p.article_id for p in opened.search("whale 16 metres")} == {"wire", "update"}


def test_round_up_does_not_join_the_stories_that_it_carries(library_of: LibraryOf) -> None:
    other = "\n\n".join(
        THREE[name].split("---\n")[-1].strip() + " The mayor, Sigrid Moe, thanked all who had helped and promised to pay for what was lost."
        for name in THREE
    )
    opened = library_of(
        {
            "wire.md": ARTICLES["wire.md"],
            "other.md": page(other, id="other", title="Other", source="Skell Gazette", published="2025-04-05"),
            "both.md": page(f"{WIRE}\n\n{other}", id="both", title="Round-up", source="Digest", published="2025-04-09"),
        }
    )
    assert pairs(opened) == {"wire": {"both"}, "other": {"both"}, "both": {"wire", "other"}}
    found = opened.search("whale washed ashore, and a crane in the harbour of Skell")
    assert {p.article_id for p in found if p.carried_by} == {"wire", "other"}
    assert all(ids(p.carried_by) == {"both"} for p in found if p.article_id in ("wire", "other"))


# What is kept


def test_groups_are_the_same_whatever_was_synced_first(whale: Assistant, tmp_path: Path, assistant: Assistant) -> None:
    expected = pairs(whale)
    assert expected == {"wire": {"courier", "post"}, "courier": {"wire", "post"}, "post": {"wire", "courier"}}
    folder = tmp_path / "again"
    folder.mkdir()
    opened = Assistant(Settings(home=tmp_path / "other"), embedder=assistant.embedder)
    for name in ("post.md", "lantern.md", "courier.md", "wire.md"):
        (folder / name).write_text(ARTICLES[name], encoding="utf-8")
        sync(opened.stores, [folder])
    assert pairs(opened) == expected
    assert not examine(opened.stores)


def test_copy_leaves_its_group_when_it_is_revised_or_removed(whale: Assistant) -> None:
    write(whale, "courier.md", ARTICLES["courier.md"].replace(HOUSE, OWN.replace("sand", "salt")))
    remove(whale.stores, "post")
    sync(whale.stores, [])
    assert "wire" not in pairs(whale)
    assert whale.ask(QUESTION).citations[0].carried_by == ()
    restore(whale.stores, "post")
    assert pairs(whale)["wire"] == {"post"}
    write(whale, "courier.md", ARTICLES["courier.md"])
    sync(whale.stores, [])
    assert pairs(whale)["wire"] == {"courier", "post"}
    assert not examine(whale.stores)


def test_purged_copy_leaves_its_group_and_the_answers_that_named_it(whale: Assistant) -> None:
    keep(whale, "talk", whale.ask(QUESTION))
    version = whale.article("courier").version
    purge(whale.stores, ["courier"])
    assert pairs(whale)["wire"] == {"post"}
    (kept,) = answers_of(whale, "talk")
    assert ids(kept.citations[0].carried_by) == {"post"}
    assert not [p for p in kept.passages if "courier" in ids(p.carried_by)]
    with whale.library.snapshot() as db:
        signed = dict(db.execute("SELECT version, id FROM signatures").fetchall())
        bound = {row[0] for row in db.execute("SELECT signature FROM bands UNION SELECT one FROM copies UNION SELECT other FROM copies")}
    assert version not in signed
    assert bound <= set(signed.values())
    assert not examine(whale.stores)


def test_articles_with_one_text_are_copies_however_short(library_of: LibraryOf) -> None:
    short = {name: page("Rovers won again.", id=name, title=name, source=name) for name in ("a", "b")}
    opened = library_of({f"{name}.md": text for name, text in short.items()})
    assert pairs(opened) == {"a": {"b"}, "b": {"a"}}


def test_library_of_an_older_release_gets_its_groups_without_embedding(whale: Assistant) -> None:
    expected = pairs(whale)
    whale.library.database.close()
    with sqlite3.connect(whale.library.database.path) as db:
        db.executescript(back_to_schema(3))
    assert whale.ask(QUESTION).status == "answered"
    assert sync(whale.stores, []).embedded == 0
    assert pairs(whale) == expected
    assert not examine(whale.stores)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param("DELETE FROM copies WHERE one = (SELECT min(one) FROM copies)", id="pair-lost-on-one-side"),
        pytest.param("DELETE FROM copies", id="all-pairs-lost"),
        pytest.param("DELETE FROM bands WHERE signature = (SELECT max(id) FROM signatures)", id="bands-lost"),
        pytest.param("UPDATE signatures SET keys = zeroblob(512) WHERE id = 1", id="keys-changed"),
        pytest.param("DELETE FROM signatures WHERE id = 2", id="signature-lost"),
        pytest.param("INSERT INTO copies SELECT min(id), max(id) FROM signatures", id="pair-too-many"),
    ],
)
def test_doctor_finds_groups_that_the_texts_do_not_give(whale: Assistant, damage: str) -> None:
    expected = pairs(whale)
    with whale.library.database.writing() as db:
        db.execute(damage)
    assert [finding.part for finding in examine(whale.stores)] == ["copies"]
    assert repair(whale.stores) == []
    assert pairs(whale) == expected


def test_first_published_comes_first_across_time_zones() -> None:
    given = [None, "2025-04-06", "2025-04-06T23:00:00-02:00", "2025-04-06T23:30:00", "2025-04-06T23:00:00+02:00"]
    assert sorted(given, key=first_published) == [given[4], given[3], given[1], given[2], given[0]]
    assert first_published("0001-01-01T00:00+14:00") == float("inf"), "a moment before all years is none"


def test_groups_name_only_texts_that_share(whale: Assistant) -> None:
    versions = {id: whale.article(id).version for id in ("wire", "lantern", "harbour")}
    found = groups(whale.library.database, versions.values())
    assert found.keys() == {versions["wire"]}
    assert [member.article_id for member in found[versions["wire"]]] == ["wire", "post", "courier"]


# On the command line


def test_list_and_search_say_who_carries_a_copy(
    whale: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWSDESK_HOME", str(whale.settings.home))
    assert main(["list", "--json"]) == 0
    listed = {item["article_id"]: item["carried_by"] for item in json.loads(capsys.readouterr().out)}
    assert {carrier["article_id"] for carrier in listed["wire"]} == {"courier", "post"}
    assert listed["lantern"] == []
    assert main(["list"]) == 0
    assert "Whale towed back to sea\tcarried by 3 outlets\n" in capsys.readouterr().out

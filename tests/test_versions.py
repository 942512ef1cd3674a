"""What an article said before stays readable beside what it says now, and the difference is exact."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import THREE, page

import rag.cli.commands
from rag.assistant import Assistant
from rag.cli.commands import main
from rag.errors import NoSuchArticle
from rag.store.sync import remove, sync
from rag.text.differences import differences
from rag.ui.drawer import _revision
from rag.ui.views import Place, article_view

LibraryOf = Callable[[dict[str, str]], Assistant]
OLD = "A crane fell into the harbour of Skell on Monday. Nobody was hurt. The port stays closed until Friday."
NEW = "A crane fell into the harbour of Skell on Monday. Two people were hurt, police said. The port stays closed until Sunday."
texts = st.text(alphabet="abc .\n?é", max_size=120)


def write(assistant: Assistant, text: str, title: str = "Crane falls") -> None:
    folder = assistant.settings.home.parent / "articles"
    (folder / "harbour.md").write_text(page(text, id="harbour", title=title), encoding="utf-8")
    sync(assistant.stores, [folder])


@pytest.fixture
def revised(library_of: LibraryOf) -> Assistant:
    opened = library_of({"harbour.md": page(OLD, id="harbour", title="Crane falls")})
    write(opened, NEW, "Crane falls, two hurt")
    return opened


@given(texts, texts)
def test_pieces_rebuild_both_texts(old: str, new: str) -> None:
    pieces = differences(old, new)
    assert "".join(text for text, kind in pieces if kind != "new") == old
    assert "".join(text for text, kind in pieces if kind != "gone") == new
    assert all(text for text, _ in pieces)


def test_difference_is_by_words_within_a_reworded_sentence() -> None:
    pieces = differences(OLD, NEW)
    assert ("Friday", "gone") in pieces
    assert ("Sunday", "new") in pieces
    assert ("Nobody was hurt. ", "gone") in pieces, "sentences that share few words are shown whole"


def test_equal_texts_have_no_difference() -> None:
    assert differences(OLD, OLD) == [(OLD, "same")]
    assert differences("", "") == []


def test_very_long_stretches_are_compared_within_bounds() -> None:
    old = " ".join(f"w{i}" for i in range(40_000))
    new = " ".join(f"v{i}" for i in range(40_000))
    assert differences(old, new) == [(old, "gone"), (new, "new")]


def test_versions_come_in_order_and_the_searched_one_is_marked(revised: Assistant) -> None:
    held = revised.versions("harbour")
    assert [version.title for version in held] == ["Crane falls", "Crane falls, two hurt"]
    assert [version.searched for version in held] == [False, True]
    write(revised, OLD)
    assert [version.searched for version in revised.versions("harbour")] == [True, False], "a revision that was taken back"
    remove(revised.stores, "harbour")
    assert not any(version.searched for version in revised.versions("harbour"))
    with pytest.raises(NoSuchArticle):
        revised.versions("nothing")


def test_old_citation_opens_what_it_quoted_and_says_that_it_was_revised(revised: Assistant) -> None:
    first, last = revised.versions("harbour")
    old = revised.article("harbour", first.version)
    view = article_view(old, Place("harbour", first.version, 0, 9), [], _revision(revised, old))
    assert "".join(text for text, _ in view["text"]) == OLD
    assert view["revision"]["heading"] == "Since revised"
    kinds = {kind: "".join(text for text, k in view["revision"]["changes"] if k == kind) for kind in ("gone", "new")}
    assert "Nobody was hurt" in kinds["gone"]
    assert "Crane falls, two hurt" in kinds["new"]
    assert "Sunday" in kinds["new"]
    assert _revision(revised, revised.article("harbour", last.version)) is None
    remove(revised.stores, "harbour")
    gone = _revision(revised, old)
    assert gone is not None
    assert gone["heading"] == "No longer searched"


@pytest.mark.usefixtures("revised")
def test_command_lists_versions_and_shows_the_difference(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, assistant: Assistant
) -> None:
    monkeypatch.setattr(rag.cli.commands, "Assistant", lambda settings: Assistant(settings, embedder=assistant.embedder))

    def run(*argv: str, status: int = 0) -> Any:
        assert main(["show", "harbour", *argv]) == status
        return capsys.readouterr().out

    held = json.loads(run("--versions", "--json"))
    assert [version["searched"] for version in held] == [False, True]
    assert set(held[0]) == {"version", "ingested", "title", "published", "updated", "searched"}
    assert len(run("--versions").splitlines()) == 2
    assert "until [-Friday-]{+Sunday+}." in run("--diff")
    difference = json.loads(run("--diff", "--json", "--version", held[0]["version"]))
    assert (difference["from"], difference["to"]) == (held[0]["version"], held[1]["version"])
    assert "".join(piece["text"] for piece in difference["pieces"] if piece["kind"] != "gone") == NEW
    run("--diff", "--version", "none", status=2)


def test_difference_of_a_single_version_is_bad_input(
    library_of: LibraryOf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, assistant: Assistant
) -> None:
    library_of(THREE)
    monkeypatch.setattr(rag.cli.commands, "Assistant", lambda settings: Assistant(settings, embedder=assistant.embedder))
    assert main(["show", "harbour", "--diff"]) == 2
    assert "one version only" in capsys.readouterr().err

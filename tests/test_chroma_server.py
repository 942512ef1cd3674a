"""An index on a Chroma server answers as one in a folder does, and a server that is away, killed, empty or no Chroma is never taken for articles that say nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from datetime import date
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
from chromarun import ChromaRun, answering
from conftest import ASKED, CORPUS
from samples import HARBOUR, LIBRARY, THREE, held_ids, indexed, page
from served import served

from rag.assistant import Assistant
from rag.cli import main
from rag.errors import IndexGone, LibraryError, ServerError, UsageError
from rag.records import Filters
from rag.settings import CHECKOUT, Settings, load_settings
from rag.store import rows
from rag.store.backup import backup, restore_backup
from rag.store.chroma_server import Server
from rag.store.doctor import examine, repair
from rag.store.purge import purge
from rag.store.sync import sync

CRANE = "What fell into the harbour of Skell?"
VIOLINS = "Who bought 30 instruments?"
FILTERS = {
    "none": Filters(),
    "since": Filters(since=date(2025, 5, 1)),
    "until": Filters(until=date(2025, 5, 16)),
    "days": Filters(since=date(2025, 1, 1), until=date(2025, 10, 10)),
    "no article": Filters(since=date(1990, 1, 1), until=date(1990, 1, 2)),
}


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaRun]:
    """One server for the tests that do it no harm."""
    running = ChromaRun(tmp_path_factory.mktemp("chroma"))
    yield running
    running.kill()


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaRun]:
    """A server that tests kill, and start again."""
    running = ChromaRun(tmp_path_factory.mktemp("mortal"))
    yield running
    running.kill()


@pytest.fixture
def opened(tmp_path: Path, assistant: Assistant) -> Callable[..., Assistant]:
    """Opens a data folder of the test's, on a server or in folders, as another process would; the models are shared."""

    def make(url: str | None, home: str = "home", **settings: Any) -> Assistant:
        wanted = Settings(home=tmp_path / home, follow_ups=0, chroma_url=url, **settings)
        return Assistant(wanted, embedder=assistant.embedder, reader=assistant.reader)

    return make


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def filled(assistant: Assistant, files: dict[str, str] = THREE, name: str = "articles") -> Assistant:
    sync(assistant.stores, [write(assistant.settings.home.parent / name, files)])
    return assistant


def said(assistant: Assistant, question: str = CRANE) -> list[tuple[str, str]]:
    return [(citation.article_id, citation.quote) for citation in assistant.ask(question).citations]


def own(running: ChromaRun, assistant: Assistant) -> set[str]:
    """The collections of a library, as the server says itself."""
    mark = (assistant.settings.home / "chroma" / "library.id").read_text(encoding="utf-8")
    return {name for name in running.collections() if mark in name}


# Like folders


@pytest.fixture(scope="module")
def corpus_on_server(chroma: ChromaRun, assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The sample corpus on the server; the shared assistant has it in a folder."""
    settings = Settings(home=tmp_path_factory.mktemp("served"), follow_ups=0, chroma_url=chroma.url)
    made = Assistant(settings, embedder=assistant.embedder, reader=assistant.reader)
    made.stores.lenders = [assistant.library]
    assert sync(made.stores, [CORPUS]).embedded == 0
    return made


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
def test_neighbours_are_those_of_a_folder(corpus_on_server: Assistant, assistant: Assistant, filters: Filters) -> None:
    both = [made.stores.indexes.reader(made.library.meta()["generation"]) for made in (corpus_on_server, assistant)]
    for prompt in ASKED[:20]:
        vector = assistant.embedder.embed([prompt["question"]])[0]
        served, embedded = (dict(index.nearest(vector, filters=filters, limit=50)) for index in both)
        assert served.keys() == embedded.keys()
        assert served == pytest.approx(embedded, abs=1e-5)
        assert bool(served) == (filters is not FILTERS["no article"])


def test_outlets_are_filtered_as_in_a_folder(corpus_on_server: Assistant, assistant: Assistant) -> None:
    outlets = assistant.overview().outlets[:2]
    found = [made.search("the attack", filters=Filters(outlets=outlets)) for made in (corpus_on_server, assistant)]
    assert found[0]
    assert [(p.chunk_id, p.source) for p in found[0]] == [(p.chunk_id, p.source) for p in found[1]]
    assert {p.source for p in found[0]} <= set(outlets)


def test_answers_are_those_of_a_folder(corpus_on_server: Assistant, assistant: Assistant) -> None:
    for prompt in ASKED[:6]:
        served, embedded = (made.ask(prompt["question"]) for made in (corpus_on_server, assistant))
        assert (served.status, served.sentences, served.citations) == (embedded.status, embedded.sentences, embedded.citations)
        assert [p.chunk_id for p in served.passages] == [p.chunk_id for p in embedded.passages]
        assert [p.score for p in served.passages] == pytest.approx([p.score for p in embedded.passages], abs=1e-5)


def test_the_doctor_finds_the_corpus_sound(corpus_on_server: Assistant) -> None:
    assert examine(corpus_on_server.stores) == []
    chunks, words, held = indexed(corpus_on_server)
    assert chunks == words == held


# Passes


def test_a_pass_makes_a_collection_and_keeps_one_before_it(chroma: ChromaRun, opened: Callable[..., Assistant]) -> None:
    made = filled(opened(chroma.url))
    first = made.library.meta()["generation"]
    assert own(chroma, made) == {first}
    for number in (2, 3):
        write(made.settings.home.parent / "articles", {"library.md": LIBRARY.replace("30 instruments", f"{number}30 instruments")})
        assert sync(made.stores, []).changed == 1
        meta = made.library.meta()
        assert own(chroma, made) == {meta["generation"], meta["previous"]}
    assert first not in own(chroma, made)
    assert "330" in made.ask("How many instruments were bought?").answer
    assert [entry.name for entry in (made.settings.home / "chroma").iterdir()] == ["library.id"]
    assert sync(made.stores, []).unchanged == 3
    assert made.library.meta() == meta


def test_a_pass_of_another_process_is_seen_at_the_next_question(
    chroma: ChromaRun, opened: Callable[..., Assistant], tmp_path: Path
) -> None:
    asking = filled(opened(chroma.url))
    index = asking.stores.indexes.reader(asking.library.meta()["generation"])
    assert said(asking)[0][0] == "harbour"
    around = os.environ | {"NEWSDESK_HOME": str(tmp_path / "home"), "NEWSDESK_CHROMA_URL": chroma.url}
    write(tmp_path / "articles", {"ferry.md": page("The ferry to Hamre sank at its quay on Friday.", id="ferry")})
    command = [sys.executable, "-m", "rag", "sync", "--json"]
    done = subprocess.run(command, cwd=CHECKOUT, env=around, capture_output=True, text=True, timeout=240)
    assert (done.returncode, json.loads(done.stdout)["added"]) == (0, 1), done.stderr
    assert said(asking, "What sank at its quay?")[0][0] == "ferry"
    # The next pass deletes the collection that was held open first.
    repair(opened(chroma.url).stores)
    with pytest.raises(IndexGone):
        index.ids()
    assert said(asking)[0][0] == "harbour"
    assert examine(asking.stores) == []


def test_a_collection_that_goes_between_two_looks_is_no_error(chroma: ChromaRun, opened: Callable[..., Assistant]) -> None:
    asking, other = filled(opened(chroma.url)), opened(chroma.url)
    before, reader = said(asking), asking.stores.indexes.reader
    gone: list[str] = []

    def reader_while_another_syncs(generation: str) -> Any:
        index = reader(generation)
        if not gone:
            gone.append(generation)
            for number in (1, 2):
                write(
                    other.settings.home.parent / "articles",
                    {f"more{number}.md": page(f"Rain fell on Hamre {number} times.", id=f"more{number}")},
                )
                thread = threading.Thread(target=sync, args=(other.stores, []))
                thread.start()
                thread.join()
        return index

    asking.stores.indexes.reader = reader_while_another_syncs
    assert said(asking) == before
    assert gone
    assert gone[0] not in chroma.collections()


def test_two_libraries_share_a_server(chroma: ChromaRun, opened: Callable[..., Assistant]) -> None:
    one, two = (
        filled(opened(chroma.url, "one"), {"harbour.md": HARBOUR}, "first"),
        filled(opened(chroma.url, "two"), {"library.md": LIBRARY}, "second"),
    )
    for _ in range(2):
        for made in (one, two):
            repair(made.stores)
    assert (said(one)[0][0], said(two, VIOLINS)[0][0]) == ("harbour", "library")
    assert own(chroma, one).isdisjoint(own(chroma, two))
    assert len(own(chroma, one)) == len(own(chroma, two)) == 2
    assert (examine(one.stores), examine(two.stores)) == ([], [])


def test_a_backup_that_is_restored_elsewhere_is_another_library(
    chroma: ChromaRun, opened: Callable[..., Assistant], tmp_path: Path
) -> None:
    one, two = filled(opened(chroma.url, "one")), opened(chroma.url, "two")
    backup(one.library, tmp_path / "kept.zip")
    restore_backup(two.stores, tmp_path / "kept.zip")
    repair(two.stores)
    repair(two.stores)
    assert own(chroma, one).isdisjoint(own(chroma, two))
    assert said(one) == said(two) != []


def test_purged_articles_leave_no_vector_on_the_server(chroma: ChromaRun, opened: Callable[..., Assistant]) -> None:
    made = filled(opened(chroma.url))
    repair(made.stores)
    done = purge(made.stores, ["harbour"])
    assert done.finished
    assert [trace.place for trace in done.left if "Chroma" in trace.place] == ["the Chroma server"]
    assert own(chroma, made) == {made.library.meta()["generation"]}
    assert indexed(made)[2] == {chunk.chunk_id for id in ("library", "orchard") for chunk in made.library.chunks_of(id)}


def test_a_library_without_articles_is_sound(chroma: ChromaRun, opened: Callable[..., Assistant]) -> None:
    made = filled(opened(chroma.url), {"harbour.md": HARBOUR})
    (made.settings.home.parent / "articles" / "harbour.md").unlink()
    sync(made.stores, [], prune=True)
    assert held_ids(made) == set()
    assert examine(made.stores) == []
    assert made.ask(CRANE).status == "abstained"


# To a server and back


def test_a_folder_is_served_until_the_server_is_filled(chroma: ChromaRun, opened: Callable[..., Assistant]) -> None:
    before = said(filled(opened(None)))
    moved = opened(chroma.url)
    assert said(moved) == before
    assert [(found.part, found.advice) for found in examine(moved.stores)] == [("index", "run `newsdesk sync`, which fills the server")]
    assert sync(moved.stores, []).embedded == 0
    assert said(moved) == before
    assert examine(moved.stores) == []
    sync(moved.stores, [])
    repair(moved.stores)
    assert [entry.name for entry in (moved.settings.home / "chroma").iterdir()] == ["library.id"]


@pytest.mark.parametrize("mend", [lambda stores: sync(stores, []), repair], ids=["sync", "repair"])
def test_without_the_variable_it_says_so_and_a_pass_makes_a_folder(
    chroma: ChromaRun, opened: Callable[..., Assistant], mend: Callable[..., Any]
) -> None:
    before = said(filled(opened(chroma.url)))
    back = opened(None)
    with pytest.raises(LibraryError, match=r"NEWSDESK_CHROMA_URL is not set: set it, or run `newsdesk sync`"):
        back.ask(CRANE)
    assert [found.part for found in examine(back.stores)] == ["index"]
    mend(back.stores)
    assert said(back) == before
    assert examine(back.stores) == []


# A server that fails


def test_a_server_that_is_killed_in_mid_fill_loses_nothing(
    mortal: ChromaRun, opened: Callable[..., Assistant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 2)
    made = filled(opened(mortal.url))
    before, meta, ids = said(made), made.library.meta(), held_ids(made)
    write(tmp_path / "articles", {"ferry.md": page("The ferry to Hamre sank at its quay on Friday.", id="ferry", title="Ferry sinks")})

    def kill_at_the_first_batch(stage: str, done: int, total: int) -> None:
        if stage == "indexing" and done < total:
            mortal.kill()

    made.stores.on_progress = kill_at_the_first_batch
    with pytest.raises(ServerError, match=mortal.url):
        sync(made.stores, [])
    with pytest.raises(ServerError):
        made.ask(CRANE)
    assert (made.library.meta(), held_ids(made)) == (meta, ids)
    made.stores.on_progress = lambda stage, done, total: None
    mortal.start(mortal.folder)
    assert said(made) == before
    assert {meta["generation"]} < own(mortal, made)
    assert [found.part for found in examine(made.stores)] == ["leftovers"]
    report = sync(made.stores, [])
    assert (report.added, report.embedded) == (1, 0)
    assert said(made) == before
    assert said(made, "What sank at its quay?")[0][0] == "ferry"
    assert own(mortal, made) == {made.library.meta()["generation"], meta["generation"]}
    assert examine(made.stores) == []


def test_a_server_that_lost_its_data_is_filled_again(mortal: ChromaRun, opened: Callable[..., Assistant], tmp_path: Path) -> None:
    made = filled(opened(mortal.url))
    before = said(made)
    for number, mend in enumerate((lambda: sync(made.stores, []), lambda: repair(made.stores))):
        mortal.kill()
        (tmp_path / f"another{number}").mkdir()
        mortal.start(tmp_path / f"another{number}")
        lost = made.library.meta()["generation"]
        with pytest.raises(IndexGone, match=rf"{mortal.url} does not hold the index {lost}: run `newsdesk sync`"):
            made.ask(CRANE)
        (found,) = examine(made.stores)
        assert (found.part, "does not hold" in found.problem) == ("index", True)
        made.stores.on_progress = lambda stage, done, total: pytest.fail("embedded again") if stage == "embedding" else None
        mend()
        assert said(made) == before
        assert examine(made.stores) == []


def test_a_server_that_is_away_is_said_so_everywhere(
    mortal: ChromaRun, opened: Callable[..., Assistant], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = filled(opened(mortal.url))
    mortal.kill()
    monkeypatch.setattr("rag.cli.commands.Assistant", lambda settings: made)
    monkeypatch.setenv("NEWSDESK_HOME", str(tmp_path / "home"))
    batch = tmp_path / "questions.jsonl"
    batch.write_text(json.dumps({"id": "a", "question": CRANE}) + "\n", encoding="utf-8")
    assert main(["ask", "--batch", str(batch), "--json"]) != 0
    printed = capsys.readouterr()
    assert mortal.url in printed.out + printed.err
    assert "abstained" not in printed.out
    for argv in (["ask", CRANE], ["ask", CRANE, "--json"], ["search", CRANE], ["sync"], ["doctor", "--repair"]):
        assert main(argv) == 1
        printed = capsys.readouterr()
        assert (printed.out, printed.err.count("\n")) == ("", 1), argv
        assert mortal.url in printed.err
        assert "`chroma run --path DIR`" in printed.err
    assert main(["doctor"]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith(f"index: The Chroma server at {mortal.url} does not answer")
    assert printed[1] == f"The index lies on the Chroma server at {mortal.url}, which does not answer."
    with served(lambda: made, made.settings) as url:
        answer = httpx.post(f"{url}/ask", json={"question": CRANE}, trust_env=False, timeout=60)
    assert answer.status_code == 503
    assert mortal.url in answer.json()["detail"]
    mortal.start(mortal.folder)
    assert main(["ask", CRANE]) == 0
    assert main(["doctor"]) == 0
    assert "which answers" in capsys.readouterr().out


def test_after_a_commit_a_server_that_goes_away_is_a_warning(
    mortal: ChromaRun, opened: Callable[..., Assistant], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = filled(opened(mortal.url))
    build = made.stores.indexes.build

    def build_and_lose_the_server(*args: Any, **named: Any) -> str:
        name = build(*args, **named)
        mortal.kill()
        return name

    monkeypatch.setattr(made.stores.indexes, "build", build_and_lose_the_server)
    write(tmp_path / "articles", {"ferry.md": page("The ferry to Hamre sank at its quay on Friday.", id="ferry", title="Ferry sinks")})
    assert sync(made.stores, []).added == 1
    assert "until the next sync" in caplog.text
    monkeypatch.undo()
    mortal.start(mortal.folder)
    assert said(made, "What sank at its quay?")[0][0] == "ferry"
    assert examine(made.stores) == []


# Damage


def lost_a_row(running: ChromaRun, made: Assistant, generation: str) -> None:
    running.change(generation, "delete", {"ids": [made.library.chunks_of("harbour")[0].chunk_id]})


def lost_all_rows(running: ChromaRun, made: Assistant, generation: str) -> None:
    running.change(generation, "delete", {"ids": sorted(made.library.chunk_rows())})


def another_day(running: ChromaRun, made: Assistant, generation: str) -> None:
    running.change(generation, "update", {"ids": [made.library.chunks_of("harbour")[0].chunk_id], "metadatas": [{"day": 19990101}]})


def another_vector(running: ChromaRun, made: Assistant, generation: str) -> None:
    turned = made.embedder.embed(["Something else."])[0].tolist()
    running.change(generation, "update", {"ids": [made.library.chunks_of("harbour")[0].chunk_id], "embeddings": [turned]})


@pytest.mark.parametrize("damage", [lost_a_row, lost_all_rows, another_day, another_vector])
def test_the_doctor_finds_and_mends_what_a_server_holds_wrongly(
    chroma: ChromaRun, opened: Callable[..., Assistant], damage: Callable[..., None]
) -> None:
    made = filled(opened(chroma.url))
    before = said(made)
    damage(chroma, made, made.library.meta()["generation"])
    (found,) = examine(made.stores)
    assert (found.part, found.advice) == ("index", "run `newsdesk doctor --repair`")
    assert repair(made.stores) == []
    assert said(made) == before


@pytest.mark.parametrize("damage", [lost_a_row, lost_all_rows])
@pytest.mark.parametrize("filters", [Filters(), Filters(since=date(2025, 1, 1), until=date(2025, 1, 31))], ids=["all", "filtered"])
def test_rows_that_a_server_lost_are_no_silence(
    chroma: ChromaRun, opened: Callable[..., Assistant], damage: Callable[..., None], filters: Filters
) -> None:
    made = filled(opened(chroma.url))
    generation = made.library.meta()["generation"]
    damage(chroma, made, generation)
    # Few chunks that pass a filter are compared without the server.
    index, vector = made.stores.indexes.reader(generation), made.embedder.embed([CRANE])[0]
    with pytest.raises(LibraryError, match="is damaged: run `newsdesk sync`"):
        index.nearest(vector, filters=filters, limit=8)
    with nullcontext() if filters else pytest.raises(LibraryError, match="is damaged: run `newsdesk sync`"):
        assert made.ask(CRANE, filters=filters).status == "answered"
    sync(made.stores, [])
    assert made.ask(CRANE, filters=filters).status == "answered"


# What is no Chroma


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(5)


def dripping(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    with suppress(OSError):  # the client gives up before the end, which is the test
        for _ in range(50):
            request.wfile.write(b" ")
            time.sleep(0.1)


def replying(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return reply


STRANGE = {
    "hangs": (silent, "did not answer within 1 s"),
    "never ends": (dripping, "did not end its answer within 1 s"),
    "a web page": (replying(200, b"<html>hello</html>"), "gave an answer that is not Chroma's"),
    "other JSON": (replying(200, b'{"ids": 3, "id": 7}'), "gave an answer that is not Chroma's"),
    "a list": (replying(200, b"[]"), "gave an answer that is not Chroma's"),
    "nothing": (replying(200, b""), "gave an answer that is not Chroma's"),
    "another site's 404": (replying(404, b"no such page"), "gave an answer that is not Chroma's"),
    "a redirect": (replying(302, b"", Location="http://127.0.0.1:1/"), "gave an answer that is not Chroma's"),
    "a proxy without its server": (replying(502, b"bad gateway"), "could not answer .HTTP 502"),
    "an error inside": (replying(500, b'{"error": "InternalError", "message": "disk\\nfull"}'), "could not answer .HTTP 500, disk full"),
    "a proxy that wants a token": (replying(401, b"who are you?"), "set NEWSDESK_CHROMA_TOKEN"),
    "a cut answer": (replying(200, b"", **{"Content-Encoding": "gzip", "X": "1"}), "gave an answer that is not Chroma's"),
    "no gzip": (replying(200, b"nonsense", **{"Content-Encoding": "gzip"}), "does not answer"),
}


@pytest.mark.parametrize("case", STRANGE.values(), ids=STRANGE)
def test_a_server_that_is_no_chroma_is_a_readable_error_in_time(
    case: tuple[Callable[[BaseHTTPRequestHandler], None], str], opened: Callable[..., Assistant]
) -> None:
    answer, words = case
    with answering(answer) as url:
        made = opened(url, chroma_seconds=1)
        began = time.monotonic()
        for call in (
            lambda: made.stores.indexes.reader("newsdesk-0-1"),
            lambda: made.stores.indexes.is_sound("newsdesk-0-1"),
        ):
            with pytest.raises(ServerError, match=words) as caught:
                call()
            assert url in str(caught.value)
            assert "\n" not in str(caught.value)
        assert time.monotonic() - began < 10


def test_the_token_goes_to_the_server_and_nowhere_else(opened: Callable[..., Assistant]) -> None:
    seen: list[str | None] = []

    def refusing(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers.get("Authorization"))
        replying(403, b"")(request)

    with answering(refusing) as url:
        made = opened(url, chroma_token="open-sesame-7")
        with pytest.raises(ServerError) as caught:
            made.stores.indexes.reader("newsdesk-0-1")
        with pytest.raises(ServerError):
            Server(url).version()
    assert seen == ["Bearer open-sesame-7", None]
    assert "sesame" not in str(caught.value) + repr(caught.value) + repr(made.settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHROMA_URL", "http://ann:sesame@127.0.0.1:8000"),
        ("CHROMA_URL", "127.0.0.1:8000"),
        ("CHROMA_URL", "http://127.0.0.1:8000/?token=x"),
        ("CHROMA_TOKEN", "sesame with\nlines"),
        ("CHROMA_SECONDS", "0"),
    ],
)
def test_a_bad_setting_is_named_and_no_secret_repeated(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"NEWSDESK_{name}", value)
    with pytest.raises(UsageError, match=name.lower()) as caught:
        load_settings()
    assert "sesame" not in str(caught.value)

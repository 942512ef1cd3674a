"""What was purged is in no byte of the data folder, opens nowhere and does not come back; killed on the way, run again it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from filelock import FileLock
from samples import THREE, answers_of, held_ids, indexed, keep, page
from test_bad_input import mounted
from test_page import open_page, views
from test_store import Forks
from wire import Reply, Server

from rag.assistant import Assistant
from rag.cli import main
from rag.conversation import Feedback
from rag.errors import LibraryError, NoSuchArticle, StorageError
from rag.evaluate.files import read_yaml_suite
from rag.evaluate.prompt_file import append_prompt
from rag.evaluate.runner import run_suite
from rag.evaluate.turns import prompt_of_answer
from rag.evaluate.workbench import open_library
from rag.export import FORMS
from rag.librarian import take_in
from rag.records import Turn, answer_to_json
from rag.settings import CHECKOUT, Settings
from rag.store import purge as purging
from rag.store.backup import backup, restore_backup
from rag.store.doctor import examine
from rag.store.purge import purge
from rag.store.sync import remove, restore, sync

TALK = "c" * 32
ASKED = "How many lanterns did the Zyqvort lighthouse keeper count?"
ONE = "Keeper Ulla Brandvik of the Zyqvort lighthouse counted exactly 431 lanterns along the winter pier on Tuesday evening."
TWO = "The harbour committee had promised her a telescope made of brass and walnut before the first autumn storms arrived."
REVISED = "Keeper Ulla Brandvik of the Zyqvort lighthouse later corrected the figure to 435 lanterns after counting them with her brother."
UPLOADED = "Nine copper kettles vanished from the Xalbrin tea museum during a concert for two accordions and a borrowed tuba."
SHARED = "Seven retired postmen from Wuxholt rowed a bathtub across the estuary to deliver one overdue birthday card."
LANTERNS = page(
    f"{ONE} {TWO}",
    id="lanterns",
    title="Lanterns counted at the Zyqvort lighthouse by keeper Ulla Brandvik herself",
    source="Skell Gazette",
    published="2025-03-03",
)
KETTLES = page(UPLOADED, id="kettles", title="Kettles vanish from Xalbrin museum", source="Xalbrin Post", published="2025-03-04")
BOTH = "".join(
    json.dumps({"id": id, "title": title, "text": text}) + "\n"
    for id, title, text in (
        ("bathtub", "Postmen row a bathtub", SHARED),
        ("choir", "Choir tours", "The choir of Hamre sang in eleven towns."),
    )
)
SECRET = (ONE, TWO, REVISED, UPLOADED)
# Single words of theirs that no question has, and as the full-text index stems them.
RARE = ("walnut", "accordion", "zyqvort-lanterns", "copper")
PURGED = ("lanterns", "kettles")


def opened(home: Path, assistant: Assistant, **settings: object) -> Assistant:
    return Assistant(Settings(home=home, **settings), embedder=assistant.embedder, reader=assistant.reader)


def needles(*sentences: str) -> list[bytes]:
    """Every eight words in a row, as files of any usual encoding hold them."""
    words = [sentence.split() for sentence in sentences]
    runs = [" ".join(line[at : at + 8]) for line in words for at in range(len(line) - 7)]
    return [run.encode(encoding) for run in runs for encoding in ("utf-8", "utf-16-le", "utf-16-be")]


def holding(home: Path, wanted: list[bytes]) -> set[str]:
    """Files of the data folder, models aside, that hold one of these in their bytes or their name."""
    found = set()
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        raw = name.encode() + b"\0" + (path.read_bytes() if path.is_file() else b"")
        if any(needle in raw for needle in wanted):
            found.add(name)
    return found


def vectors_of(assistant: Assistant, *sentences: str) -> list[bytes]:
    """The stored vectors of the chunks that hold a sentence, by their bytes, in pieces, since a graph may cut them."""
    with assistant.library.snapshot() as db:
        rows = db.execute(
            "SELECT f.text, v.vector FROM chunks c JOIN chunks_fts f ON f.rowid = c.id JOIN vectors v USING (embedded)"
        ).fetchall()
    whole = [bytes(vector) for text, vector in rows if any(sentence in text for sentence in sentences)]
    return [vector[at : at + 64] for vector in whole for at in range(0, len(vector), 64)]


def written_by(words: str) -> Callable[[dict[str, object]], Reply]:
    """A chat model that writes a sentence of its own, with the marker of the passage that holds the words."""

    def answer(body: dict[str, object]) -> Reply:
        prompt = body["messages"][-1]["content"]
        id = next(part.split(">")[0] for part in prompt.split("<passage ")[1:] if words in part)
        return Reply(f"Keeper Ulla Brandvik counted 431 lanterns along the winter pier [{id}].")

    return answer


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, assistant: Assistant) -> Path:
    """A library with every kind of file that may hold an article's words; a test works on a copy of it."""
    folder = tmp_path_factory.mktemp("planted")
    articles, home = folder / "articles", folder / "home"
    articles.mkdir()
    for name, text in (THREE | {"zyqvort-lanterns.md": LANTERNS}).items():
        (articles / name).write_text(text, encoding="utf-8")
    made = opened(home, assistant)
    sync(made.stores, [articles])
    take_in(made.stores, [("xalbrin.md", KETTLES.encode()), ("both.jsonl", BOTH.encode())], lambda *_: None)
    _talk(made, home, assistant)
    (articles / "zyqvort-lanterns.md").write_text(LANTERNS.replace(ONE, REVISED), encoding="utf-8")
    sync(made.stores, [articles])
    keep(made, TALK, made.ask("What did Ulla Brandvik correct the lanterns to?"))
    append_prompt(home / "prompts.yaml", prompt_of_answer(made.ask("What vanished from the Xalbrin tea museum?")))
    run_suite(read_yaml_suite(home / "prompts.yaml"), made.settings, embedder=assistant.embedder)
    backup(made.library, home / "before-restore.zip")
    made.library.database.close()
    return folder


def _talk(made: Assistant, home: Path, assistant: Assistant) -> None:
    """A quoted answer, a follow-up, one that only found it, and one that a chat model wrote, which is kept for the same question too."""
    first = made.ask(ASKED)
    assert first.citations[0].quote == ONE
    keep(made, TALK, first)
    keep(made, TALK, made.ask("and who promised her a telescope?", history=[Turn(ASKED, first.answer)]))
    keep(made, TALK, made.ask("Who won the chess olympiad of Zyqvort?"))
    keep(made, "d" * 32, made.ask("How many ships were waiting in the harbour of Skell?"))
    # What a reader typed of it, and what is anybody's words.
    made.conversations.rename(TALK, "A telescope made of brass and walnut")
    made.conversations.rename("d" * 32, "Of the harbour")
    talks = [made.conversations.opened(id) for id in (TALK, "d" * 32)]
    made.conversations.judge(TALK, talks[0].turns[0].turn_id, Feedback("wrong", "Nine copper kettles vanished, says another"))
    made.conversations.judge("d" * 32, talks[1].turns[0].turn_id, Feedback("right", "as the keeper said"))
    with pytest.MonkeyPatch.context() as patched, Server("openai", written_by("431 lanterns")) as server:
        patched.setenv("OPENAI_API_KEY", "k")
        writing = opened(home, assistant, model="openai:test", model_url=server.url, model_retries=0)
        answer = writing.ask(ASKED)
        assert answer.model
        keep(writing, "e" * 32, answer)
        writing.library.database.close()


@pytest.fixture
def home(planted: Path, tmp_path: Path) -> Path:
    """A copy, as if it had been made here."""
    shutil.copytree(planted, tmp_path / "copy", copy_function=shutil.copyfile)
    home = tmp_path / "copy" / "home"
    with sqlite3.connect(home / "library.sqlite3") as db:
        for table in ("sources", "articles"):
            db.execute(f"UPDATE {table} SET location = replace(location, ?, ?)", (str(planted), str(tmp_path / "copy")))
    db.close()
    return home


@pytest.fixture
def shelf(home: Path, assistant: Assistant) -> Assistant:
    return opened(home, assistant)


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    started = Forks(tmp_path_factory.mktemp("forks"))
    yield started
    assert started.process.stdin
    started.process.stdin.close()
    started.process.wait(timeout=30)


def assert_gone(shelf: Assistant) -> None:
    home = shelf.settings.home
    # Test prompts are a person's file: the purge names the line.
    assert not holding(home, needles(*SECRET)) - {"prompts.yaml"}
    assert not holding(home, [word.encode() for word in RARE]) - {"prompts.yaml"}
    assert [path.name for path in (home / "chroma").iterdir()] == [shelf.library.meta()["generation"]]
    assert not examine(shelf.stores)


def test_nothing_of_it_is_left_in_any_byte(shelf: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    home = shelf.settings.home
    vectors = vectors_of(shelf, *SECRET)
    before = holding(home, needles(*SECRET))
    assert {"library.sqlite3", "uploads/xalbrin.md", "prompts.yaml"} <= before
    assert {"evaluations/libraries", "evaluations/runs"} <= {"/".join(name.split("/")[:2]) for name in before}
    assert len({name.split("/")[0] for name in holding(home, vectors)} & {"library.sqlite3", "chroma"}) == 2
    monkeypatch.setenv("NEWSDESK_HOME", str(home))
    assert main(["purge", *PURGED, "--yes", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["finished"]
    assert set(done["deleted"]) == {"uploads/xalbrin.md", "before-restore.zip", "evaluations/libraries"}
    assert any("prompts.yaml, line" in trace["place"] for trace in done["left"])
    assert any("zyqvort-lanterns.md" in trace["place"] for trace in done["left"])
    assert_gone(shelf)
    assert not holding(home, vectors)
    assert held_ids(shelf) == {"harbour", "library", "orchard", "bathtub", "choir"}
    chunks, words, index = indexed(shelf)
    assert chunks == words == index


# Where a purge is killed, and whether the articles are served then.
POINTS = {
    "indexing": True,
    "rag.store.purge.clear": True,
    "rag.store.erase._forget_written": True,
    "rag.store.purge.sweep": False,
    "rag.store.purge.scour": False,
    "rag.store.erase._log_emptied": False,
    "rag.store.purge.forget_pending": False,
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_purge_is_not_half_served_and_ends_when_run_again(shelf: Assistant, forks: Forks, point: str) -> None:
    home = shelf.settings.home
    assert forks.join(forks.start(home, "purge", *PURGED, "--yes", die=(point, 1))) == -signal.SIGKILL
    assert set(PURGED) <= held_ids(shelf) if POINTS[point] else not set(PURGED) & held_ids(shelf)
    found = {passage.article_id for passage in shelf.search(ASKED)}
    assert ("lanterns" in found) is POINTS[point]
    assert {finding.part for finding in examine(shelf.stores)} <= {"leftovers"}
    assert purge(shelf.stores, PURGED if POINTS[point] else ()).finished
    assert_gone(shelf)
    assert not (home / "uploads" / "xalbrin.md").exists()


READER = """
import sys
from pathlib import Path
from rag.assistant import Assistant
from rag.settings import Settings
home, stop = Path(sys.argv[1]), Path(sys.argv[2])
assistant = Assistant(Settings(home=home))
asked = 0
while not stop.exists():
    assistant.search("harbour of Skell")
    asked += 1
    if asked == 1:
        print("ready", flush=True)
print([p.article_id for p in assistant.search("harbour of Skell")][0], asked)
"""


def test_reader_of_another_process_goes_on_and_its_old_pages_are_said(
    shelf: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "_WAIT", 0.2)
    stop, home = tmp_path / "stop", shelf.settings.home
    command = [sys.executable, "-c", READER, str(home), str(stop)]
    reader = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=CHECKOUT)
    assert reader.stdout
    assert reader.stdout.readline() == "ready\n"
    old = sqlite3.connect(home / "library.sqlite3", isolation_level=None)
    old.execute("BEGIN")
    old.execute("SELECT count(*) FROM versions").fetchone()
    done = purge(shelf.stores, PURGED)
    assert not done.finished
    assert any(trace.place.endswith("-wal") and "newsdesk purge" in trace.advice for trace in done.left)
    old.close()
    monkeypatch.setattr(purging, "_WAIT", 10.0)
    assert purge(shelf.stores, ()).finished
    stop.touch()
    said, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    assert said.split()[0] == "harbour"
    assert_gone(shelf)


def test_old_conversation_says_what_was_deleted_and_keeps_the_rest(shelf: Assistant) -> None:
    page_before = open_page(shelf, c=TALK)
    assert any(view["cited"] for view in views(page_before, "answer"))
    harbour = shelf.conversations.opened("d" * 32)
    assert [heading.conversation_id for heading in shelf.conversations.listed(containing="walnut")] == [TALK]
    purge(shelf.stores, PURGED)
    first, *_ = turns = answers_of(shelf, TALK)
    assert first.question == first.searched_as == ASKED
    assert first.sentences == ()
    assert first.answer == ""
    (gone,) = [c for c in first.citations if c.deleted][:1]
    assert (gone.article_id, gone.source, gone.published, gone.title, gone.quote) == ("lanterns", "Skell Gazette", "2025-03-03", "", "")
    assert answer_to_json(first)["citations"][0]["deleted"] is True
    assert not [p for turn in turns for p in turn.passages if p.article_id in PURGED]
    other = shelf.conversations.opened("d" * 32)
    assert (
        (other.title, other.turns[0].feedback)
        == (harbour.title, harbour.turns[0].feedback)
        == ("Of the harbour", Feedback("right", "as the keeper said"))
    )
    assert other.turns[0].answer.citations == harbour.turns[0].answer.citations
    assert shelf.conversations.listed(containing="walnut") == shelf.conversations.listed(containing="431") == []
    talk = shelf.conversations.opened(TALK)
    assert talk.title == ASKED
    assert [turn.feedback for turn in talk.turns[:2]] == [Feedback("wrong"), None]
    for form in FORMS.values():
        assert "431 lanterns" not in form(talk)
        assert '"deleted": true' in form(talk) or "Deleted: the article was purged" in form(talk)
    (written,) = answers_of(shelf, "e" * 32)
    assert not written.sentences
    # A page that was open, and one that is opened now.
    for shown in (page_before.run(), open_page(shelf, c=TALK)):
        assert not shown.exception
        view = views(shown, "answer")[0]
        assert view["sentences"] == []
        assert [card["open"] for card in view["cited"]] == [None]
        assert "deleted" in view["notice"]
        assert "purged" in view["notice"]
    with pytest.raises(NoSuchArticle, match="was purged on"):
        shelf.article("lanterns")
    with pytest.raises(NoSuchArticle, match="was purged on"):
        shelf.versions("lanterns")


def test_answer_under_way_is_kept_without_the_words(shelf: Assistant) -> None:
    follow_up = shelf.ask("and who promised her a telescope?", history=[Turn(ASKED, shelf.ask(ASKED).answer)])
    assert follow_up.citations[0].quote == TWO
    purge(shelf.stores, PURGED)
    keep(shelf, "f" * 32, follow_up)
    answer = asdict(follow_up)
    from_cache = shelf.ledger.kept("k")
    shelf.ledger.keep("k", answer, most=5)
    assert shelf.ledger.kept("k") is from_cache is None
    (kept,) = answers_of(shelf, "f" * 32)
    assert kept.searched_as == follow_up.question
    assert all(c.deleted for c in kept.citations if c.article_id == "lanterns")
    assert_gone(shelf)


def test_purged_article_does_not_come_back(shelf: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    backup(shelf.library, tmp_path / "old.zip")
    purge(shelf.stores, ["lanterns"])
    report = sync(shelf.stores, [])
    assert (report.added, report.changed) == (0, 0)
    assert [w.reason for w in report.warnings] == ["lanterns was purged and stays out; under another id it can be taken in again"]
    with pytest.raises(NoSuchArticle, match="nothing of it is left"):
        restore(shelf.stores, "lanterns")
    # An evaluation reads the same folder.
    tested = open_library(read_yaml_suite(shelf.settings.home / "prompts.yaml"), shelf.settings, embedder=shelf.embedder)
    assert "lanterns" not in held_ids(tested)
    assert not holding(shelf.settings.home, needles(ONE, REVISED))
    restore_backup(shelf.stores, tmp_path / "old.zip", force=True)
    assert "newsdesk purge lanterns" in caplog.text
    assert "lanterns" not in held_ids(shelf)
    assert not [name for name in holding(shelf.settings.home, needles(ONE, REVISED)) if not name.startswith("evaluations/")]
    assert not examine(shelf.stores)
    purge(shelf.stores, ["lanterns"])
    assert not holding(shelf.settings.home, needles(ONE, REVISED))


def test_command_asks_refuses_and_names_what_is_left(
    shelf: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = shelf.settings.home
    monkeypatch.setenv("NEWSDESK_HOME", str(home))
    before = held_ids(shelf)
    assert main(["purge", "bathtub"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert main(["purge", "--yes"]) == 2
    assert main(["purge", "bathtub", "unknown", "--yes"]) == 2
    assert main(["purge", "--removed", "--yes"]) == 0
    (folder,) = (path for path in (home / "evaluations" / "runs").iterdir())
    with FileLock(folder / "lock"):
        assert main(["purge", "bathtub", "--yes"]) == 1
    assert "under way" in capsys.readouterr().err
    assert held_ids(shelf) == before
    remove(shelf.stores, "bathtub")
    assert main(["purge", "--removed", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "Purged: bathtub" in said
    assert "both.jsonl: holds bathtub beside other articles" in said
    assert holding(home, needles(SHARED)) == {"uploads/both.jsonl"}


def test_full_disk_is_said_and_the_next_run_ends_it(shelf: Assistant, assistant: Assistant, tmp_path: Path) -> None:
    small = tmp_path / "small"
    with mounted(small, megabytes=20):
        shutil.copytree(shelf.settings.home, small / "home")
        there = opened(small / "home", assistant)
        there.library.meta()
        ballast = small / "ballast"
        with pytest.MonkeyPatch.context() as patched:
            clean = purging.scour

            def fill_first(*args: object, **more: object) -> bool:
                rest = os.statvfs(small)
                ballast.write_bytes(b"x" * (rest.f_bavail * rest.f_frsize - 50_000))
                return clean(*args, **more)

            patched.setattr(purging, "scour", fill_first)
            with pytest.raises(StorageError, match="newsdesk purge"):
                purge(there.stores, PURGED)
        assert not set(PURGED) & held_ids(there)
        ballast.unlink()
        assert purge(there.stores, ()).finished
        assert_gone(there)
        there.library.database.close()


def test_library_that_lost_vectors_is_not_purged(shelf: Assistant) -> None:
    with shelf.library.database.writing() as db:
        db.execute("DELETE FROM vectors")
    with pytest.raises(LibraryError, match="doctor --repair"):
        purge(shelf.stores, PURGED)
    assert set(PURGED) <= held_ids(shelf)

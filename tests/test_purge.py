"""What was purged is in no byte of the data folder, opens nowhere and does not come back; killed on the way, run again it ends."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samples import THREE, held_ids, indexed, page
from test_store import Forks
from wire import Reply, Server

from rag.assistant import Assistant
from rag.cli import main
from rag.evaluate.files import read_yaml_suite
from rag.evaluate.prompt_file import append_prompt
from rag.evaluate.runner import run_suite
from rag.evaluate.turns import prompt_of_answer
from rag.librarian import take_in
from rag.records import Turn
from rag.settings import Settings
from rag.store.backup import backup
from rag.store.doctor import examine
from rag.store.sync import sync

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
    return Assistant(Settings(home=home, **settings), embedder=assistant.embedder, reader=assistant.reader)  # type: ignore[arg-type]


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
        prompt = body["messages"][-1]["content"]  # type: ignore[index]
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
    made.save_turn(TALK, made.ask("What did Ulla Brandvik correct the lanterns to?"))
    append_prompt(home / "prompts.yaml", prompt_of_answer(made.ask("What vanished from the Xalbrin tea museum?")))
    run_suite(read_yaml_suite(home / "prompts.yaml"), made.settings, embedder=assistant.embedder)
    backup(made.library, home / "before-restore.zip")
    made.library.database.close()
    return folder


def _talk(made: Assistant, home: Path, assistant: Assistant) -> None:
    """A quoted answer, a follow-up, one that only found it, and one that a chat model wrote, which is kept for the same question too."""
    first = made.ask(ASKED)
    assert first.citations[0].quote == ONE
    made.save_turn(TALK, first)
    made.save_turn(TALK, made.ask("and who promised her a telescope?", history=[Turn(ASKED, first.answer)]))
    made.save_turn(TALK, made.ask("Who won the chess olympiad of Zyqvort?"))
    made.save_turn("d" * 32, made.ask("How many ships were waiting in the harbour of Skell?"))
    with pytest.MonkeyPatch.context() as patched, Server("openai", written_by("431 lanterns")) as server:
        patched.setenv("OPENAI_API_KEY", "k")
        writing = opened(home, assistant, model="openai:test", model_url=server.url, model_retries=0)
        answer = writing.ask(ASKED)
        assert answer.model
        writing.save_turn("e" * 32, answer)
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
    started.close()


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

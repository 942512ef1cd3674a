"""The command's contract: exit statuses, JSON on standard output and nothing else there, one readable line for a failure."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import httpx
import pytest
from samples import HARBOUR, LIBRARY, THREE

import rag.cli.commands
from rag.assistant import Assistant
from rag.cli import main
from rag.errors import LibraryError
from rag.settings import CHECKOUT
from rag.store import neighbours

CRANE = "What fell into the harbour of Skell?"
ANSWER_KEYS = [
    "schema",
    "question",
    "searched_as",
    "status",
    "answer",
    "sentences",
    "citations",
    "accounts",
    "passages",
    "model",
    "seconds",
    "confidence",
    "notice",
    "incomplete",
    "usage",
    "cached",
    "time",
]
CITATION_KEYS = {
    "number",
    "author",
    "article_id",
    "version",
    "title",
    "source",
    "published",
    "url",
    "start",
    "end",
    "quote",
    "also_in",
    "words",
    "deleted",
    "updated",
    "notes",
    "carried_by",
}
DETAIL_KEYS = {"article_id", "version", "title", "source", "author", "published", "updated", "url", "language", "ingested"}

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def home(assistant: Assistant) -> Path:
    """The sample corpus' library; a test must not change it."""
    return assistant.settings.home


@pytest.fixture
def corpus(home: Path, monkeypatch: pytest.MonkeyPatch, assistant: Assistant) -> None:
    """The command answers from the sample corpus, with the model that is already loaded."""
    monkeypatch.setenv("NEWSDESK_HOME", str(home))
    monkeypatch.setattr(rag.cli.commands, "Assistant", lambda settings: Assistant(settings, embedder=assistant.embedder))


@pytest.fixture
def three(library_of: Callable[[dict[str, str]], Assistant], monkeypatch: pytest.MonkeyPatch, assistant: Assistant) -> Path:
    """The command works on a library of three articles of the test's own; their folder."""
    library_of(THREE)
    monkeypatch.setattr(rag.cli.commands, "Assistant", lambda settings: Assistant(settings, embedder=assistant.embedder))
    return Path(os.environ["NEWSDESK_HOME"]).parent / "articles"


def run_json(capsys: Capture, *argv: str, status: int = 0) -> Any:
    """Standard output of a call, read as one JSON value; nothing may stand on standard error."""
    assert main([*argv, "--json"]) == status
    printed = capsys.readouterr()
    assert printed.err == ""
    return json.loads(printed.out)


def newsdesk(*argv: str, home: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """A call in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if k != "CI"} | {"NEWSDESK_HOME": str(home)}
    command = [sys.executable, "-m", "rag", *argv]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, text=True, capture_output=True, timeout=120, **more)


# ask


@pytest.mark.usefixtures("corpus")
def test_answer_has_exactly_the_fields_of_the_contract(capsys: Capture) -> None:
    answer = run_json(capsys, "ask", "What is the cause of the recall at FairBasket?")
    assert list(answer) == ANSWER_KEYS
    assert answer["schema"] == 1
    assert answer["status"] == "answered"
    assert answer["answer"] == " ".join(sentence["text"] for sentence in answer["sentences"])
    assert all(set(sentence) == {"text", "verdict", "reason", "citations"} for sentence in answer["sentences"])
    assert all(set(citation) == CITATION_KEYS for citation in answer["citations"])
    assert [citation["number"] for citation in answer["citations"]] == list(range(1, len(answer["citations"]) + 1))
    assert all(set(p) == {"article_id", "version", "start", "end", "text", "score", "carried_by", "ranks"} for p in answer["passages"])
    assert [p["score"] for p in answer["passages"]] == sorted((p["score"] for p in answer["passages"]), reverse=True)
    assert set(answer["seconds"]) == {"retrieve", "read", "write", "total"}


@pytest.mark.usefixtures("corpus")
def test_abstaining_is_work_done(capsys: Capture) -> None:
    question = "how tall is Kilimanjaro?"
    answer = run_json(capsys, "ask", question)
    assert (answer["status"], answer["sentences"], answer["citations"]) == ("abstained", [], [])
    assert answer["answer"]
    assert main(["ask", question]) == 0
    assert "\nRelated, not an answer:\n- " in capsys.readouterr().out


@pytest.mark.usefixtures("corpus")
def test_text_answer_shows_markers_and_their_sources(capsys: Capture, assistant: Assistant) -> None:
    question = "What is the cause of the recall at FairBasket?"
    answer = assistant.ask(question)
    assert main(["ask", question]) == 0
    printed = capsys.readouterr().out
    assert f"{answer.sentences[0].text} [1]\n" in printed
    first = answer.citations[0]
    assert f"[1] {first.title} · {first.source} · {first.published} · carried by 3 outlets · {first.url}\n" in printed
    assert "Searched as" not in printed


@pytest.mark.usefixtures("corpus")
def test_corrected_question_is_shown(capsys: Capture) -> None:
    assert main(["ask", "who won the lotery?"]) == 0
    assert capsys.readouterr().out.lower().startswith("searched as: who won the lottery?\n\n")


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("question", ["", "   \n", "x" * 2001], ids=["empty", "blank", "too long"])
def test_question_that_is_none_is_bad_input(capsys: Capture, question: str) -> None:
    for command in ("ask", "search"):
        assert main([command, question, "--json"]) == 2
        printed = capsys.readouterr()
        assert (printed.out, printed.err.count("\n")) == ("", 1)


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize(
    "question",
    ['"', "?", "AND OR NOT", "NEAR(a b)", "título: 'x' -y *", "a\0b", "\udcff flood", "🌊" * 50, "flood " * 300, "chunks_fts:x ^y {z}"],
    ids=["quote", "mark", "operators", "near", "column", "nul", "surrogate", "emoji", "long", "braces"],
)
def test_odd_question_is_answered_or_refused_but_never_fails(capsys: Capture, question: str) -> None:
    assert run_json(capsys, "ask", question)["status"] in ("answered", "abstained")


def write_batch(path: Path, *lines: Any) -> str:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return str(path)


@pytest.mark.usefixtures("corpus")
def test_batch_prints_a_line_for_each_question_in_order(capsys: Capture, tmp_path: Path) -> None:
    history = [{"question": "Who runs the brewery in Cinder Lane?"}, {"question": "What about beer prices?", "answer": "They rose."}]
    file = write_batch(
        tmp_path / "batch.jsonl",
        {"id": "first", "question": "What is the cause of the recall at FairBasket?"},
        b"",
        {"id": 2, "question": "And how much was it?", "history": history},
        {"id": "third", "question": "how tall is Kilimanjaro?", "history": None},
    )
    assert main(["ask", "--batch", file, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == ["first", 2, "third"]
    assert all(set(line) == {"id", *ANSWER_KEYS} for line in lines)
    assert lines[1]["searched_as"] != lines[1]["question"] == "And how much was it?"
    assert [line["status"] for line in lines][::2] == ["answered", "abstained"]


@pytest.mark.usefixtures("corpus")
def test_bad_lines_of_a_batch_are_named_and_the_others_answered(capsys: Capture, tmp_path: Path) -> None:
    bad: list[tuple[Any, Any]] = [
        (None, b"{not json"),
        (None, b"\xff\xfe"),
        (None, b"[" * 100_000),
        (None, [1, 2]),
        (None, {"question": "no id"}),
        (None, {"id": True, "question": "id of the wrong kind"}),
        (None, b'{"id": "\\ud800", "question": "half a pair"}'),
        ("no question", {"id": "no question"}),
        ("number", {"id": "number", "question": 7}),
        ("empty", {"id": "empty", "question": " "}),
        ("history", {"id": "history", "question": "x", "history": "before"}),
        ("turn", {"id": "turn", "question": "x", "history": [{"answer": "no question"}]}),
        ("answer", {"id": "answer", "question": "x", "history": [{"question": "x", "answer": 3}]}),
    ]
    file = write_batch(tmp_path / "batch.jsonl", *(line for _, line in bad), {"id": "good", "question": "who won the lottery?"})
    assert main(["ask", "--batch", file, "--json"]) == 2
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["id"] for line in lines] == [*(id for id, _ in bad), "good"]
    assert all(set(line) == {"id", "error"} and line["error"] for line in lines[:-1])
    assert "schema" in lines[-1]
    assert main(["ask", "--batch", file]) == 2
    printed = capsys.readouterr()
    assert "good: who won the lottery?\n" in printed.out
    assert len(printed.err.splitlines()) == len(bad)


@pytest.mark.usefixtures("corpus")
def test_batch_file_that_is_missing_is_bad_input(capsys: Capture, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.jsonl", tmp_path):
        assert main(["ask", "--batch", str(path), "--json"]) == 2
        assert "cannot be read" in capsys.readouterr().err


@pytest.mark.usefixtures("corpus")
def test_filters_narrow_the_answer(capsys: Capture) -> None:
    found = run_json(capsys, "search", "flood", "--outlet", "northmere wire", "--since", "2025-06-01", "--limit", "3")
    assert {(p["source"], p["published"] >= "2025-06-01") for p in found} == {("Northmere Wire", True)}
    answer = run_json(capsys, "ask", "how many homes were evacuated in the flood?", "--until", "2025-02-28")
    assert all(citation["published"] < "2025-03" for citation in answer["citations"])


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--since", "2025-02-01", "--until", "2025-01-01"], "exchange"),
        (["--outlet", "The Daily Nothing"], "Northmere Wire"),
    ],
    ids=["days the wrong way round", "unknown outlet"],
)
def test_filter_that_can_match_nothing_is_bad_input(capsys: Capture, argv: list[str], named: str) -> None:
    assert main(["ask", "who won?", *argv]) == 2
    assert named in capsys.readouterr().err


# search, list, show


@pytest.mark.usefixtures("corpus")
def test_search_prints_passages_with_their_articles(capsys: Capture, assistant: Assistant) -> None:
    found = run_json(capsys, "search", "sea mine in the harbour", "--limit", "2")
    assert len(found) == 2
    for passage in found:
        assert set(passage) == {
            "article_id",
            "version",
            "start",
            "end",
            "text",
            "score",
            "title",
            "source",
            "published",
            "url",
            "carried_by",
        }
        assert assistant.article(passage["article_id"], passage["version"]).text[passage["start"] : passage["end"]] == passage["text"]
    assert main(["search", "sea mine in the harbour", "--limit", "2"]) == 0
    assert capsys.readouterr().out.startswith(f"1. {found[0]['title']} · ")


@pytest.mark.usefixtures("corpus")
def test_list_holds_every_article_without_its_text(capsys: Capture, assistant: Assistant) -> None:
    listed = run_json(capsys, "list")
    assert len(listed) == assistant.overview().articles
    assert all(set(article) == DETAIL_KEYS | {"carried_by"} for article in listed)
    assert [a["published"] for a in listed] == sorted((a["published"] for a in listed), reverse=True)
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [article["article_id"] for article in listed]


@pytest.mark.usefixtures("corpus")
def test_show_prints_the_head_an_empty_line_and_the_text(capsys: Capture, assistant: Assistant) -> None:
    article = assistant.article("flood-wend-peak")
    assert main(["show", "flood-wend-peak"]) == 0
    head = [article.title, article.source, article.author, article.published, article.url]
    assert capsys.readouterr().out == "\n".join([*map(str, head), "", article.text, ""])
    shown = run_json(capsys, "show", "flood-wend-peak", "--version", article.version)
    assert set(shown) == DETAIL_KEYS | {"text"}
    assert shown["text"] == article.text


@pytest.mark.usefixtures("corpus")
@pytest.mark.parametrize("argv", [["nothing"], ["flood-wend-peak", "--version", "0"], ["\udcff"]], ids=["article", "version", "not UTF-8"])
def test_show_of_what_is_not_held_is_bad_input(capsys: Capture, argv: list[str]) -> None:
    assert main(["show", *argv]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)


# sync, remove, doctor


def test_sync_reports_in_words_and_in_json(three: Path, capsys: Capture) -> None:
    (three / "harbour.md").write_text(HARBOUR.replace("14 ships", "19 ships"), encoding="utf-8")
    (three / "bad.md").write_bytes(b"")
    (three / "date.md").write_text("---\ntitle: Odd date\npublished: 31/31/2024\n---\nThe date of this article is odd.\n", encoding="utf-8")
    (three / "library.md").unlink()
    assert main(["sync", str(three)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 added, 1 changed, 1 removed, 1 unchanged; 2 chunks embedded in ")
    assert lines[1].startswith("left out: bad.md: ")
    assert lines[2].startswith("warning: date.md: ")
    assert "31/31/2024" in lines[2]
    report = run_json(capsys, "sync")
    assert set(report) == {"added", "changed", "removed", "unchanged", "embedded", "seconds", "rejected", "warnings"}
    assert [report[key] for key in ("added", "changed", "removed", "unchanged", "embedded")] == [0, 0, 0, 3, 0]
    assert [set(item) for item in report["rejected"]] == [{"path", "line", "reason"}]


def test_old_version_stays_readable_through_show(three: Path, capsys: Capture) -> None:
    old = run_json(capsys, "show", "harbour")
    (three / "harbour.md").write_text(HARBOUR.replace("14 ships", "19 ships"), encoding="utf-8")
    assert main(["sync"]) == 0
    capsys.readouterr()
    assert "19 ships" in run_json(capsys, "show", "harbour")["text"]
    assert run_json(capsys, "show", "harbour", "--version", old["version"]) == old


def test_remove_and_undo(three: Path, capsys: Capture) -> None:
    assert main(["remove", "harbour"]) == 0
    assert "`newsdesk remove --undo harbour`" in capsys.readouterr().out
    assert "harbour" not in [article["article_id"] for article in run_json(capsys, "list")]
    assert main(["remove", "harbour"]) == 2
    capsys.readouterr()
    back = run_json(capsys, "remove", "--undo", "harbour")
    assert (back["article_id"], back["removed"]) == ("harbour", False)
    assert run_json(capsys, "ask", CRANE)["citations"][0]["article_id"] == "harbour"


def test_doctor_says_what_is_wrong_and_mends_it(three: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run_json(capsys, "doctor")
    assert (said["sound"], said["findings"]) == (True, [])
    assert said["index"] == f"in {three.parent / 'home' / 'chroma'}"
    assert said["models"]["runtime"] == "openvino"
    assert said["models"]["precision"] in ("bf16", "f32")
    assert said["models"]["threads"] >= 1
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Models: openvino, since it is installed")
    (index,) = (three.parent / "home" / "chroma").glob("*/chroma.sqlite3")
    os.truncate(index, 5000)
    assert main(["ask", CRANE]) == 0, "a small library is compared without its index"
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(neighbours, "_WHOLE", -1)
        assert main(["ask", CRANE]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n"), "`newsdesk doctor --repair`" in printed.err) == ("", 1, True)
    found = run_json(capsys, "doctor", status=1)
    assert [set(finding) for finding in found["findings"]] == [{"part", "problem", "advice"}]
    assert main(["doctor", "--repair"]) == 0
    assert capsys.readouterr().out.startswith("Sound")
    assert main(["ask", CRANE]) == 0


# Failures


@pytest.mark.parametrize(
    "argv", [["list"], ["show", "x"], ["ask", "who?"], ["search", "x"], ["doctor"], ["remove", "x"]], ids=lambda a: a[0]
)
def test_without_a_library_the_command_says_how_to_begin(capsys: Capture, argv: list[str]) -> None:
    assert main([*argv, "--json"]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert "`newsdesk sync FOLDER`" in printed.err
    assert not Path(os.environ["NEWSDESK_HOME"]).joinpath("library.sqlite3").exists()


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["nonsense"],
        ["ask"],
        ["ask", "who?", "--batch", "x"],
        ["ask", "who?", "--since", "yesterday"],
        ["search", "x", "--limit", "0"],
        ["show"],
        ["list", "--nonsense"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_2(capsys: Capture, argv: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv)
    assert left.value.code == 2
    assert "usage: newsdesk" in capsys.readouterr().err


def test_bad_setting_is_named(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSDESK_PASSAGES", "many")
    assert main(["list"]) == 2
    assert "passages" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failure", "status", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (LibraryError("One.\nTwo."), 1, "newsdesk: One. Two.\n"),
        (ZeroDivisionError("odd"), 1, "newsdesk: unexpected ZeroDivisionError: odd."),
    ],
    ids=["interrupt", "own", "unexpected"],
)
def test_failure_is_one_line_without_a_traceback(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, failure: BaseException, status: int, said: str
) -> None:
    def fail(settings: object) -> None:
        raise failure

    monkeypatch.setattr(rag.cli.commands, "Assistant", fail)
    assert main(["list"]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(said)
    assert printed.err.count("\n") == bool(said)
    assert (main(["list", "--verbose"]), "Traceback" in capsys.readouterr().err) == (status, bool(said))


# In a process of its own


def test_commands_without_a_model_do_not_load_torch(home: Path) -> None:
    code = (
        "import sys; from rag.cli import main\n"
        "for argv in (['list'], ['show', 'flood-wend-peak'], ['doctor']): assert main(argv) == 0\n"
        "sys.exit([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules] or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=os.environ | {"NEWSDESK_HOME": str(home)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_reader_that_leaves_early_is_no_failure_worth_a_word(home: Path) -> None:
    environment = os.environ | {"NEWSDESK_HOME": str(home)}
    # Much more than a pipe holds, so that the command is still writing when its reader leaves.
    code = "import sys; from rag.cli import commands as c; c.listed_to_json = lambda article: 'x' * 100_000; sys.exit(c.main(['list', '--json']))"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 1


def test_batch_in_a_process_of_its_own_cites_what_show_shows(home: Path, tmp_path: Path) -> None:
    questions = ["how many homes were evacuated in the flood?", "who won the lottery?", "why was the ferry stranded?"]
    lines = [json.dumps({"id": str(n), "question": question}) for n, question in enumerate(questions)]
    done = newsdesk("ask", "--batch", "-", "--json", home=home, input="\n".join(lines))
    assert (done.returncode, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["0", "1", "2"]
    cited = {(c["article_id"], c["version"]): c for answer in answers for c in answer["citations"]}
    assert cited
    for (article_id, version), citation in list(cited.items())[:2]:
        shown = json.loads(newsdesk("show", article_id, "--version", version, "--json", home=home).stdout)
        assert shown["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_sync_shows_its_progress_on_a_terminal_only(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "library.md").write_text(LIBRARY, encoding="utf-8")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    environment = os.environ | {"NEWSDESK_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "rag", "sync", str(tmp_path / "articles"), "--json"]
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    assert process.stdout
    assert json.loads(process.stdout.read())["added"] == 1
    assert process.wait(timeout=60) == 0
    for stage in ("reading", "splitting", "embedding", "indexing"):
        assert stage.encode() in shown


def test_chat_serves_the_app_on_this_machine_with_the_settings_of_the_call(home: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    # Called from elsewhere, with a relative data folder and a file of settings.
    environment = os.environ | {"NEWSDESK_HOME": os.path.relpath(home, tmp_path)}
    key = "a-key-of-some-length"
    (tmp_path / "newsdesk.toml").write_text(f'api_key = "{key}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "rag", "chat", "--port", str(port), "--json"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        assert json.loads(process.stdout.readline()) == {"url": f"http://localhost:{port}"}
        assert health(port) == b"ok"
        # The same process answers other programs, by its own rules and not by those for files.
        api = f"http://localhost:{port}/api"
        asking = httpx.Client(timeout=60, headers={"Authorization": f"Bearer {key}"})
        end = time.monotonic() + 60
        while asking.get(f"{api}/ready").status_code != 200:
            assert time.monotonic() < end, "the models are not loaded"
            time.sleep(0.1)
        answer = asking.post(f"{api}/ask", json={"question": "What is the cause of the recall at FairBasket?"})
        assert answer.json()["status"] == "answered"
        assert "set-cookie" not in answer.headers
        assert asking.get(f"{api}/articles/C:%5Cnews").json()["status"] == 404
        assert httpx.get(f"{api}/articles").status_code == 401
        given = Path(f"/proc/{process.pid}/environ").read_text().split("\0")
        assert f"NEWSDESK_HOME={home}" in given
        assert os.readlink(f"/proc/{process.pid}/cwd") == str(CHECKOUT)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    assert process.returncode == 0
    assert process.stdout.read() == "", "nothing but the JSON"


def health(port: int) -> bytes:
    """What the app says of itself, once it is up."""
    end = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"http://localhost:{port}/_stcore/health") as said:
                return bytes(said.read())
        except URLError:
            assert time.monotonic() < end, "the app did not start"
            time.sleep(0.1)

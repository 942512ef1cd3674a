"""A chat server that is not the project's own, transformers' ``serve``, with a tiny model of random weights: its gibberish streams through, and no
sentence of it stands."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from rag.assistant import Assistant
from rag.models.chat import ChatModel, ChatOptions, Message
from rag.records import Answer, Wrote
from tests.tiny_model import WORDS, make_tiny_model

NAME = "tiny"
STARTUP = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + STARTUP
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"The server ended with {server.returncode}:\n{log.read_text(errors='replace')}")
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"No answer from {url}:\n{log.read_text(errors='replace')}")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The base URL of a server of folder/NAME; it runs in `folder`, so that the model's name is NAME, not a path."""
    port, log = free_port(), folder / "server.log"
    # `-m transformers.cli.transformers` is what the console script `transformers` calls.
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", NAME]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--default-seed", "0"]
    # HF_HOME: nothing of the user's cache is read; without the update check's flag the command asks PyPI for its version.
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HOME": str(folder / "hf"), "CUDA_VISIBLE_DEVICES": ""}
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=folder, env=os.environ | offline, stdout=out, stderr=out)
        try:
            wait_until_ready(server, f"http://127.0.0.1:{port}/health", log)
            yield f"http://127.0.0.1:{port}/v1", server
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def test_gibberish_of_a_foreign_server_streams_through(tmp_path: Path) -> None:
    make_tiny_model(tmp_path / NAME)
    with serving(tmp_path) as (url, _):
        call = ChatModel(f"openai:{NAME}", ChatOptions(url=url, tokens=120)).stream([Message("user", "Where did they flee?")])
        pieces = [piece.text for piece in call]
    assert len(pieces) > 20
    assert set("".join(pieces).replace(".", " ").split()) <= set(WORDS.split())
    assert call.usage.written == 120


def test_gibberish_of_a_foreign_server_is_marked_unsupported(tmp_path: Path, assistant: Assistant) -> None:
    make_tiny_model(tmp_path / NAME)
    with serving(tmp_path) as (url, _):
        settings = assistant.settings.model_copy(update={"model": f"openai:{NAME}", "model_url": url, "answer_tokens": 400})
        writing = Assistant(settings, embedder=assistant.embedder, reader=assistant.reader)
        events = list(writing.stream("Where did the attackers try to flee?"))
    written = [event.sentence for event in events if isinstance(event, Wrote)]
    answer = events[-1]
    assert isinstance(answer, Answer)
    gibberish = [sentence for sentence in written if sentence not in answer.sentences]
    assert len(gibberish) > 5
    assert {sentence.verdict for sentence in gibberish} == {"unsupported"}
    assert all(sentence.reason and not sentence.citations for sentence in gibberish)
    assert {sentence.verdict for sentence in answer.sentences} == {"quoted"}
    assert answer.notice
    assert "Nothing of what the chat model wrote" in answer.notice

"""Fixtures over the real thing: the packaged models, SQLite and Chroma in temporary folders, the sample corpus."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import yaml
from filelock import FileLock
from numpy.typing import NDArray

from rag.assistant import Assistant
from rag.models import runtime
from rag.records import Answer, Turn
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync

NETWORK = runtime.Network
CORPUS = CHECKOUT / "corpus" / "articles"
PROMPTS = yaml.safe_load((CHECKOUT / "corpus" / "prompts.yaml").read_text(encoding="utf-8"))["tests"]
# Every fifth prompt, and all that lie far from the corpus: reading is most of a run's time, and `newsdesk eval` asks them all.
ASKED = [prompt for number, prompt in enumerate(PROMPTS) if number % 5 == 0 or prompt["metadata"].get("near") is False]


def pytest_configure(config: pytest.Config) -> None:
    """One folder of converted models for all tests and the processes that they start: converting takes 10 s for each folder."""
    if _is_first_process(config):
        os.environ["NEWSDESK_MODELS"] = tempfile.mkdtemp(prefix="newsdesk-models-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _is_first_process(config):
        shutil.rmtree(os.environ.pop("NEWSDESK_MODELS"), ignore_errors=True)


def _is_first_process(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads the developer's own settings, nor touches the checkout's library."""
    for name in [
        name
        for name in os.environ
        if name.startswith("NEWSDESK_") and name not in ("NEWSDESK_REQUIRE_BROWSER", "NEWSDESK_CHROMIUM", "NEWSDESK_MODELS")
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NEWSDESK_HOME", str(tmp_path / "home"))


class _Remembering(NETWORK):
    """The real network, which is not run twice on the same inputs in one run of the tests, whatever process asks."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._name = path.name

    def run(self, inputs: Mapping[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        key = hashlib.sha256(self._name.encode())
        for name, array in sorted(inputs.items()):
            key.update(f"{name}{array.shape}".encode() + array.tobytes())
        file = Path(os.environ["NEWSDESK_MODELS"]) / "remembered" / f"{key.hexdigest()}.npy"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as making:
                np.save(making, super().run(inputs))
            os.replace(making.name, file)
        out: NDArray[np.float32] = np.load(file)
        return out


@pytest.fixture(scope="session", autouse=True)
def _remembering_networks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "Network", _Remembering)
        yield


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Over the sample corpus; shared, so a test must not change it. What to ask next is a question or more answered after each one, so only its own tests have it."""
    opened = Assistant(Settings(home=tmp_path_factory.mktemp("corpus-home"), follow_ups=0))
    with FileLock(Path(os.environ["NEWSDESK_MODELS"]) / "corpus.lock"):  # who comes second finds all vectors remembered
        sync(opened.stores, [CORPUS])
    return opened


@pytest.fixture(scope="session")
def answers(assistant: Assistant) -> list[Answer]:
    """The answers to ``ASKED`` over the sample corpus; computed once for all processes of a run."""
    shared = Path(os.environ["NEWSDESK_MODELS"]) / "answers"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            told = [[Turn(turn["question"], turn.get("answer")) for turn in prompt.get("history", [])] for prompt in ASKED]
            made = [assistant.ask(prompt["question"], history=turns) for prompt, turns in zip(ASKED, told, strict=True)]
            shared.write_bytes(pickle.dumps(made))
        found: list[Answer] = pickle.loads(shared.read_bytes())
    return found


@pytest.fixture
def library_of(tmp_path: Path, assistant: Assistant) -> Callable[[dict[str, str]], Assistant]:
    """Makes a small library of the test's own from file names and contents; the model is the shared one."""

    def make(files: dict[str, str]) -> Assistant:
        folder = tmp_path / "articles"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        opened = Assistant(Settings(home=tmp_path / "home", follow_ups=0), embedder=assistant.embedder)
        sync(opened.stores, [folder])
        return opened

    return make

"""Fixtures over the real thing: the packaged models, SQLite and Chroma in temporary folders, the sample corpus."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from rag.assistant import Assistant
from rag.records import Answer, Turn
from rag.settings import CHECKOUT, Settings
from rag.store.library import Library
from rag.store.sync import sync

CORPUS = CHECKOUT / "corpus" / "articles"
PROMPTS = yaml.safe_load((CHECKOUT / "corpus" / "prompts.yaml").read_text(encoding="utf-8"))["tests"]


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
        if name.startswith("NEWSDESK_")
        and name not in ("NEWSDESK_REQUIRE_BROWSER", "NEWSDESK_CHROMIUM", "NEWSDESK_SCREENSHOT", "NEWSDESK_MODELS")
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NEWSDESK_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """Over the sample corpus; shared, so a test must not change it. Its vectors are computed once for all processes of a run."""
    opened = Assistant(Settings(home=tmp_path_factory.mktemp("corpus-home")))
    shared = Path(os.environ["NEWSDESK_MODELS"]) / "corpus-home"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            sync(Assistant(Settings(home=shared), embedder=opened.embedder).stores, [CORPUS])
    sync(replace(opened.stores, lenders=[Library(shared)]), [CORPUS])
    return opened


@pytest.fixture(scope="session")
def answers(assistant: Assistant) -> list[Answer]:
    """Every prompt's answer over the sample corpus, of both halves, in the order of the file; computed once for all processes of a run."""
    shared = Path(os.environ["NEWSDESK_MODELS"]) / "answers"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            told = [[Turn(turn["question"], turn.get("answer")) for turn in prompt.get("history", [])] for prompt in PROMPTS]
            made = [assistant.ask(prompt["question"], history=turns) for prompt, turns in zip(PROMPTS, told, strict=True)]
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
        opened = Assistant(Settings(home=tmp_path / "home"), embedder=assistant.embedder)
        sync(opened.stores, [folder])
        return opened

    return make

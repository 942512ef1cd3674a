"""A room imports only rooms above it, as the table in docs says; outside libraries stay in their rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from rag.settings import CHECKOUT

# Rooms of one line know nothing of each other.
TABLE = (
    "errors",
    "records",
    "conversation",
    "settings",
    "signin",
    "text",
    "intake",
    "fetch",
    "models",
    "store",
    "folding",
    "langchain_retriever",
    "retrieve",
    "drafting",
    "answer",
    "writing librarian export suggesting line",
    "assistant",
    "evaluate",
    "batch terminal catalogue opened walls",
    "ui api cli gate",
    "web",
    "__main__ app serve",
)
LEVEL = {room: level for level, line in enumerate(TABLE) for room in line.split()}
# What the order alone would allow.
ALSO_NOT = {
    "answer": {"store", "folding", "retrieve", "settings"},
    "retrieve": {"intake"},
    "ui": {"store", "folding", "retrieve", "models", "intake", "fetch"},
    "api": {"store", "folding", "retrieve", "models", "intake", "fetch", "ui", "cli"},
    "cli": {"ui", "api"},
}
# Outside libraries and the only places that may import them.
KEPT_IN = {
    "chromadb": ("rag/store/folders.py",),
    "httpx": ("rag/store/chroma_server.py",),
    "sqlite3": ("rag/store/",),
    "streamlit": ("rag/ui/", "app.py", "rag/gate.py", "rag/web.py"),
    "fastapi": ("rag/api/",),
    "starlette": ("rag/api/", "rag/gate.py", "rag/web.py", "rag/walls.py"),
    "langchain_core": ("rag/models/", "rag/langchain_retriever.py", "rag/answer/generate.py"),
    "langchain": ("rag/models/", "rag/langchain_retriever.py", "rag/answer/generate.py"),
    "sentence_transformers": ("rag/models/",),
    "torch": ("rag/models/",),
    "transformers": ("rag/models/",),
    "httpcore": ("rag/fetch/wire.py",),
    "openvino": ("rag/models/",),
    "onnxruntime": ("rag/models/",),
    "tokenizers": ("rag/models/",),
}
MODULES = sorted([*(CHECKOUT / "rag").rglob("*.py"), CHECKOUT / "app.py"])


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a module imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            # `from rag import records` names a room in its second half.
            yield from ([f"rag.{alias.name}" for alias in node.names] if node.module == "rag" else [node.module or ""])


def room_of(path: Path) -> str:
    """The room that a file belongs to."""
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return parts[0] if len(parts) == 1 else parts[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_room_imports_only_rooms_above_it(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        assert not [name for name in imported(path) if name.startswith("rag.")]
        return
    assert room in LEVEL, f"rag/{room} stands in no line of the table"
    for name in imported(path):
        if name.startswith("rag."):
            other = name.split(".")[1]
            assert other == room or LEVEL[other] < LEVEL[room], f"{room} must not import {name}"
            assert other not in ALSO_NOT.get(room, set()), f"{room} must not know {name}"


@pytest.mark.parametrize("library", KEPT_IN)
def test_outside_library_stays_in_its_rooms(library: str) -> None:
    users = [path.relative_to(CHECKOUT).as_posix() for path in MODULES if library in {name.split(".")[0] for name in imported(path)}]
    assert [user for user in users if not user.startswith(KEPT_IN[library])] == []


def test_no_module_of_a_process_that_starts_in_rag_hides_a_library() -> None:
    """Streamlit puts the folder of what it runs before all others."""
    assert {path.stem for path in (CHECKOUT / "rag").iterdir() if path.suffix in ("", ".py")} & (
        set(packages_distributions()) - {"rag"}
    ) == set()

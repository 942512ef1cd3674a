"""Puts one more test prompt into a person's YAML file and changes no other byte of it; it runs nothing.

The text is cut and joined at YAML's own marks, then read again and compared before it takes the old file's place.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import secrets
import stat
import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock
from pydantic import ValidationError

from rag.errors import UsageError
from rag.evaluate.files import read_text
from rag.evaluate.prompt_text import plain, write_prompt
from rag.evaluate.schema import FilePromptWithQuestion

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRUCTURE = (yaml.StreamStartToken, yaml.StreamEndToken, yaml.BlockEndToken, yaml.DocumentEndToken)


@dataclass(frozen=True, slots=True)
class _File:
    """A file of test prompts: its text, its value, and its nodes; ``key`` and ``tests`` are None where it has no ``tests``."""

    text: str
    data: dict[str, Any]
    root: yaml.MappingNode
    key: yaml.Node | None
    tests: yaml.Node | None


def append_prompt(path: Path, prompt: Mapping[str, Any]) -> int:
    """Put the prompt, in the form of the file, at the end of the file's ``tests`` and return the line, from 1, where it begins.

    Makes the file and its folder where there are none. Raises UsageError, and leaves the file as it was, when it is no mapping,
    no YAML or has ``tests`` in brackets, when it already holds this prompt, and when the prompt could not be read again.
    """
    given = _valid(path, prompt)
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(_lock_of(target)):
            file = _read(path)
            if held := _line_of(file, given):
                raise UsageError(f"{path} already holds this prompt (line {held}): change what it asks or asserts.")
            text, line = _joined(path, file, given)
            mark = codecs.BOM_UTF8 if target.exists() and target.read_bytes().startswith(codecs.BOM_UTF8) else b""
            _replace(target, mark + text.encode())
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}): choose another place for the test prompts.") from error
    return line


def _lock_of(target: Path) -> Path:
    """Among temporary files: a person's folder, most often a repository, is no place for it."""
    return Path(tempfile.gettempdir()) / f"newsdesk-{hashlib.sha256(str(target).encode()).hexdigest()[:16]}.lock"


def line_of_prompt(path: Path, prompt: Mapping[str, Any]) -> int:
    """The line, from 1, of a prompt that asks and asserts the same; 0 where the file holds none. Raises as ``append_prompt`` does."""
    return _line_of(_read(path), plain(prompt))


def _valid(path: Path, prompt: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = plain(prompt)
    try:
        FilePromptWithQuestion.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "question"
        raise UsageError(f"{path}: the new prompt's {field}: {first['msg'].removeprefix('Value error, ')}.") from error
    return given


def _read(path: Path) -> _File:
    text = read_text(path) if path.exists() else ""
    try:
        root, data = yaml.compose(text, _LOADER), yaml.load(text, _LOADER)
        if root is None:  # nothing yet, or only comments
            newline = _newline(text)
            text += (newline if text and not text.endswith("\n") else "") + f"description: Test prompts{newline}"
            root, data = yaml.compose(text, _LOADER), yaml.load(text, _LOADER)
    except yaml.MarkedYAMLError as error:
        at = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"{path}{at}: this is not YAML ({error.problem}): mend it, then add the prompt again.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: this is not YAML ({' '.join(str(error).split())[:120]}): mend it, then add the prompt again.") from error
    if not isinstance(root, yaml.MappingNode) or not isinstance(data, dict):
        raise UsageError(f"{path} is no mapping with the key tests, as test prompts are: choose another file.")
    key, tests = next(((key, value) for key, value in reversed(root.value) if key.value == "tests"), (None, None))
    listed = data.get("tests")
    if listed is not None and not isinstance(listed, list):
        raise UsageError(f"{path}: tests is no list: write one prompt after another, each after a dash.")
    if root.flow_style or (listed and tests is not None and tests.flow_style):
        raise UsageError(f"{path}: tests is written in brackets: write one prompt after another, each after a dash, to have more added.")
    return _File(text, data, root, key, tests)


def _line_of(file: _File, prompt: Mapping[str, Any]) -> int:
    nodes = file.tests.value if isinstance(file.tests, yaml.SequenceNode) else []
    held, wanted = zip(nodes, file.data.get("tests") or [], strict=True), _asked(prompt)
    return next((_line(file.text, node.start_mark.index) for node, item in held if _asked(item) == wanted), 0)


def _asked(prompt: Any) -> str:
    """What makes two prompts the same test: a description and metadata may differ."""
    if not isinstance(prompt, dict):
        return ""
    variables = prompt.get("vars")
    question = prompt.get("question", variables.get("question") if isinstance(variables, dict) else None)
    return json.dumps(
        [" ".join(str(question).split()), *(prompt.get(key) or None for key in ("history", "filters", "assert"))],
        sort_keys=True,
        default=str,
    )


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _joined(path: Path, file: _File, prompt: dict[str, Any]) -> tuple[str, int]:
    """The file's new text, and the line of the prompt in it."""
    before, after, indent = _cut(file)
    newline = _newline(file.text)
    if before and not before.endswith("\n"):
        before += newline
    if file.key is None:
        before += f"{' ' * indent}tests:{newline}"
    text = before + textwrap.indent(write_prompt(prompt), " " * indent).replace("\n", newline) + after
    wanted = file.data | {"tests": [*(file.data.get("tests") or []), prompt]}
    try:
        kept = yaml.load(text, _LOADER) == wanted
    except (yaml.YAMLError, ValueError):
        kept = False
    if not kept:
        raise UsageError(f"{path}: no prompt can be added without changing how the rest is read: end the last prompt with an empty line.")
    return text, _line(text, len(before))


def _cut(file: _File) -> tuple[str, str, int]:
    """The text before and after the place of a further prompt, and how far its dash stands from the margin."""
    text, tests = file.text, file.tests
    tokens = [token for token in yaml.scan(text, _LOADER) if not isinstance(token, _STRUCTURE)]
    if tests is None or file.key is None:
        at = _end_of_line(text, max(token.end_mark.index for token in tokens if token.start_mark.index < file.root.end_mark.index))
        return text[:at], text[at:], file.root.start_mark.column
    start, end = tests.start_mark.index, tests.end_mark.index
    if not file.data.get("tests"):
        at = _end_of_line(text, end)
        return text[:start].rstrip(" \t") + text[end:at], text[at:], file.key.start_mark.column
    at = _end_of_line(text, max(token.end_mark.index for token in tokens if token.start_mark.index < end))
    dash = next(token for token in tokens if isinstance(token, yaml.BlockEntryToken) and token.start_mark.index >= start)
    return text[:at], text[at:], dash.start_mark.column


def _end_of_line(text: str, index: int) -> int:
    """Where the line of a token ends, with its comment; a block of text ends at the beginning of a line already."""
    found = text.find("\n", index - 1)
    return found + 1 if found >= 0 else len(text)


def _replace(target: Path, content: bytes) -> None:
    """A reader sees the old file or the new one, whenever the process is killed."""
    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with new.open("xb") as file:
            if target.exists():
                os.chmod(new, stat.S_IMODE(target.stat().st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, target)
    finally:
        new.unlink(missing_ok=True)

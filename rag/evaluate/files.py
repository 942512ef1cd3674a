"""Reads test prompts in YAML and says with file, line and field what is wrong in them; it runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rag.errors import UsageError
from rag.evaluate.cases import Case, Check, Suite, case_id, with_unique_ids
from rag.evaluate.schema import LISTS, FileCheck, FileFilters, FilePrompt, FileSuite
from rag.records import Filters, Turn

_LARGEST_BYTES = 50_000_000
# C is ten times as fast as Python at 10,000 prompts; a wheel without it still reads.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Whose values are wordings of the answer, for token F1.
_REFERENCES = frozenset({"contains", "contains-any", "icontains", "icontains-any", "equals"})


def read_yaml_suite(path: Path) -> Suite:
    """The test prompts of a YAML file.

    Raises UsageError that names file, line and field of each of the first five mistakes.
    """
    text = read_text(path)
    try:
        given = yaml.load(text, _LOADER)
    except yaml.MarkedYAMLError as error:
        at = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"{path}{at}: this is not YAML ({error.problem}).") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: this is not YAML ({' '.join(str(error).split())[:120]}).") from error
    if not isinstance(given, dict):
        raise UsageError(f"{path}: a file of test prompts is a mapping with the key tests (docs/testing.md).")
    try:
        file = FileSuite.model_validate(given)
    except ValidationError as error:
        raise UsageError(_mistakes(path, text, error)) from error
    return _to_suite(path, file)


def read_text(path: Path) -> str:
    """A file's text; raises UsageError for one that is missing, unreadable, too large or not UTF-8."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise UsageError(f"{path} has more than {_LARGEST_BYTES // 1_000_000} MB: divide it.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a file of test prompts.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8.") from error


def _mistakes(path: Path, text: str, error: ValidationError) -> str:
    root = yaml.compose(text, _LOADER)
    assert root is not None
    # A value that fits none of several types is reported once for each; the first will do.
    found: dict[tuple[int, str], str] = {}
    for item in error.errors():
        remark = "there is no such key" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        found.setdefault(_place(root, item["loc"]), f"{remark[:1].lower()}{remark[1:]}")
    first = [f"line {line}, {field}: {remark}" for (line, field), remark in found.items()][:5]
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    return f"{path}: {'; '.join(first)}{more}."


def _place(root: yaml.Node, loc: Sequence[str | int]) -> tuple[int, str]:
    """Line (from 1) and field of a mistake, as deep as the file goes."""
    node, field = root, list[str]()
    for part in loc:
        child = _child(node, part)
        if child is None:
            # The key that is missing, or the name of one of several types, which is no place in the file.
            if isinstance(node, yaml.MappingNode) and isinstance(part, str):
                field.append(part)
            break
        node = child
        field.append(f"[{part}]" if isinstance(part, int) else part)
    return node.start_mark.line + 1, ".".join(field).replace(".[", "[") or "the file"


def _child(node: yaml.Node, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    return None


def _to_suite(path: Path, file: FileSuite) -> Suite:
    folder = path.resolve().parent
    sources = tuple((folder / Path(source).expanduser()).resolve() for source in file.sources)
    return Suite(path, file.description, with_unique_ids(_to_case(prompt, file.default) for prompt in file.tests), sources)


def _to_case(prompt: FilePrompt, default: FilePrompt) -> Case:
    question = " ".join(str(prompt.asked).split())
    history = tuple(Turn(turn.question, turn.answer) for turn in prompt.history or default.history)
    narrowed = prompt.filters if prompt.filters != FileFilters() else default.filters
    filters = Filters(narrowed.since, narrowed.until, tuple(narrowed.outlets))
    checks = tuple(_to_check(check) for check in [*default.checks, *prompt.checks])
    return Case(
        id=case_id(question, history, filters),
        description=prompt.description or question,
        question=question,
        checks=checks,
        history=history,
        filters=filters,
        threshold=prompt.threshold if prompt.threshold is not None else default.threshold,
        metadata=default.metadata | prompt.metadata,
        references=tuple(value for check in checks if check.kind in _REFERENCES and not check.negated for value in check.values),
    )


def _to_check(check: FileCheck) -> Check:
    kind = check.type.removeprefix("not-")
    return Check(kind, check.texts, check.type != kind, check.threshold, check.weight)


def case_to_file(case: Case) -> Mapping[str, Any]:
    """A test prompt in the form of the file, for results and reports."""
    turns = [{"question": turn.question} | ({"answer": turn.answer} if turn.answer else {}) for turn in case.history]
    checks = [_check_to_file(check) for check in case.checks]
    whole = {
        "description": case.description,
        "question": case.question,
        "history": turns,
        "filters": _filters_to_file(case.filters),
        "assert": checks,
        "threshold": case.threshold,
        "metadata": dict(case.metadata),
    }
    return {key: value for key, value in whole.items() if value}


def _filters_to_file(filters: Filters) -> dict[str, Any]:
    days = {name: day.isoformat() for name, day in (("since", filters.since), ("until", filters.until)) if day}
    return days | ({"outlets": list(filters.outlets)} if filters.outlets else {})


def _check_to_file(check: Check) -> dict[str, Any]:
    value = list(check.values) if len(check.values) > 1 or check.kind in LISTS else next(iter(check.values), None)
    weight = check.weight if check.weight != 1 else None
    return {
        key: item
        for key, item in {"type": check.type, "value": value, "threshold": check.threshold, "weight": weight}.items()
        if item is not None
    }

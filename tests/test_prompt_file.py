"""One more test prompt in a person's file: it reads as it was meant, and nothing else in the file changes."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import UsageError
from rag.evaluate.files import read_yaml_suite
from rag.evaluate.prompt_file import append_prompt, line_of_prompt
from rag.evaluate.prompt_text import write_prompt
from rag.settings import CHECKOUT

PROMPT: dict[str, Any] = {
    "description": "Marchers by the count of the police",
    "question": "and according to the police?",
    "history": [{"question": "How many people marched?", "answer": "About 4,200."}],
    "filters": {"since": date(2025, 2, 1), "outlets": ["Marrowshire Courier"]},
    "assert": [{"type": "contains", "value": "1,900"}, {"type": "cites", "value": ["demonstration-cuts-courier", "b"]}],
    "threshold": 0.5,
    "metadata": {"split": "dev", "kind": "follow-up", "near": True},
}
WRITTEN = """\
- description: Marchers by the count of the police
  question: and according to the police?
  history:
  - {question: "How many people marched?", answer: "About 4,200."}
  filters: {since: 2025-02-01, outlets: [Marrowshire Courier]}
  assert:
  - {type: contains, value: "1,900"}
  - {type: cites, value: [demonstration-cuts-courier, b]}
  threshold: 0.5
  metadata: {split: dev, kind: follow-up, near: true}
"""
SMALL: dict[str, Any] = {"question": "Who?", "assert": [{"type": "abstains"}]}
HOSTILE = (
    "# no comment",
    "a: b",
    "- item",
    "@at",
    "`tick`",
    "%TAG",
    "!!python/object:os.system",
    "*alias",
    "&anchor",
    "{a: 1}",
    "[1, 2]",
    "yes",
    "null",
    "~",
    "y",
    "1e3",
    "0o17",
    "12:30",
    "2025-01-01",
    "1,900",
    "=",
    "<<",
    "---",
    "...",
    "two\nlines\n",
    "tab\there",
    " spaces ",
    '"quoted"',
    "it's",
    "“curly”",
    "emoji 😀",
    "\x00\x07\x1b\x7f\x85",
    "\u2028\ufeff",
    "back\\slash",
    "ends:",
    "ends #",
    "Łukasz, Ayşe & 東京",
)
LAYOUTS = {
    "one column with comments": "# my prompts\ndescription: 'Old'   # quoted\ntests:\n- {question: a}  # first\n# between\n- question: \"b\"\n  # tail\n\n# of the next key\nsources: [x]\n",
    "indented": "tests:\n    - question: a\n      assert:\n        - {type: abstains}\n",
    "wide dash": "tests:\n  -   question: a\n      description: b\n",
    "not the last key": "tests:\n- question: a\ndefaultTest: {metadata: {x: 1}}\n",
    "block text at the end": "tests:\n- question: |+\n    a\n    b\n\n\nsources: [x]\n",
    "folded text": "tests:\n- question: >-\n    a\n    b\n",
    "anchors": "tests:\n- question: &q a\n- question: *q\n",
    "no final newline": "tests:\n- question: a",
    "document marks": "%YAML 1.1\n---\ntests:\n- question: a\n...\n",
    "null last value": "tests:\n- question: a\n  description:\n",
    "byte order mark": "\ufefftests:\n- question: a\n",
    "windows": "description: x\r\ntests:\r\n- question: a   # c\r\nsources: [x]\r\n",
    "umlauts before": "description: Ärger mit 😀 und 東京\ntests:\n- question: ü\nsources: [x]\n",
    "empty brackets": "tests: []  # none yet\nsources: [x]\n",
    "nothing after tests": "tests:\nsources: [x]\n",
    "null": "tests: ~\n",
    "no tests key": "description: x\nsources: [x]\n",
    "only a comment": "# soon\n",
    "only a comment, windows": "# soon\r\n# or later",
    "indented mapping": "  description: x\n  tests:\n  - question: a\n",
}


def put(folder: Path, text: str) -> Path:
    path = folder / "prompts.yaml"
    path.write_bytes(text.encode())
    return path


def prompts_of(path: Path) -> list[Any]:
    return (yaml.safe_load(path.read_bytes()) or {}).get("tests") or []


def test_written_as_a_person_would() -> None:
    shuffled = dict(reversed(PROMPT.items()))
    assert write_prompt(shuffled) == WRITTEN


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_every_other_byte_stays(tmp_path: Path, text: str) -> None:
    path = put(tmp_path, text)
    before, held = path.read_bytes(), yaml.safe_load(text.removeprefix("\ufeff")) or {}

    line = append_prompt(path, PROMPT)

    after = path.read_bytes()
    if not held.get("tests") and "tests:" in text:
        before = before.replace(b" []", b"").replace(b" ~", b"")
    # One stretch was put in, somewhere.
    assert any(after.startswith(before[:at]) and after.endswith(before[at:]) for at in range(len(before) + 1))
    assert yaml.safe_load(after) == (held or {"description": "Test prompts"}) | {"tests": [*(held.get("tests") or []), PROMPT]}
    assert after.decode().split("\n")[line - 1].lstrip("\ufeff ").startswith("- description: Marchers")
    assert (b"\r\n" in before) == (b"\r\n" in after)
    assert after.count(b"\r\n") in (0, after.count(b"\n"))


def test_comment_of_the_next_key_stays_with_it(tmp_path: Path) -> None:
    path = put(tmp_path, LAYOUTS["one column with comments"])
    append_prompt(path, SMALL)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines.index("- question: Who?") < lines.index("# of the next key") == lines.index("sources: [x]") - 1


def test_sample_prompts_take_one_more(tmp_path: Path) -> None:
    text = (CHECKOUT / "corpus" / "prompts.yaml").read_text(encoding="utf-8")
    path = put(tmp_path, text)
    line = append_prompt(path, PROMPT)
    assert path.read_text(encoding="utf-8") == text + WRITTEN
    assert line == text.count("\n") + 1
    assert read_yaml_suite(path).cases[-1].question == PROMPT["question"]


def test_missing_file_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "prompts.yaml"
    assert append_prompt(path, SMALL) == 3
    assert path.read_text(encoding="utf-8") == "description: Test prompts\ntests:\n- question: Who?\n  assert:\n  - {type: abstains}\n"
    assert append_prompt(path, SMALL | {"question": "Where?"}) == 6
    assert len(read_yaml_suite(path).cases) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("- question: a\n", "no mapping", id="a list"),
        pytest.param("just words\n", "no mapping", id="a text"),
        pytest.param("tests: [\n", "not YAML", id="no YAML"),
        pytest.param("tests:\n- question: a\n---\nb: 1\n", "not YAML", id="two documents"),
        pytest.param("tests: !!python/object:os.system {}\n", "not YAML", id="an object"),
        pytest.param("tests: [{question: a}]\n", "brackets", id="in brackets"),
        pytest.param("{tests: []}\n", "brackets", id="all in brackets"),
        pytest.param("tests: {question: a}\n", "no list", id="a map"),
        pytest.param("tests: 5\n", "no list", id="a number"),
        # A further line would end the text with a line end that it does not have.
        pytest.param("tests:\n- question: |\n    a", "changing", id="text without an end"),
    ],
)
def test_refused_and_untouched(tmp_path: Path, text: str, says: str) -> None:
    path = put(tmp_path, text)
    with pytest.raises(UsageError, match=says) as refused:
        append_prompt(path, SMALL)
    assert path.read_bytes() == text.encode()
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prompts.yaml"
    path.write_bytes("tests:\n- question: ä\n".encode("latin-1"))
    with pytest.raises(UsageError, match="UTF-8"):
        append_prompt(path, SMALL)
    assert path.read_bytes() == "tests:\n- question: ä\n".encode("latin-1")


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        pytest.param({"assert": [{"type": "abstains"}]}, "no question", id="no question"),
        pytest.param(SMALL | {"assert": [{"type": "contains", "value": ""}]}, "empty value", id="empty value"),
        pytest.param(SMALL | {"assert": [{"type": "holds"}]}, "no assertion type", id="unknown type"),
        pytest.param(SMALL | {"question": "half an emoji \ud83d"}, "question", id="half a character"),
    ],
)
def test_prompt_that_could_not_be_read_is_refused(tmp_path: Path, prompt: dict[str, Any], says: str) -> None:
    path = put(tmp_path, "tests:\n- question: a\n")
    with pytest.raises(UsageError, match=says):
        append_prompt(path, prompt)
    assert path.read_text(encoding="utf-8") == "tests:\n- question: a\n"


def test_same_prompt_twice_is_noticed(tmp_path: Path) -> None:
    path = put(tmp_path, "tests:\n- question: a\n")
    line = append_prompt(path, PROMPT)
    before = path.read_bytes()
    assert line_of_prompt(path, PROMPT | {"description": "in other words", "metadata": {}}) == line
    with pytest.raises(UsageError, match=rf"already holds this prompt \(line {line}\)"):
        append_prompt(path, PROMPT)
    assert path.read_bytes() == before
    assert line_of_prompt(path, PROMPT | {"filters": {}}) == 0
    assert append_prompt(path, PROMPT | {"filters": {}}) > line


def test_no_prompt_is_held_by_a_missing_file(tmp_path: Path) -> None:
    assert line_of_prompt(tmp_path / "none.yaml", PROMPT) == 0
    assert not (tmp_path / "none.yaml").exists()


TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12), st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3).map(" ".join)
)  # fmt: skip
VALUES = TEXTS | st.integers(-5, 5) | st.booleans()
PROMPTS = st.fixed_dictionaries(
    {
        "question": TEXTS.filter(str.strip),
        "assert": st.lists(st.fixed_dictionaries({"type": st.just("contains"), "value": VALUES}), min_size=1, max_size=2),
    },
    optional={
        "description": TEXTS,
        "history": st.lists(st.fixed_dictionaries({"question": TEXTS}, optional={"answer": TEXTS}), max_size=2),
        "filters": st.fixed_dictionaries({"outlets": st.lists(TEXTS, max_size=2)}),
        "metadata": st.dictionaries(TEXTS, VALUES | st.lists(VALUES, max_size=2), max_size=2),
    },
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prompts=st.lists(PROMPTS, min_size=1, max_size=2, unique_by=str), layout=st.sampled_from(list(LAYOUTS.values())))
def test_whatever_is_written_is_read_again(tmp_path: Path, prompts: list[dict[str, Any]], layout: str) -> None:
    path = put(tmp_path, layout)
    before = prompts_of(path)
    for prompt in prompts:
        if not line_of_prompt(path, prompt):
            append_prompt(path, prompt)
            before = [*before, prompt]
    assert prompts_of(path) == before


def test_failed_replacement_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "tests:\n- question: a\n")

    def fail(source: Path, target: Path) -> None:
        # The new file is whole before the old one goes.
        assert prompts_of(Path(source)) == [{"question": "a"}, SMALL]
        assert Path(source).parent == Path(target).parent
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UsageError, match="No space left"):
        append_prompt(path, SMALL)
    assert path.read_text(encoding="utf-8") == "tests:\n- question: a\n"
    assert {item.name for item in tmp_path.iterdir()} == {"prompts.yaml"}


def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    path = put(tmp_path, "tests:\n- question: a\n")
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    append_prompt(link, SMALL)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(prompts_of(path)) == 2


def test_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        append_prompt(tmp_path, SMALL)


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "prompts.yaml"
    script = (
        "import sys; from pathlib import Path; from rag.evaluate.prompt_file import append_prompt\n"
        "for n in range(15): append_prompt(Path(sys.argv[1]), {'question': f'{sys.argv[2]} {n}?', 'assert': [{'type': 'abstains'}]})"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(path), name], cwd=CHECKOUT) for name in ("one", "two")]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    asked = [prompt["question"] for prompt in prompts_of(path)]
    assert sorted(asked) == sorted(f"{name} {n}?" for name in ("one", "two") for n in range(15))
    assert [item for item in asked if item.startswith("one")] == [f"one {n}?" for n in range(15)]

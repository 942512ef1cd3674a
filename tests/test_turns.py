"""A turn of a chat becomes a test prompt that reads as a person's, and that the same answer passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from samples import THREE

from rag.assistant import Assistant
from rag.evaluate.checks import check_answer, status_of
from rag.evaluate.datasets import read_suite
from rag.evaluate.prompt_file import append_prompt
from rag.evaluate.turns import prompt_of_answer
from rag.records import Filters, Turn
from rag.settings import CHECKOUT


def test_every_turn_passes_the_prompt_that_it_becomes(assistant: Assistant, tmp_path: Path) -> None:
    asked = read_suite(CHECKOUT / "corpus" / "prompts.yaml").cases[::6]
    answers = [assistant.ask(case.question, history=case.history) for case in asked]
    path = tmp_path / "prompts.yaml"
    for case, answer in zip(asked, answers, strict=True):
        append_prompt(path, prompt_of_answer(answer, history=case.history))
    kept = read_suite(path).cases
    assert [case.question for case in kept] == [case.question for case in asked]
    assert {check.kind for case in kept for check in case.checks} == {"contains", "quote-contains", "cites", "abstains"}
    for case, answer in zip(kept, answers, strict=True):
        assert status_of(case, check_answer(case, answer)) == "passed", case


def test_prompt_reads_as_a_person_would_write_it(assistant: Assistant, tmp_path: Path) -> None:
    path = tmp_path / "prompts.yaml"
    filters = Filters(since=date(2024, 1, 1), outlets=("World Brief",))
    history = [Turn("who attacked?", "Four men. They fled. They were caught."), Turn("and then?", None)]
    append_prompt(path, prompt_of_answer(assistant.ask("how tall is Kilimanjaro?"), history=history, filters=filters))
    assert path.read_text(encoding="utf-8").endswith(
        """\
- description: how tall is Kilimanjaro
  question: how tall is Kilimanjaro?
  history:
  - {question: "who attacked?", answer: Four men. They fled.}
  - {question: "and then?"}
  filters: {since: 2024-01-01, outlets: [World Brief]}
  assert:
  - {type: abstains}
  metadata: {kind: unanswerable}
"""
    )
    (case,) = read_suite(path).cases
    assert (case.filters, case.history) == (filters, (Turn("who attacked?", "Four men. They fled."), Turn("and then?", None)))


def test_number_that_was_asked_for_is_the_fact(library_of: Callable[[dict[str, str]], Assistant]) -> None:
    answer = library_of(THREE).ask("how many ships were waiting in the harbour of Skell?")
    assert prompt_of_answer(answer)["assert"] == [{"type": "contains", "value": "14"}, {"type": "cites", "value": "harbour"}]

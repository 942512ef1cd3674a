"""Whether an answer holds what a test prompt asserts: each check passes, fails, or is not measured; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.evaluate.cases import Case, Check
from rag.records import Answer, Citation

Status = Literal["passed", "failed", "not measured", "error"]

# Quotes, dashes and spaces that a keyboard does not have; what an article sets is found by what a person types.
_TYPOGRAPHY = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‐": "-",
        "‑": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A check and what came of it; ``passed`` is None where it could not be measured, and ``reason`` says why."""

    type: str
    value: str
    passed: bool | None
    reason: str
    weight: float


def plain(text: str) -> str:
    """A text with keyboard quotes and dashes and single spaces."""
    return " ".join(text.translate(_TYPOGRAPHY).split())


Outcome = tuple[bool | None, str]
Judge = Callable[[Check, Answer], Outcome]


def check_answer(case: Case, answer: Answer, judge: Judge | None = None) -> tuple[Checked, ...]:
    """Every check of the prompt, in order; ``judge`` decides on rubrics, which are not measured without one."""
    return tuple(_checked(check, answer, judge) for check in case.checks)


def status_of(case: Case, checked: Sequence[Checked]) -> Status:
    """Passed when the weighted share of checks reaches the prompt's threshold, or all of them without one.

    Where checks were not measured: failed or passed only if no outcome of theirs could change that. A prompt that asserts nothing
    is not measured.
    """
    weights = sum(item.weight for item in checked)
    if not checked:
        return "not measured"
    least = sum(item.weight for item in checked if item.passed)
    most = least + sum(item.weight for item in checked if item.passed is None)
    wanted = (1.0 if case.threshold is None else case.threshold) * weights
    # Weights are written with few decimals; their sums carry rounding in the sixteenth.
    if most < wanted - 1e-9:
        return "failed"
    return "passed" if least >= wanted - 1e-9 else "not measured"


def holds(check: Check, text: str) -> bool:
    """Whether a text holds what a check on text asks for, its ``not-`` left aside."""
    given = plain(text)
    values = [value if check.kind == "regex" else plain(value) for value in check.values]
    if check.kind.startswith("icontains"):
        given, values = given.casefold(), [value.casefold() for value in values]
    match check.kind:
        case "contains-all" | "icontains-all":
            return all(value in given for value in values)
        case "equals":
            return given in values
        case "starts-with":
            return given.startswith(values[0])
        case "regex":
            return re.search(values[0], text) is not None
        case _:
            return any(value in given for value in values)


def names_source(citation: Citation, wanted: Iterable[str]) -> bool:
    """Whether a citation, or an article that carries the same words, is one of the articles (ids) or outlets."""
    names = {name.casefold() for name in wanted}
    held = [citation.article_id, citation.source, *(name for origin in citation.also_in for name in (origin.article_id, origin.source))]
    return any(name is not None and name.casefold() in names for name in held)


def _checked(check: Check, answer: Answer, judge: Judge | None) -> Checked:
    value = " | ".join(check.values) or ("" if check.threshold is None else f"{check.threshold:g}")
    rubric = judge if check.kind == "llm-rubric" else None
    passed, reason = (rubric or _KINDS.get(check.kind, _text))(check, answer)
    if check.negated and passed is not None:
        passed = not passed
    return Checked(check.type, value, passed, reason, check.weight)


def _text(check: Check, answer: Answer) -> Outcome:
    # What a refusal says of the search is no statement about the world.
    if answer.status == "abstained":
        return False, "it refused"
    found = holds(check, answer.answer)
    return found, "in the answer" if found else "not in the answer"


def _cites(check: Check, answer: Answer) -> Outcome:
    numbers = [str(citation.number) for citation in answer.citations if names_source(citation, check.values)]
    cited = ", ".join(dict.fromkeys(citation.article_id for citation in answer.citations))
    return (True, f"citation {', '.join(numbers)}") if numbers else (False, f"it cites {cited or 'nothing'}")


def _quote_contains(check: Check, answer: Answer) -> Outcome:
    wanted = [plain(value) for value in check.values]
    numbers = [str(citation.number) for citation in answer.citations if any(value in plain(citation.quote) for value in wanted)]
    return (True, f"quote {', '.join(numbers)}") if numbers else (False, "in no quote")


def _abstains(check: Check, answer: Answer) -> Outcome:
    return answer.status == "abstained", "it refused" if answer.status == "abstained" else "it answered"


def _accounts(check: Check, answer: Answer) -> Outcome:
    if answer.accounts is None:
        return None, "this answer was made before accounts that differ were looked for"
    for account in answer.accounts:
        sides = [plain(side.value).casefold() for side in account.sides]
        if all(any(plain(value).casefold() in side for side in sides) for value in check.values):
            return True, f"{len(sides)} accounts side by side"
    return False, "no such accounts side by side"


def _latency(check: Check, answer: Answer) -> Outcome:
    taken = answer.seconds.total * 1000
    if math.isnan(taken):
        return None, "its time is not known"
    return taken <= (check.threshold or 0), f"{taken:.0f} ms"


def _cost(check: Check, answer: Answer) -> Outcome:
    if answer.usage is None:
        return None, "no chat model was asked"
    if answer.usage.cost is None:
        return None, "prices are not set (NEWSDESK_PRICE_INPUT, NEWSDESK_PRICE_OUTPUT)"
    return answer.usage.cost <= (check.threshold or 0), f"${answer.usage.cost:.4f}"


def _unjudged(check: Check, answer: Answer) -> Outcome:
    return None, "no chat model is set that could judge it (NEWSDESK_JUDGE or NEWSDESK_MODEL)"


_KINDS: dict[str, Callable[[Check, Answer], Outcome]] = {
    "cites": _cites,
    "quote-contains": _quote_contains,
    "abstains": _abstains,
    "accounts": _accounts,
    "latency": _latency,
    "cost": _cost,
    "llm-rubric": _unjudged,
}

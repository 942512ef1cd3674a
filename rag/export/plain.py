"""A conversation as JSON for programs, and one answer as plain text for a clipboard."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from rag.conversation import Conversation, Exchange, freeze
from rag.export.outline import Said, Source, part
from rag.records import SCHEMA, Answer, answer_to_json


def to_json(conversation: Conversation) -> str:
    """``conversation_data`` as text, a key a line."""
    return json.dumps(conversation_data(conversation), ensure_ascii=False, indent=1) + "\n"


def conversation_data(conversation: Conversation) -> dict[str, Any]:
    """``schema``, the conversation's own fields, and ``turns``."""
    own = {name: getattr(conversation, name) for name in ("conversation_id", "title", "created", "last")}
    return {"schema": SCHEMA, **own, "turns": [turn_data(turn) for turn in conversation.turns]}


def turn_data(turn: Exchange) -> dict[str, Any]:
    """The answer in the form of the public contract, and under what it was given."""
    _, under = freeze(turn)
    feedback = dataclasses.asdict(turn.feedback) if turn.feedback else None
    return answer_to_json(turn.answer, id=turn.turn_id) | {
        "asked": turn.asked,
        "generation": turn.generation,
        **under,
        "feedback": feedback,
    }


def with_sources(answer: Answer) -> str:
    """The answer with its numbers, then what each stands for, in full."""
    said = part(answer)
    lines = [said.refusal or " ".join(_said(sentence) for sentence in said.said)]
    for heading, sides in said.accounts:
        lines += ["", heading, *(f"- {_said(side)}" for side in sides)]
    if said.sources:
        lines += ["", "Sources"]
        for source in said.sources:
            lines += ["", *_source(source)]
    return "\n".join(lines)


def _said(said: Said) -> str:
    numbers = "".join(f"[{number}]" for number in said.numbers)
    return " ".join(filter(None, (" ".join(said.text.split()), numbers, f"({said.mark})" if said.mark else "")))


def _source(source: Source) -> list[str]:
    quote = f"“{source.quote}”" if source.quote else ""
    return [f"[{source.number}] {source.title}", *filter(None, (source.about, quote, source.link))]

"""Questions asked of whole libraries, for fitting how the reader's scores are weighed: retrieval's own misses are part of them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from rag.answer.followups import complete
from rag.assistant import Assistant
from rag.models.features import FEATURES
from rag.records import Article, Passage, Span, Turn
from rag.settings import CHECKOUT, Settings
from rag.store.publish import Change, publish
from rag.store.sync import sync
from rag.store.writes import Placed
from rag.text.questions import understand
from training.examples import Example, Paragraph
from training.negatives import swapped


@dataclass(frozen=True)
class Case:
    """A question, the texts that answer it and the articles they must stand in; none when nothing answers. ``at`` is where, if known."""

    question: str
    facts: tuple[tuple[str, ...], ...]
    articles: frozenset[str]
    at: int | None = None


@dataclass(frozen=True)
class Rows:
    """Features of all sentences of all questions, with 1 where a sentence answers; ``group`` numbers the question, ``source`` names its kind."""

    features: NDArray[np.float64]
    right: NDArray[np.float64]
    group: NDArray[np.int64]
    weight: NDArray[np.float64]
    source: NDArray[np.str_]


def prompt_cases(split: str) -> list[Case]:
    """The prompts of one split, follow-ups completed."""
    cases = []
    for prompt in yaml.safe_load((CHECKOUT / "corpus" / "prompts.yaml").read_text(encoding="utf-8"))["tests"]:
        if prompt["metadata"]["split"] != split:
            continue
        question = complete(prompt["question"], [Turn(turn["question"], turn.get("answer")) for turn in prompt.get("history", [])])
        facts, articles = [], set()
        for check in prompt["assert"]:
            values = check["value"] if isinstance(check.get("value"), list) else [check.get("value")]
            if check["type"] in ("contains", "contains-any"):
                facts.append(tuple(value.casefold() for value in values))
            elif check["type"] == "cites":
                articles |= set(values)
        if understand(question).intent == "fact":
            cases.append(Case(question, tuple(facts), frozenset(articles)))
    return cases


def library_of(examples: Sequence[Example], home: Path, assistant: Assistant) -> tuple[Assistant, list[Case]]:
    """A library of the examples' articles, their paragraphs joined, and the questions about them."""
    paragraphs: dict[str, dict[str, int]] = {}
    heads: dict[str, Paragraph] = {}
    for e in examples:
        held = paragraphs.setdefault(e.paragraph.article, {})
        held.setdefault(e.paragraph.text, sum(len(text) + 2 for text in held))
        heads[e.paragraph.article] = e.paragraph
    articles = []
    for id, held in paragraphs.items():
        text = "\n\n".join(held)
        version = hashlib.sha256(text.encode()).hexdigest()[:16]
        articles.append(Article(id, version, heads[id].title, text, published=heads[id].published))
    other = Assistant(Settings(home=home, models=assistant.settings.models_folder), embedder=assistant.embedder)
    other.library.database.create()
    publish(other.stores, Change(put=[Placed(article, "training", article.article_id) for article in articles]))
    cases = []
    for e in examples:
        at = paragraphs[e.paragraph.article][e.paragraph.text] + e.answer.start if e.answer else None
        cases.append(Case(e.question, (), frozenset({e.paragraph.article} if e.answer else ()), at))
    return other, cases


def turned(cases: Sequence[Case], assistant: Assistant, *, seed: int) -> list[Case]:
    """The cases with a detail changed that their article does not hold, so that nothing answers."""
    examples = []
    for case in cases:
        if case.articles:
            texts = [assistant.article(id) for id in sorted(case.articles)]
            paragraph = Paragraph(texts[0].article_id, " ".join(a.title for a in texts), "\n".join(a.text for a in texts))
            examples.append(Example(case.question, paragraph, Span(0, 1), "cases"))
    return [Case(example.question, (), frozenset()) for example in swapped(examples, seed=seed)]


def answers(case: Case, passage: Passage, span: Span) -> bool:
    """Whether the sentence of the passage's article answers."""
    if passage.article_id not in case.articles:
        return False
    if case.at is not None:
        return span.start <= case.at < span.end
    text = passage.text[span.start - passage.start : span.end - passage.start].casefold()
    return bool(case.facts) and any(any(value in text for value in fact) for fact in case.facts)


def asked(assistant: Assistant, cases: Sequence[Case], source: str, *, weight: float, without: bool = False) -> Iterator[Rows]:
    """The features of the sentences that are read for each case, ``without`` its own articles if wanted."""
    most = assistant.settings.passages
    for case in cases:
        found = assistant.retriever.search(case.question, limit=3 * most)
        passages = [p for p in found if not (without and p.article_id in case.articles)][:most]
        if not passages or (without and not case.articles):
            continue
        scores, features = assistant.reader.features(case.question, passages, rarity=assistant.retriever.rarity(case.question))
        right = [float(answers(case, p, span)) for p, _ in zip(passages, scores, strict=False) for span in p.sentences]
        n = len(features)
        yield Rows(features, np.array(right), np.zeros(n, dtype=np.int64), np.full(n, weight), np.full(n, source))


def joined(parts: Sequence[Rows]) -> Rows:
    """All parts as one, each a question of its own."""
    group = np.concatenate([np.full(len(part.right), number) for number, part in enumerate(parts)])
    held = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "right", "weight", "source")}
    return Rows(held["features"], held["right"], group, held["weight"], held["source"])


def gathered(examples: dict[str, list[Example]], home: Path, *, models: Path, questions: int, seed: int) -> Rows:
    """The development prompts and some questions of each set of held-out articles, each also with its own articles left out and with a
    detail changed; a prompt weighs as twenty questions, since that is what will be asked."""
    assistant = Assistant(Settings(home=home / "prompts", models=models))
    sync(assistant.stores, [CHECKOUT / "corpus" / "articles"])
    prompts = prompt_cases("dev")
    parts = list(asked(assistant, prompts, "prompts", weight=20.0))
    parts += asked(assistant, prompts, "prompts, left out", weight=10.0, without=True)
    parts += asked(assistant, turned(prompts, assistant, seed=seed), "prompts, changed", weight=10.0)
    for name, some in examples.items():
        other, cases = library_of(some, home / name, assistant)
        most = len(cases) if name == "news" else min(questions, len(cases))
        picked = random.Random(seed).sample(cases, most)
        parts += asked(other, picked, name, weight=1.0)
        parts += asked(other, picked[: most // 3], f"{name}, left out", weight=1.0, without=True)
        parts += asked(other, turned(picked, other, seed=seed)[: most // 2], f"{name}, changed", weight=1.0)
    data = joined(parts)
    assert data.features.shape[1] == len(FEATURES)
    return data

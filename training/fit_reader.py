"""Fits the reader's weights on the development half of the prompts and, where given, on SQuAD-style files.

    python training/fit_reader.py [--squad FILE …] [--questions N]

Prints the weights for rag/models/reader.py and cross-validated figures. It never looks at ``split: test``,
and of a SQuAD-style file only at every second article (by title). Each answerable question is asked a second
time with its own articles left out, so that the model sees what it is like when nothing answers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from rag.answer.followups import complete
from rag.assistant import Assistant
from rag.models.reader import FEATURES
from rag.records import Article, Passage, Turn
from rag.settings import CHECKOUT, Settings
from rag.store.publish import Change, publish
from rag.store.sync import sync
from rag.store.writes import Placed
from rag.text.questions import understand

log = logging.getLogger("fit_reader")


@dataclass(frozen=True)
class Case:
    """A question, the texts that answer it and the articles they must stand in; none when nothing answers."""

    question: str
    facts: tuple[tuple[str, ...], ...]
    articles: frozenset[str]
    at: int | None = None


@dataclass(frozen=True)
class Examples:
    """Features of all sentences of all questions, with 1 where a sentence answers."""

    features: NDArray[np.float64]
    right: NDArray[np.float64]
    group: NDArray[np.int64]
    weight: NDArray[np.float64]


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


def squad(path: Path) -> tuple[list[Article], list[Case]]:
    """Every second article of a SQuAD-style file, its paragraphs joined, and the questions about it."""
    articles, cases = [], []
    for entry in sorted(json.loads(path.read_text(encoding="utf-8"))["data"], key=lambda entry: entry["title"])[::2]:
        text = "\n\n".join(paragraph["context"] for paragraph in entry["paragraphs"])
        title = entry["title"].replace("_", " ")
        articles.append(Article(entry["title"], hashlib.sha256(text.encode()).hexdigest()[:16], title, text))
        offset = 0
        for paragraph in entry["paragraphs"]:
            for asked in paragraph["qas"]:
                at = None if asked.get("is_impossible") else offset + asked["answers"][0]["answer_start"]
                cases.append(Case(asked["question"], (), frozenset() if at is None else frozenset({entry["title"]}), at))
            offset += len(paragraph["context"]) + 2
    return articles, cases


def answers(case: Case, passage: Passage, start: int, end: int) -> bool:
    """Whether the sentence of the passage's article from start to end answers."""
    if passage.article_id not in case.articles:
        return False
    if case.at is not None:
        return start <= case.at < end
    text = passage.text[start - passage.start : end - passage.start].casefold()
    return bool(case.facts) and any(any(value in text for value in fact) for fact in case.facts)


def examples(assistant: Assistant, cases: list[Case], *, weight: float, first_group: int, without: bool = False) -> Examples:
    """The features of all sentences of the passages found for each case, ``without`` its own articles if wanted."""
    rows, right, groups, weights = [], [], [], []
    most = assistant.settings.passages
    for number, case in enumerate(cases):
        found = assistant.retriever.search(case.question, limit=3 * most)
        passages = [p for p in found if not (without and p.article_id in case.articles)][:most]
        if not passages or (without and not case.articles):
            continue
        features = assistant.reader.features(case.question, passages, rarity=assistant.retriever.rarity(case.question))
        rows.append(features)
        right += [float(answers(case, p, span.start, span.end)) for p in passages for span in p.sentences]
        groups += [first_group + number] * len(features)
        weights += [weight] * len(features)
    return Examples(np.vstack(rows), np.array(right), np.array(groups), np.array(weights))


def joined(parts: list[Examples]) -> Examples:
    """All parts as one."""
    return Examples(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("features", "right", "group", "weight")))


def report(name: str, data: Examples, probability: NDArray[np.float64]) -> None:
    """Ranking and abstention figures of one part."""
    first, three, top_right, top_none = [], [], [], []
    for group in np.unique(data.group):
        here = data.group == group
        order = np.argsort(-probability[here], kind="stable")
        right = data.right[here][order]
        if right.any():
            first.append(right[0])
            three.append(right[:3].max())
            top_right.append(probability[here].max())
        else:
            top_none.append(probability[here].max())
    log.info(
        "%s: %d answerable, first right %.3f, within three %.3f; %d without an answer",
        name,
        len(first),
        np.mean(first),
        np.mean(three),
        len(top_none),
    )
    for threshold in (0.10, 0.12, 0.14, 0.16, 0.18, 0.20, 0.25, 0.30):
        kept = float(np.mean(np.array(top_right) >= threshold)) if top_right else float("nan")
        refused = float(np.mean(np.array(top_none) < threshold)) if top_none else float("nan")
        log.info("   threshold %.2f: answers %.3f of the answerable, refuses %.3f of the others", threshold, kept, refused)


def fit(data: Examples) -> LogisticRegression:
    """A logistic model; the features already share a scale, so a mild ridge is fair to all."""
    return LogisticRegression(C=1.0, max_iter=2000).fit(data.features, data.right, sample_weight=data.weight)


def parts(home: Path, squads: list[Path], questions: int) -> Iterator[tuple[str, Examples]]:
    """Examples of each data set; a prompt weighs twenty times as much, since it is news."""
    assistant = Assistant(Settings(home=home / "prompts"))
    sync(assistant.stores, [CHECKOUT / "corpus" / "articles"])
    yield "prompts", examples(assistant, prompt_cases("dev"), weight=20.0, first_group=0)
    yield "prompts, articles left out", examples(assistant, prompt_cases("dev"), weight=12.0, first_group=0, without=True)
    for number, path in enumerate(squads, start=1):
        other = Assistant(Settings(home=home / path.stem), embedder=assistant.embedder)
        other.library.database.create()
        articles, cases = squad(path)
        publish(other.stores, Change(put=[Placed(article, str(path), article.article_id) for article in articles]))
        some = random.Random(1).sample(cases, min(questions, len(cases)))
        yield path.stem, examples(other, some, weight=1.0, first_group=number * 100_000)
        yield (
            f"{path.stem}, articles left out",
            examples(other, some[: questions // 3], weight=1.0, first_group=number * 100_000, without=True),
        )


def main() -> None:
    """Fit, cross-validate by question, print."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--squad", type=Path, nargs="*", default=[])
    parser.add_argument("--questions", type=int, default=200, help="most questions of each SQuAD-style file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        named = list(parts(Path(home), given.squad, given.questions))
    data = joined([part for _, part in named])
    held_out = np.zeros(len(data.right))
    for train, test in GroupKFold(5).split(data.features, data.right, data.group):
        some = Examples(data.features[train], data.right[train], data.group[train], data.weight[train])
        held_out[test] = fit(some).predict_proba(data.features[test])[:, 1]
    start = 0
    for name, part in named:
        report(name, part, held_out[start : start + len(part.right)])
        start += len(part.right)
    model = fit(data)
    for name, value in zip(FEATURES, model.coef_[0], strict=True):
        log.info("%20s %7.3f", name, value)
    log.info("values=%s, bias=%.3f", tuple(round(float(value), 3) for value in model.coef_[0]), float(model.intercept_[0]))


if __name__ == "__main__":
    main()

"""What is measured on: the sample corpus with look-alikes beside it, the prompts of its test half, and texts for the embedders alone."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.distractors import CORPUS, generate, write
from benchmarks.speed.files import Document, documents
from benchmarks.speed.quality import Wanted
from rag.evaluate.cases import Case
from rag.evaluate.checks import holds
from rag.evaluate.files import read_yaml_suite
from rag.models.embeddings import Embedder
from rag.settings import Settings
from rag.text.chunks import chunk_article

# The half on which nothing of Newsdesk was chosen.
_SPLIT = "test"
_SEED = 7


@dataclass(frozen=True, slots=True)
class Material:
    """Questions in the order in which all are asked, and what a ranking for them should bring, as many; ``tokens`` are those of all texts."""

    folder: Path
    articles: int
    texts: int
    tokens: int
    questions: tuple[str, ...]
    wanted: tuple[Wanted, ...]


def prepare(folder: Path, *, look_alikes: int, questions: int, sources: Path = CORPUS, models: Path) -> Material:
    """Write ``articles``, ``questions.json`` and ``texts.json`` into the folder.

    At most so many prompts of the test half are taken, drawn with a fixed seed: those without history that name an article of the corpus.
    The texts are those of the corpus alone: enough for a rate, and every embedder takes them in every round.
    """
    articles = folder / "articles"
    shutil.copytree(sources / "articles", articles)
    own = {document.id: document for document in documents(articles)}
    if look_alikes:
        write(list(generate(look_alikes, seed=_SEED)), articles)
    held = documents(articles)
    asked = wanted_of(read_yaml_suite(sources / "prompts.yaml").cases, own)
    drawn = random.Random(_SEED).sample(asked, min(questions, len(asked)))
    embedder = Embedder(cache=models)
    texts = chunk_texts(list(own.values()), embedder)
    (folder / "questions.json").write_text(json.dumps([wanted.question for wanted in drawn]), encoding="utf-8")
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return Material(
        folder,
        len(held),
        len(texts),
        sum(embedder.count_tokens(texts)) + 2 * len(texts),
        tuple(wanted.question for wanted in drawn),
        tuple(drawn),
    )


def wanted_of(cases: Sequence[Case], own: dict[str, Document]) -> list[Wanted]:
    """The prompts of the test half that are questions by themselves and say by id which article answers.

    Which passage answers is known where one of these articles holds every fact of the prompt.
    """
    found = []
    for case in cases:
        articles = frozenset(name for group in case.cited for name in group if name in own)
        if case.history or case.filters or case.metadata.get("split") != _SPLIT or not articles:
            continue
        known = any(all(holds(fact, own[name].text) for fact in case.facts) for name in articles)
        found.append(Wanted(case.question, articles, case.facts if known else ()))
    return found


def chunk_texts(held: Sequence[Document], embedder: Embedder) -> list[str]:
    """The articles in Newsdesk's chunks, title and day ahead as Newsdesk embeds them; what every embedder gets alone."""
    texts, most = [], Settings.model_fields["chunk_tokens"].default
    for document in held:
        header = f"{document.details['title']} ({document.details.get('published', '')[:10]})"
        chunks = chunk_article(document.text, count_tokens=embedder.count_tokens, max_tokens=most)
        texts += [f"{header}\n{document.text[chunk.start : chunk.end]}" for chunk in chunks]
    return texts

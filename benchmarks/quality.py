"""How often the right article is found, the right sentence quoted, and a question without an answer refused.

    python benchmarks/quality.py --split test [--distractors 1000] [--squad FILE]

Over the sample corpus and its prompts; ``--distractors`` adds generated articles that answer none of them, ``--squad``
measures passage retrieval on every second article of a SQuAD-style file (the first half with ``--split dev``).
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml
from distractors import generate
from scipy.stats import binomtest

from rag.answer.followups import complete
from rag.assistant import Assistant
from rag.records import Answer, Article, Turn
from rag.retrieve import Retriever
from rag.settings import CHECKOUT, Settings
from rag.store.publish import Change, publish
from rag.store.sync import sync
from rag.store.writes import Placed

SEARCHES = {"BM25 alone": (1.0, 0.0), "nearest neighbours alone": (0.0, 1.0), "fused, equal weights": (1.0, 1.0), "fused, as set": None}


def share(hits: Sequence[bool]) -> str:
    """A share with its 95 % Wilson interval and n; "not measured" where there is nothing to count."""
    if not hits:
        return "not measured (n = 0)"
    interval = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return f"{np.mean(hits):.3f} [{interval.low:.3f}, {interval.high:.3f}] (n = {len(hits)})"


def rank_table(name: str, ranks: dict[str, list[int]]) -> None:
    """Success at 1, 3, 5 and 8 of each way of searching."""
    print(f"\n{name}")
    for search, found in ranks.items():
        print(f"  {search:26s}" + "  ".join(f"@{k} {share([rank <= k for rank in found])}" for k in (1, 5)))


def ways(assistant: Assistant) -> dict[str, Retriever]:
    """The same library searched in each way."""
    found = {}
    for name, weights in SEARCHES.items():
        update = {} if weights is None else {"bm25_weight": weights[0], "dense_weight": weights[1]}
        found[name] = Retriever(
            assistant.library, assistant.stores.indexes, assistant.embedder, assistant.settings.model_copy(update=update)
        )
    return found


def expected(prompt: dict[str, object]) -> set[str]:
    """Articles of which a prompt wants one cited; empty where nothing answers."""
    checks = [check for check in prompt["assert"] if check["type"] == "cites"]  # type: ignore[attr-defined]
    return {id for check in checks for id in (check["value"] if isinstance(check["value"], list) else [check["value"]])}


def holds(prompt: dict[str, object], text: str) -> bool:
    """Whether a text holds every fact that the prompt asks for."""
    for check in prompt["assert"]:  # type: ignore[attr-defined]
        values = check.get("value")
        if check["type"] in ("contains", "contains-any"):
            wanted = values if isinstance(values, list) else [values]
            if not any(value.casefold() in text.casefold() for value in wanted):
                return False
        elif check["type"] == "not-contains" and values.casefold() in text.casefold():
            return False
    return True


def history(prompt: dict[str, object]) -> list[Turn]:
    """The earlier turns of a prompt."""
    return [Turn(turn["question"], turn.get("answer")) for turn in prompt.get("history", [])]  # type: ignore[attr-defined]


def retrieval(assistant: Assistant, prompts: list[dict[str, object]]) -> None:
    """Rank of the expected article among the passages, for each way of searching."""
    ranks: dict[str, list[int]] = {}
    for name, retriever in ways(assistant).items():
        for prompt in prompts:
            if wanted := expected(prompt):
                # As the assistant searches: completed, and spelt as the articles spell.
                question = retriever.corrected(complete(str(prompt["question"]), history(prompt)))
                passages = retriever.search(question, limit=8)
                ranks.setdefault(name, []).append(next((n for n, p in enumerate(passages, 1) if p.article_id in wanted), 99))
    rank_table(f"Expected article, {assistant.overview().articles} articles, {assistant.overview().chunks} chunks", ranks)


def answers(assistant: Assistant, prompts: list[dict[str, object]]) -> None:
    """Facts quoted, citations that slice, refusals, and where the time goes."""
    given: list[tuple[dict[str, object], Answer]] = [(p, assistant.ask(str(p["question"]), history=history(p))) for p in prompts]
    answerable = [(p, a) for p, a in given if expected(p)]
    near = [a.status == "abstained" for p, a in given if p["metadata"].get("near") is True]  # type: ignore[attr-defined]
    far = [a.status == "abstained" for p, a in given if p["metadata"].get("near") is False]  # type: ignore[attr-defined]
    slices = [assistant.article(c.article_id, c.version).text[c.start : c.end] == c.quote for _, a in given for c in a.citations]
    print("\nAnswers")
    print("  answered, of the answerable      ", share([a.status == "answered" for _, a in answerable]))
    print("  fact in the first quote          ", share([bool(a.sentences) and holds(p, a.sentences[0].text) for p, a in answerable]))
    print("  fact in the answer               ", share([a.status == "answered" and holds(p, a.answer) for p, a in answerable]))
    print("  expected article cited           ", share([bool({c.article_id for c in a.citations} & expected(p)) for p, a in answerable]))
    print("  fact in the answer, when answered", share([holds(p, a.answer) for p, a in answerable if a.status == "answered"]))
    print("  refused, far from the corpus     ", share(far))
    print("  refused, near misses             ", share(near))
    print("  citations that slice exactly     ", share(slices))
    seconds = np.array([a.seconds.total for _, a in given])
    print(f"  seconds a question                p50 {np.quantile(seconds, 0.5):.3f}, p95 {np.quantile(seconds, 0.95):.3f}")


def squad(assistant: Assistant, path: Path, home: Path, split: str) -> None:
    """Rank of the passage that holds the answer, over half of a SQuAD-style file."""
    entries = sorted(json.loads(path.read_text(encoding="utf-8"))["data"], key=lambda entry: entry["title"])
    other = Assistant(Settings(home=home), embedder=assistant.embedder)
    other.library.database.create()
    texts = {entry["title"]: "\n\n".join(paragraph["context"] for paragraph in entry["paragraphs"]) for entry in entries}
    articles = [Article(title, title, title.replace("_", " "), text) for title, text in texts.items()]
    publish(other.stores, Change(put=[Placed(article, str(path), article.article_id) for article in articles]))
    ranks: dict[str, list[int]] = {}
    for name, retriever in ways(other).items():
        for entry in entries[0 if split == "dev" else 1 :: 2]:
            offset = 0
            for paragraph in entry["paragraphs"]:
                for asked in paragraph["qas"]:
                    if not asked.get("is_impossible"):
                        at = offset + asked["answers"][0]["answer_start"]
                        found = retriever.search(asked["question"], limit=8)
                        hit = (n for n, p in enumerate(found, 1) if p.article_id == entry["title"] and p.start <= at < p.end)
                        ranks.setdefault(name, []).append(next(hit, 99))
                offset += len(paragraph["context"]) + 2
    rank_table(f"{path.name}, passage with the answer, {other.overview().chunks} chunks", ranks)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=["dev", "test"], required=True)
    parser.add_argument("--distractors", type=int, default=0)
    parser.add_argument("--squad", type=Path)
    given = parser.parse_args()
    commit = (
        subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True).stdout.strip() or "unknown"
    )
    print(f"python {' '.join(sys.argv)}   {datetime.date.today()}   commit {commit}   intervals: 95 % Wilson")
    tests = yaml.safe_load((CHECKOUT / "corpus" / "prompts.yaml").read_text(encoding="utf-8"))["tests"]
    prompts = [prompt for prompt in tests if prompt["metadata"]["split"] == given.split]
    with tempfile.TemporaryDirectory() as folder:
        assistant = Assistant(Settings(home=Path(folder) / "home"))
        sources = [CHECKOUT / "corpus" / "articles"]
        if given.distractors:
            sources.append(Path(folder) / "distractors.jsonl")
            lines = (json.dumps(article, ensure_ascii=False) for article in generate(given.distractors, seed=7))
            sources[-1].write_text("\n".join(lines), encoding="utf-8")
        sync(assistant.stores, sources)
        retrieval(assistant, prompts)
        answers(assistant, prompts)
        if given.squad:
            squad(assistant, given.squad, Path(folder) / "squad", given.split)


if __name__ == "__main__":
    main()

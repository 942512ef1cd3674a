"""How well accounts that differ are told from those that do not, over the labelled prompts of accounts/.

    python benchmarks/accounts.py --split dev|test [--prompts] [--home FOLDER]
    python benchmarks/accounts.py --fit [--home FOLDER]

The articles of both halves and the sample corpus are synced into one library, and each prompt of a half is asked as a reader would ask it. What is shown
counts as right where its kind is the labelled one and each of its sides is a labelled side: the same sentence, or the same value in another sentence of the
same account. Precision is over the prompts where something was shown, recall over those where something should be. Intervals are Wilson's, at 95 %; they treat prompts as
independent, though four come of one event, so they are somewhat too narrow.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from copies import wilson
from sklearn.linear_model import LogisticRegression

from rag.answer.pairs import OF_DENIALS, OF_VALUES, Candidate, pairs
from rag.answer.wording import Wording
from rag.assistant import Assistant
from rag.records import Account, Answer
from rag.settings import CHECKOUT, Settings
from rag.store.sync import sync
from rag.text.numbers import numbers
from rag.text.words import content

FOLDER = Path(__file__).with_suffix("")
TRAINING = ("dev", "train1", "train2", "train3")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was made of one labelled prompt."""

    id: str
    meant: str | None
    shown: str | None
    answered: bool
    # Whether every side that is shown is a labelled one, and two labelled ones are shown.
    sides: bool

    @property
    def right(self) -> bool:
        """Whether what is shown is what is labelled, its kind included."""
        return self.sides and self.shown == self.meant


def prompts(split: str) -> list[dict[str, Any]]:
    """The labelled prompts of one half."""
    return [json.loads(line) for line in (FOLDER / split / "prompts.jsonl").read_text(encoding="utf-8").splitlines()]


def outcome(prompt: Mapping[str, Any], answer: Answer) -> Outcome:
    """Compare what is shown with the labels."""
    meant, shown = prompt["accounts"], answer.accounts or ()
    best = max((sides_shown(labelled["sides"], account, answer) for labelled in meant for account in shown), default=False)
    return Outcome(
        prompt["id"],
        meant[0]["kind"] if meant else None,
        shown[0].kind if shown else None,
        answer.status == "answered",
        bool(best) and len(shown) <= len(meant),
    )


def sides_shown(labelled: Sequence[Mapping[str, Any]], account: Account, answer: Answer) -> bool:
    """Whether each side that is shown is a labelled one, and at least two different ones are."""
    quotes = {citation.number: citation for citation in answer.citations}
    found = []
    for side in account.sides:
        citation = quotes[side.citation]
        of_sentence = [s["value"] for s in labelled if s["article"] == citation.article_id and s["sentence"] == citation.quote]
        of_value = [s["value"] for s in labelled if alike(s["value"], side.value) and alike(s["value"], citation.quote)]
        if not (values := of_sentence or of_value):
            return False
        found.append(values[0])
    return len(set(found)) > 1


def alike(labelled: str, text: str) -> bool:
    """Whether a text says a labelled value: its numbers, or else its words."""
    wanted, held = numbers(labelled), numbers(text)
    if wanted:
        return all(any(n.agrees(other) for other in held) for n in wanted)
    return bool(content(labelled)) and set(content(labelled)) & set(content(text)) != set()


def library(home: Path) -> Assistant:
    """The articles of all parts and the sample corpus in one library."""
    assistant = Assistant(Settings(home=home))
    sync(assistant.stores, [*sorted(FOLDER.glob("*/articles.jsonl")), CHECKOUT / "corpus" / "articles"])
    return assistant


def fit(assistant: Assistant) -> None:
    """Print weights of the two logistic models: ridge 5 over standardised features, all pairs of all prompts but those of the test."""
    rows: dict[bool, list[tuple[Sequence[float], bool]]] = {True: [], False: []}
    for prompt in (p for part in TRAINING for p in prompts(part)):
        sides = [side for account in prompt["accounts"] for side in account["sides"]]
        passages = assistant.search(prompt["question"])
        readings = assistant.reader.read(prompt["question"], passages, rarity=assistant.retriever.rarity(prompt["question"]))
        wording = Wording(assistant.embedder.embed, assistant.retriever.rarity)
        for pair in pairs(prompt["question"], readings, passages, wording)[1]:
            said = zip((pair.one, pair.other), pair.values or (None, None), strict=True)
            labels = [_label(sides, candidate, value.text if value else None) for candidate, value in said]
            names = OF_VALUES if pair.values else OF_DENIALS
            differs = all(labels) and labels[0] != labels[1]
            rows[bool(pair.values)].append(([pair.features[name] for name in names], differs))
    for values, names in ((True, OF_VALUES), (False, OF_DENIALS)):
        given, wanted = np.array([x for x, _ in rows[values]]), np.array([y for _, y in rows[values]])
        middle, spread = given.mean(axis=0), given.std(axis=0) + 1e-9
        model = LogisticRegression(C=1 / 5, max_iter=1000).fit((given - middle) / spread, wanted)
        weights = model.coef_[0] / spread
        print(f"{len(wanted)} pairs, {wanted.sum()} differ: {dict(zip(names, weights.round(2).tolist(), strict=True))}")
        print(f"(({', '.join(str(w) for w in weights.round(2).tolist())}), {model.intercept_[0] - weights @ middle:.2f})")


def _label(sides: Sequence[Mapping[str, Any]], candidate: Candidate, value: str | None) -> str | None:
    """The labelled value that a sentence gives, None where it gives none."""
    sentence = (candidate.passage.article_id, candidate.reading.text)
    # "48" is what "48 of its 310 shops" says.
    own = [
        s["value"]
        for s in sides
        if (s["article"], s["sentence"]) == sentence and (value is None or alike(s["value"], value) or alike(value, s["value"]))
    ]
    event = candidate.passage.article_id.rpartition("-")[0]
    told = [s["value"] for s in sides if value is not None and s["article"].startswith(f"{event}-") and alike(s["value"], value)]
    return next(iter(own or told), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=[*TRAINING, "test"], default="dev")
    parser.add_argument("--home", type=Path, help="keep the library here for the next time")
    parser.add_argument("--fit", action="store_true", help="fit the weights of rag/answer/differ.py on all parts but the test")
    parser.add_argument("--prompts", action="store_true", help="print each prompt that came out other than labelled")
    options = parser.parse_args()
    logging.getLogger("rag").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch:
        assistant = library(options.home or Path(scratch))
        if options.fit:
            fit(assistant)
            return
        asked = prompts(options.split)
        found = []
        for prompt in asked:
            answer = assistant.ask(prompt["question"], write=False)
            found.append(outcome(prompt, answer))
            if options.prompts and not (found[-1].right or (not prompt["accounts"] and not answer.accounts)):
                _print(prompt, answer, found[-1])
    report(options.split, found)


def report(split: str, found: Sequence[Outcome]) -> None:
    """Print the figures."""
    shown, meant = [o for o in found if o.shown], [o for o in found if o.meant]
    rows = {
        "precision": (sum(o.right for o in shown), len(shown)),
        "recall": (sum(o.right for o in meant), len(meant)),
        "precision, whatever the kind": (sum(o.sides for o in shown), len(shown)),
        "recall, whatever the kind": (sum(o.sides for o in meant), len(meant)),
        "recall of conflicts": (sum(o.right for o in meant if o.meant == "conflict"), sum(o.meant == "conflict" for o in meant)),
        "recall of updates": (sum(o.right for o in meant if o.meant == "update"), sum(o.meant == "update" for o in meant)),
        "shown where nothing differs": (sum(bool(o.shown) for o in found if not o.meant), sum(not o.meant for o in found)),
        "answered": (sum(o.answered for o in found), len(found)),
    }
    print(f"{split}, {len(found)} prompts, {len(meant)} of them with accounts that differ")
    for name, (hits, of) in rows.items():
        low, high = wilson(hits, of)
        print(f"  {name:30} {hits:3} of {of:3}  {hits / of if of else float('nan'):.3f} [{low:.3f}, {high:.3f}]")


def _print(prompt: Mapping[str, Any], answer: Answer, found: Outcome) -> None:
    print(f"{prompt['id']} {prompt['question']}  meant {found.meant}, shown {found.shown}, sides {found.sides}, {answer.status}")
    for account in prompt["accounts"]:
        for side in account["sides"]:
            print(f"    meant {side['article']} [{side['value']}] {side['sentence']}")
    quotes = {citation.number: citation for citation in answer.citations}
    for shown in answer.accounts or ():
        for s in shown.sides:
            print(f"    shown {quotes[s.citation].article_id} [{s.value}] {quotes[s.citation].quote}")


if __name__ == "__main__":
    sys.exit(main())

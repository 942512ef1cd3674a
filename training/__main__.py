"""``python -m training DATA``: trains the reader's adapter and writes rag/models/reader.safetensors."""

from __future__ import annotations

import argparse
import logging
import random
from collections import Counter
from pathlib import Path

from tokenizers import Tokenizer

from rag.models import packaged
from training.batches import encode
from training.examples import Example
from training.negatives import lookalikes, swapped
from training.sources import qamr, squad
from training.train import train

log = logging.getLogger("training")
SEED = 7
# What part of each kind of example goes into a pass.
_LOOKALIKES = 0.35
_SWAPPED = 0.8


def gathered(data: Path) -> tuple[list[Example], list[Example]]:
    """All examples to learn from, and those whose articles are held out: every eighth article of the Wikipedia, review, forum and
    QAMR sets. Of SQuAD 2.0's articles every second by title is learned from; the others and XQuAD are not."""
    told: list[Example] = []
    for name in ("new_wiki", "amazon_reviews", "reddit"):
        told += squad(data / "squadshifts" / f"{name}.json.gz")
    told += qamr(data / "qamr")
    articles = sorted({example.paragraph.article for example in told})
    held = {article for number, article in enumerate(articles) if number % 8 == 3}
    second = list(squad(data / "squad2-dev-part.json"))
    learn = [e for e in told if e.paragraph.article not in held] + [e for e in second if e.paragraph.article in _every_second(second)]
    return learn, [e for e in told if e.paragraph.article in held]


def held_out(data: Path) -> dict[str, list[Example]]:
    """Articles that the network never saw, for weighing its scores: XQuAD's development half and the held-out Wikipedia articles."""
    xquad = list(squad(data / "xquad-en.json"))
    return {
        "xquad": [e for e in xquad if e.paragraph.article in _every_second(xquad)],
        "new_wiki": [e for e in gathered(data)[1] if e.source == "new_wiki"],
    }


def _every_second(examples: list[Example]) -> set[str]:
    return set(sorted({example.paragraph.article for example in examples})[::2])


def with_negatives(examples: list[Example], *, seed: int) -> list[Example]:
    """The examples and a share of those made from them that have no answer."""
    rng = random.Random(seed)
    near = [e for e in lookalikes(examples, seed=seed) if rng.random() < _LOOKALIKES]
    turned = [e for e in swapped(examples, seed=seed) if rng.random() < _SWAPPED]
    log.info("%d examples, %d look-alikes, %d swapped", len(examples), len(near), len(turned))
    return examples + near + turned


def main() -> None:
    """Gather, train, save."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with squadshifts/, qamr/ and squad2-dev-part.json")
    parser.add_argument("--out", type=Path, default=Path("rag/models/reader.safetensors"))
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None, help="use this many examples only, to try the recipe out")
    given = parser.parse_args()
    folder = packaged.checked_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    learn, held = gathered(given.data)
    examples = encode(tokenizer, with_negatives(learn, seed=SEED), seed=SEED)
    random.Random(SEED).shuffle(examples)
    checked = encode(tokenizer, random.Random(SEED).sample(with_negatives(held, seed=SEED), 1200), seed=SEED)
    log.info(
        "%d examples of %.0f tokens, %s",
        len(examples),
        sum(len(e.ids) for e in examples) / len(examples),
        Counter(e.target > 0 for e in examples),
    )
    train(folder, examples[: given.limit], passes=given.passes, seed=SEED, out=given.out, held=checked)


if __name__ == "__main__":
    main()

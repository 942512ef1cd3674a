"""``python -m training DATA``: trains the reader's adapter and writes rag/models/reader.safetensors."""

from __future__ import annotations

import argparse
import logging
import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from tokenizers import Tokenizer

from rag.models import packaged
from rag.models.embeddings import Embedder
from rag.settings import Settings
from training.batches import encode
from training.examples import Example, Paragraph
from training.negatives import lookalikes, swapped
from training.sources import news, qamr, squad
from training.train import train
from training.wording import harder, neighbours, reworded

log = logging.getLogger("training")
SEED = 7
NEWS = Path(__file__).with_name("news")
# What part of each kind of example goes into a pass; what is little and nearest to what is asked comes several times.
_SECOND_TIMES = 2
_REWORDED = 0.5
_FAR, _FAR_SHARE = ("amazon_reviews", "reddit", "qamr"), 0.6
_DATED = 0.4
_LOOKALIKES = 0.35
_SWAPPED = 0.8


def gathered(data: Path) -> tuple[list[Example], list[Example]]:
    """All examples to learn from, and those whose articles are held out: every eighth article of the Wikipedia, review, forum and
    QAMR sets. Of SQuAD 2.0's articles every second by title is learned from; the others and XQuAD are not. The invented news to learn from comes on
    top, see ``main``."""
    told: list[Example] = []
    for name in ("new_wiki", "amazon_reviews", "reddit"):
        told += squad(data / "squadshifts" / f"{name}.json.gz")
    told += qamr(data / "qamr")
    articles = sorted({example.paragraph.article for example in told})
    held = {article for number, article in enumerate(articles) if number % 8 == 3}
    second = list(squad(data / "squad2-dev-part.json"))
    learn = [e for e in told if e.paragraph.article not in held] + [e for e in second if e.paragraph.article in _every_second(second)]
    learn += (_SECOND_TIMES - 1) * [e for e in learn if e.source == "squad2-dev-part"]
    return learn, [e for e in told if e.paragraph.article in held] + list(news(NEWS / "held_out.jsonl"))


def held_out(data: Path) -> dict[str, list[Example]]:
    """Articles that the network never saw, for weighing its scores: XQuAD's development half, the held-out Wikipedia articles, and
    invented news whose questions name what they are about, as one has to in a library."""
    xquad = list(squad(data / "xquad-en.json"))
    return {
        "xquad": [e for e in xquad if e.paragraph.article in _every_second(xquad)],
        "new_wiki": [e for e in gathered(data)[1] if e.source == "new_wiki"],
        "news": list(news(NEWS / "fit.jsonl")),
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


def dated(examples: list[Example], *, seed: int) -> list[Example]:
    """The examples, a share of those without a day of their own under one at random: as in a library, where it seldom matters."""
    rng = random.Random(seed)

    def under(paragraph: Paragraph) -> Paragraph:
        day = date(2005, 1, 1) + timedelta(days=rng.randrange(8000))
        return replace(paragraph, published=day.isoformat()) if paragraph.published is None and rng.random() < _DATED else paragraph

    return [replace(e, paragraph=under(e.paragraph)) for e in examples]


def main() -> None:
    """Gather, train, save."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with squadshifts/, qamr/ and squad2-dev-part.json")
    parser.add_argument("--out", type=Path, default=Path("rag/models/reader.safetensors"))
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--limit", type=int, default=None, help="use this many examples only, to try the recipe out")
    parser.add_argument("--share", type=float, default=1.0, help="part of the public sets that is used")
    parser.add_argument("--news", type=int, default=6, help="how many times the invented news is used")
    parser.add_argument("--start", type=Path, help="go on from this adapter instead of the packaged weights alone")
    parser.add_argument("--seed", type=int, default=0, help="draws other negatives, wordings and an other order")
    given = parser.parse_args()
    folder = packaged.checked_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    seed = SEED + given.seed
    learn, held = gathered(given.data)
    near = neighbours(learn, Embedder(cache=Settings().models_folder).embed)
    rng = random.Random(seed)
    learn = [e for e in learn if rng.random() < given.share * (_FAR_SHARE if e.source in _FAR else 1)]
    learn = harder(learn + given.news * list(news(NEWS / "train.jsonl")), seed=seed)
    examples = encode(tokenizer, dated(with_negatives(reworded(learn, near, share=_REWORDED, seed=seed), seed=seed), seed=seed), seed=seed)
    random.Random(seed).shuffle(examples)
    checked = encode(tokenizer, random.Random(SEED).sample(with_negatives(held, seed=SEED), 1200), seed=SEED)
    log.info(
        "%d examples of %.0f tokens, %s",
        len(examples),
        sum(len(e.ids) for e in examples) / len(examples),
        Counter(e.target > 0 for e in examples),
    )
    train(folder, examples[: given.limit], passes=given.passes, seed=seed, out=given.out, start=given.start, held=checked)


if __name__ == "__main__":
    main()

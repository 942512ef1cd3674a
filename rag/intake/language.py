"""Says which language an article is in: what its page or file states, checked against its words; it knows no format.

Statements lie: templates are translated and their ``lang`` is not. So words that are sure win over the statement, and the statement over words that are not.
"""

from __future__ import annotations

import re
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_READ = 600  # characters; longer texts change no answer on the labelled pages and cost time at every pass
_LEAST = 40  # letters; below, names decide more than grammar does
# The detector's probability, calibrated for length; docs/decisions/0011-language.md has what lower and higher ones give.
_SURE = 0.9
# English by its function words is a hundred times as quick to tell, and most libraries are English.
_ENGLISH = frozenset(
    "the of and to in a that is was for on with said it by at as from be has have had not are were will who which this their".split()
)
_ENGLISH_SHARE = 0.2
_QUICK = 60  # words
# Neighbours that a detector mistakes for each other, each by the tag that stands for all: a statement among them is believed.
_NEAR = {
    "no": "nb",
    "nn": "nb",
    "nb": "nb",
    "da": "nb",
    "hr": "sr",
    "bs": "sr",
    "sr": "sr",
    "id": "ms",
    "ms": "ms",
    "gl": "pt",
    "pt": "pt",
    "cs": "sk",
    "sk": "sk",
}
_DIALECTS = frozenset(["ary", "arz"])  # Moroccan and Egyptian Arabic, which take a fifth of the probability of short Arabic texts
_OLD = {"iw": "he", "in": "id", "ji": "yi"}
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9-_]*)?", re.IGNORECASE)


def language_of(text: str, stated: str | None = None) -> str | None:
    """The primary tag of BCP 47, such as "en"; None where nothing is stated and the words are too few or unsure."""
    said = primary_tag(stated)
    if said in (None, "en") and _is_english(text):
        return "en"
    sample = text[:_READ]
    if sum(map(str.isalpha, sample)) < _LEAST:
        return said
    found, probability = _detector().classify(sample)
    near = said is not None and _NEAR.get(said, said) == _NEAR.get(found, found)
    if near or probability < _SURE or said not in (None, *_known()):
        return said
    return str(found)


def primary_tag(stated: str | None) -> str | None:
    """The language of a tag such as "de-AT", "pt_BR" or "EN"; None for what is no tag."""
    found = _TAG.fullmatch((stated or "").strip())
    tag = found[1].lower() if found else None
    return None if tag in ("und", "mul", "zxx") else _OLD.get(tag or "", tag)


def _is_english(text: str) -> bool:
    words = [word.strip(".,;:!?\"'()“”‘’").lower() for word in text[: _QUICK * 8].split()[:_QUICK]]
    hits = [word for word in words if word in _ENGLISH]
    return len(words) >= 15 and "the" in hits and len(set(hits)) >= 4 and len(hits) >= _ENGLISH_SHARE * len(words)


@lru_cache(maxsize=1)
def _detector() -> LanguageIdentifier:
    detector = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    detector.set_languages([label for label in detector.labels if label not in _DIALECTS])
    return detector


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(_detector().labels)

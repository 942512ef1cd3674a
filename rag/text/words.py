"""Words as search and reader compare them: folded, stemmed, without stop words; it knows neither stores nor models."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

# Function words, and the words of asking itself, which no article need contain.
STOP_WORDS = frozenset(
    """a about above after again against all also am an and any are aren't as at be because been before being below between both but by can can't
    could couldn't did didn't do does doesn't doing don't down during each else ever few for from further get gets got had hadn't has hasn't have
    haven't having he he'd he'll he's her here hers herself him himself his how i i'd i'll i'm i've if in into is isn't it it's its itself just let
    let's many may me might more most much must my myself no nor not now of off on once one only or other ought our ours out over own please same
    say says said she she'd she'll she's should shouldn't so some such tell than that that's the their theirs them themselves then there there's
    these they they'd they'll they're they've this those through to too under until up us very was wasn't we we'd we'll we're we've were weren't
    what what's when where which while who whom whose why will with won't would wouldn't you you'd you'll you're you've your yours yourself""".split()
)
_WORD = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+(?:['’][^\W_]+)*")
_stemmer = snowballstemmer.stemmer("porter")
# The stemmer keeps the word that it works on in itself.
_stemming = threading.Lock()


def fold(text: str) -> str:
    """Lower case without accents, with straight apostrophes, as the full-text index folds."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.replace("’", "'").casefold()


def tokens(text: str) -> list[str]:
    """Folded words and numbers in their order, as they are written."""
    return [match.group() for match in _WORD.finditer(fold(text))]


def words(text: str) -> list[str]:
    """The tokens, numbers without thousands separators."""
    return [re.sub(r"(?<=\d),(?=\d{3})", "", token) for token in tokens(text)]


def content(text: str) -> list[str]:
    """The tokens that carry meaning, in order."""
    return [token for token in tokens(text) if token not in STOP_WORDS and not token.endswith("n't")]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The Porter stem of a folded word, as the full-text index stems."""
    with _stemming:
        return str(_stemmer.stemWord(word.removesuffix("'s").replace("'", "")))


def terms(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order of first use, each once."""
    return unique(stem(word) for word in words(text) if word not in STOP_WORDS)


def unique(items: Iterable[str]) -> list[str]:
    """The items in order of first use, each once."""
    return list(dict.fromkeys(items))

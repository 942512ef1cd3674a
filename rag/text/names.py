"""Names in a text and whether another text holds them, by whatever form: "Belarusian" for Belarus, "Kyiv" for Ukraine, "ISW" for its long name; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rag.text.days import days
from rag.text.questions import NAME
from rag.text.words import STOP_WORDS, fold, tokens

_RUN = re.compile(rf"{NAME}(?: (?:& )?{NAME})*|(?:[A-Z]\.){{2,}}")
# Said of many, so that they name nobody by themselves.
TITLES = frozenset(
    """mr mrs ms miss dr prof professor sir lady lord captain mayor president minister chancellor king queen prince princess pope senator sen gov governor
    rep judge justice general colonel sergeant inspector superintendent chief director headteacher chairman chairwoman secretary treasurer
    spokesman spokeswoman deputy company county city town harbour police officials monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december i""".split()
)
# A country, its people and the seat of its government stand for each other in news.
_SAME = [
    frozenset(line.split())
    for line in """russia russian russians moscow kremlin
    ukraine ukrainian ukrainians kyiv kiev
    belarus belarusian belarusians minsk
    u.s american americans america washington
    u.k britain british briton britons london westminster
    france french paris
    germany german germans berlin
    china chinese beijing
    japan japanese tokyo
    israel israeli israelis
    iran iranian iranians tehran
    turkey turkish ankara
    poland polish warsaw
    spain spanish madrid
    italy italian italians rome
    netherlands dutch hague
    e.u brussels""".splitlines()
]
# Long names and short forms that would otherwise be taken apart into words that mean something else.
_SHORT = {
    re.compile(r"\b(?:United States(?: of America)?|USA?)\b"): "U.S.",
    re.compile(r"\b(?:United Kingdom|UK)\b"): "U.K.",
    re.compile(r"\b(?:European Union|EU)\b"): "E.U.",
}
_BEARING = 5  # letters that two forms of a name share at least, as Ukraine and Ukrainian do
_BESIDE = 3  # words around a name in which its bearer is described


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words as it is written, and its words folded."""

    text: str
    words: tuple[str, ...]


def name_words(texts: Iterable[str]) -> set[str]:
    """Folded words that the texts write with a capital elsewhere than at the head of a sentence."""
    return {_plain(word) for text in texts for word in re.findall(rf"(?<=[\w,;:)] ){NAME}", text)}


def names(text: str, known: set[str]) -> list[Name]:
    """The names of a sentence; its first word counts where ``known`` has it as a name or another name follows."""
    for when in reversed(days(text)):
        text = f"{text[: when.start]}{' ' * (when.end - when.start)}{text[when.end :]}"
    text = _shortened(text)
    found = []
    for run in _RUN.finditer(text):
        words = [_plain(word) for word in run.group().split() if word != "&"]
        opens = not re.search(r"\w", text[: run.start()]) or bool(re.search(r"[\"“‘:]\s*$", text[: run.start()]))
        if opens and (words[0] in STOP_WORDS or (len(words) == 1 and words[0] not in known)):
            words = words[1:]
        if kept := tuple(word for word in words if word and word not in TITLES and word not in STOP_WORDS):
            found.append(Name(re.sub(r"['’]s?$", "", run.group()), kept))
    return found


def words_of(text: str) -> frozenset[str]:
    """The folded words of a text with the forms that a name may take in another: parts of hyphenated ones, initials, without "'s"."""
    text = _shortened(text)
    held = {part for token in tokens(text) for part in (token, token.removesuffix("'s"))}
    for run in re.finditer(rf"{NAME}(?: (?:(?:of|the|for|and|on|&) )*{NAME})+", text):
        held.add("".join(word[0] for word in run.group().split() if word[0].isupper()).casefold())
    held.update(initials.casefold().rstrip(".") for initials in re.findall(r"(?:[A-Z]\.){2,}", text))
    return frozenset(held)


def holds(held: frozenset[str], name: Name) -> bool:
    """Whether a text, as ``words_of`` took it apart, has every word of the name in some form."""
    return all(_holds(held, word) for word in name.words)


def beside(name: Name, text: str) -> set[str]:
    """Folded words that carry meaning within three words of the name's last word, wherever the text has it."""
    words = tokens(text)
    last = name.words[-1].split("-")[-1]
    places = [at for at, word in enumerate(words) if word.removesuffix("'s") == last]
    near = {word for at in places for word in words[max(0, at - _BESIDE - len(name.words)) : at + 1 + _BESIDE]}
    return near - STOP_WORDS - {word for part in name.words for word in part.split("-")}


@lru_cache(maxsize=20_000)
def _holds(held: frozenset[str], word: str) -> bool:
    forms = {word}.union(*(same for same in _SAME if word in same))
    if forms & held:
        return True
    if "-" in word:
        return all(_holds(held, part) for part in word.split("-") if part)
    if len(word) < _BEARING:
        return False
    bearing = word[: max(_BEARING, len(word) - 2)]
    return any(
        len(other) >= _BEARING and (other.startswith(bearing) or word.startswith(other[: max(_BEARING, len(other) - 2)])) for other in held
    )


def _shortened(text: str) -> str:
    for long, short in _SHORT.items():
        text = long.sub(short, text)
    return text


def _plain(word: str) -> str:
    return re.sub(r"'s$|'$", "", fold(word)).strip(".'-")

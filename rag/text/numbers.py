"""Numbers of a text as values, however they are written: "139", "one hundred and thirty-nine", "$2.2 million", "11%", "two thirds"; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SMALL = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
        nineteen""".split()
    )
}
_TENS = {word: 10 * place for place, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)}
_POWERS = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "trillion": 1_000_000_000_000}
_SHORT_POWERS = {"m": 1_000_000, "bn": 1_000_000_000, "k": 1_000}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "twelfth": 12}
# Words that hold a number, and which.
_HIDDEN = {
    "both": 2, "pair": 2, "couple": 2, "twice": 2, "double": 2, "doubled": 2, "doubling": 2, "triple": 3, "tripled": 3,
    "trio": 3, "dozen": 12, "dozens": 12, "decade": 10, "century": 100, "halved": 0.5, "fortnight": 2, "zero": 0,
}  # fmt: skip
_WORD = "|".join([*_SMALL, *_TENS, *_POWERS])
_POWER = "|".join(_POWERS)
_PART = "|".join(_PARTS)
_NUMBER = re.compile(
    rf"""(?<![\w.,])[$€£]?(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:\s?-?(?P<power>thousand|million|billion|trillion|bn|m|k)\b)?
        (?P<half>\sand\sa\shalf\b)?(?:st|nd|rd|th)?(?P<percent>\s?(?:%|per\s?cent|percent)|-percent)?
    |\b(?P<words>(?:a\s(?={_POWER}))?(?:{_WORD})\b(?:[\s-](?:and[\s-])?(?:{_WORD})\b)*)(?:[\s-](?P<parts>{_PART})s?\b)?(?P<halves>\sand\sa\shalf\b)?
        (?P<worded_percent>\s?(?:%|per\s?cent|percent))?
    |\b(?P<part>{_PART})s?\b(?P<of_power>\sa\s(?:{_POWER}))?
    |\b(?P<hidden>{"|".join(_HIDDEN)})\b""",
    re.I | re.X,
)
_ONE_IN = re.compile(rf"\b(?:one|1)(?: \w+)? in (?P<of>\d+|{_WORD})\b", re.I)
# "£900,000 a year" is a sum, "five long years" a time.
_UNIT = re.compile(
    r"[\s-](?:(?!(?:an?|per|each|every|in|by|on|at|this|last|next|the|of)\s)\w+\s)?(?P<unit>second|minute|hour|day|night|week|month|year|decade)s?\b",
    re.I,
)
_ABOUT = re.compile(r"\b(?:about|around|roughly|some|approximately|(?<!will )(?<!to )close to|an estimated)(?: the| an?)? ?$", re.I)
_ABOVE = re.compile(
    r"\b(?:over|above|(?:little |well )?more than|upwards of|a little over|just over|exceed(?:s|ed|ing)?)(?: the| an?)? ?$", re.I
)
_BELOW = re.compile(r"\b(?:nearly|almost|(?:little )?(?:less|fewer) than|under|below|just under|not quite)(?: the| an?)? ?$", re.I)
# What "about" and its like may stand for: 2.2 million is "over two million", 38 percent "well over a third".
_ROUNDING = 0.15


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, from ``start`` to ``end``; ``values`` are all that it may stand for, ``unit`` a unit of time that follows.

    ``hidden`` says that it stands in a word that means more than its number, such as "both" or "decade".
    ``least`` and ``most`` say how much less or more than written it may be, as a factor: "over two million" may be 2.2 million.
    """

    text: str
    start: int
    end: int
    values: tuple[float, ...]
    unit: str | None
    hidden: bool = False
    least: float = 1.0
    most: float = 1.0

    def agrees(self, other: Number) -> bool:
        """Whether the other one may be the same, in the same unit of time where both have one."""
        if self.unit and other.unit and self.unit != other.unit and {self.unit, other.unit} != {"day", "night"}:
            return False
        return any(self._covers(a, b) or other._covers(b, a) for a in self.values for b in other.values)

    def _covers(self, own: float, value: float) -> bool:
        return own * self.least - 1e-9 * abs(own) <= value <= own * self.most + 1e-9 * abs(own)


def numbers(text: str) -> list[Number]:
    """The numbers in their order; "one" alone is none, since it is mostly a pronoun, nor are "first" and "second"."""
    found = list(_plain(text))
    for match in _ONE_IN.finditer(text):
        of = float(match["of"]) if match["of"].isdigit() else _worded(match["of"].casefold().split())
        if of:
            found.append(Number(match[0], match.start(), match.end(), (1 / of,), None))
    return sorted(found, key=lambda number: number.start)


def _plain(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        if match[0].casefold() in ("one", "a", "an"):
            continue
        values = tuple(_values(match))
        if not values:
            continue
        unit = _UNIT.match(text, match.end())
        before, after = text[max(0, match.start() - 22) : match.start()], text[match.end() : match.end() + 10]
        about = bool(_ABOUT.search(before) or re.match(r" or so\b|-odd\b", after))
        least = 1 - _ROUNDING if about or _BELOW.search(before) else 1.0
        most = 1 + _ROUNDING if about or _ABOVE.search(before) else 1.0
        yield Number(
            match[0].strip(),
            match.start(),
            match.end(),
            values,
            unit["unit"].casefold() if unit else None,
            bool(match["hidden"]),
            least,
            most,
        )


def _values(match: re.Match[str]) -> Iterator[float]:
    if match["digits"]:
        value = float(match["digits"].replace(",", "")) + (0.5 if match["half"] else 0)
        power = (match["power"] or "").casefold()
        value *= _POWERS.get(power) or _SHORT_POWERS.get(power) or 1
        yield value
        if match["percent"]:
            yield value / 100
    elif match["words"]:
        value = _worded(re.split(r"[\s-]+", match["words"].casefold())) + (0.5 if match["halves"] else 0)
        if match["parts"]:
            value /= _PARTS[match["parts"].casefold()]
        yield value
        if match["worded_percent"]:
            yield value / 100
    elif match["part"]:
        of = _PARTS[match["part"].casefold()]
        yield 1 / of * (_POWERS[match["of_power"].split()[1].casefold()] if match["of_power"] else 1)
        if of > 2 and not match["of_power"]:
            yield float(of)
    else:
        yield float(_HIDDEN[match["hidden"].casefold()])


def _worded(words: Sequence[str]) -> float:
    """The value of a number in words, as "two hundred and fourteen" or "a million"."""
    total = current = 0.0
    for word in words:
        if word in ("a", "an"):
            current = current or 1
        elif word in _POWERS:
            current = (current or 1) * _POWERS[word]
            if _POWERS[word] >= 1000:
                total, current = total + current, 0.0
        elif word != "and":
            current += _SMALL.get(word) or _TENS.get(word) or 0
    return total + current

"""Whose words a sentence reports: the people and bodies beside its reporting verbs, by name or by role."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.text.names import TITLES
from rag.text.questions import NAME
from rag.text.words import STOP_WORDS, fold, tokens

_SAYS = r"""(?:sa(?:id|ys)|t(?:old|ells)|claim(?:ed|s)(?!\s(?:her|his|its|their)\b)|announce[ds]|note[ds]|remark(?:ed|s)|warn(?:ed|s)|remind(?:ed|s)|admit(?:ted|s)|concede[ds]|promise[ds]
    |pledge[ds]|vow(?:ed|s)|expla(?:ined|ins)|argue[ds]|complain(?:ed|s)|grumble[ds]|call(?:ed|s)|describe[ds]|hail(?:ed|s)|praise[ds]|dismiss(?:ed|es)
    |reckon(?:ed|s)|thinks?|thought|believe[ds]|calculate[ds]|estimate[ds]|expect(?:ed|s)|insist(?:ed|s)?|maintain(?:ed|s)|assert(?:ed|s)|den(?:ied|ies)
    |blame[ds]|accuse[ds]|h(?:olds|eld)\sthat|point(?:ed|s)\sout|report(?:ed|s)|ask(?:ed|s)|add(?:ed|s)|suggest(?:ed|s)|predict(?:ed|s)|declare[ds]|state[ds]
    |wrote|writes|conclude[ds]|f(?:ound|inds)\sthat|puts?\sthe|want(?:ed|s)|apologise[ds]|defend(?:ed|s)|criticise[ds]|reject(?:ed|s)|dispute[ds]
    |identifie[ds]|reveal(?:ed|s)|recall(?:ed|s)|joke[ds]|summed\sup|acknowledge[ds]|confirm(?:ed|s)|spoke|speaks)"""
_PERIOD = r"(?:[^,.;:\"“”]|(?<=Mr)\.|(?<=Ms)\.|(?<=Mrs)\.|(?<=Dr)\.)"
_PLACES = (
    re.compile(rf"(?:according\sto|in\sthe\s(?:view|words|opinion|judgment|eyes|account)\sof)\s(?P<who>{_PERIOD}{{2,60}})", re.I | re.X),
    re.compile(
        r"(?:in|by|as|on)\s(?P<who>(?:the\s)?[\w\s.'’-]{2,40}?)(?:['’]s|s['’])\s(?:view|version|account|telling|words|opinion|judgment|eyes)",
        re.I | re.X,
    ),
    re.compile(
        rf"[,\"”?!'’]\s?{_SAYS}\s(?P<who>(?!that\b|he\b|she\b|it\b|they\b){_PERIOD}{{2,60}}(?:,\s(?:the\s|an?\s|who\s)?[^,.;:\"“”]{{2,40}})?)",
        re.I | re.X,
    ),
    re.compile(
        rf"(?:^|[,;:.!?\"“”—–]\s|\b(?:and|but|while|whereas|as|that|which)\s)(?P<who>{_PERIOD}{{1,60}}?(?:,\s[^,;:\"“”]{{2,50}},)?)"
        rf"\s(?:has\s|have\s|had\s|also\s|later\s|then\s|now\s|only\s|still\s|who\s)?{_SAYS}\b",
        re.I | re.X,
    ),
)
_MOST_WORDS = 14
# Whom somebody speaks to, and when.
_ASIDE = frozenset("reporters journalists meeting yesterday today press conference station colleagues members chamber".split())
_PRONOUN = re.compile(r"(?:^|\s)(?:he|she|they)$", re.I)
_RELATIVE = re.compile(r"\b(?:that|which|whom|while|because)\s", re.I)
# Characters around a name in which its bearer is described: "the chief executive, Gunnar Eklöf".
_AROUND = 60


def speakers(text: str) -> list[str]:
    """The words that say who speaks, in whatever part of the sentence they stand."""
    found = [match["who"].strip() for place in _PLACES for match in place.finditer(text)]
    return [who for who in found if who and len(who.split()) <= _MOST_WORDS]


def speaker(sentence: str) -> str | None:
    """The folded last word of the name of the first who speaks in a sentence; None where nobody with a name does."""
    for who in speakers(sentence):
        # "… undermined his ally when he said": the subject comes first, and people mostly come with two names.
        by_pronoun = _PRONOUN.search(who)
        found = _names(sentence if by_pronoun else _RELATIVE.split(who)[-1])
        full = [name for name in found if " " in name] if by_pronoun else []
        if name := next(iter(full or found), None):
            return fold(name.split()[-1]).removesuffix("'s")
    return None


def _names(text: str) -> list[str]:
    """Names in order, without titles and first words of sentences; "Putin's spokesman" names Putin only where no other name stands."""
    names = []
    for match in re.finditer(rf"{NAME}(?: {NAME})*", text):
        words = [word for word in match.group().split() if fold(word) not in TITLES]
        while words and fold(words[0]) in STOP_WORDS:
            words.pop(0)
        if words:
            names.append(" ".join(words))
    return [name for name in names if not name.endswith(("'s", "’s"))] or names


def speaker_words(text: str) -> list[str]:
    """Folded words, each once, that name or describe those who speak in a text."""
    words = [word for who in speakers(text) for word in tokens(who) if word not in STOP_WORDS and word not in _ASIDE]
    return list(dict.fromkeys(words))


def descriptions(text: str, texts: Iterable[str]) -> set[str]:
    """Folded words that stand beside the names of those who speak in ``text``, wherever the ``texts`` have these names."""
    found: set[str] = set()
    surnames = {fold(name) for who in speakers(text) for name in re.findall(NAME, who)} - TITLES - STOP_WORDS
    for folded in map(fold, texts):
        for surname in surnames:
            for match in re.finditer(rf"\b{re.escape(surname)}\b", folded):
                found.update(tokens(folded[max(0, match.start() - _AROUND) : match.end() + _AROUND]))
    return found - STOP_WORDS

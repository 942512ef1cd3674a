"""Finds the sentences of English news text by rules; it knows no model and never changes a character.

Lines first: a blank line always ends a sentence, a single line end only where the line was not
merely wrapped. Then punctuation: each run of ``.!?…`` with its closing quotes is judged by the word
before it and by what follows. Where a rule cannot tell, two sentences stay together: a quote that is
too long is still a quote, half a sentence is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.records import Span

# Always followed by what they belong to, so a name such as "Mr. He" is safe.
_BOUND = frozenset(
    """Mr Mrs Ms Mx Messrs Mme Mlle Sra Srta Dr Drs Prof Profs Rev Fr Msgr Hon Rt Ven Sen Sens Rep Reps Gov Govs Pres Amb Ald Cllr Atty
    Asst Dep Lt Lieut Col Gen Maj Brig Capt Cdr Cmdr Adm Sgt Sgts Cpl Pvt Pfc Const Det Insp Supt vs v e.g i.e cf viz""".split()
)
_BEFORE_NUMBER = frozenset(
    "No Nos no nos Art Arts Fig Figs Vol Vols Sec Ch Chap Op p pp pg para c ca approx Rs Tel Ext ft lb lbs oz".split()
)
_STATES = frozenset(
    """Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky La Mass Md Mich Minn Miss Mo Mont Neb Nev N.C N.D N.H N.J N.M N.Y Okla Ore
    Pa R.I S.C S.D Tenn Tex Va Vt Wash Wis W.Va Wyo""".split()
)
# Inside a sentence or at its end; the word after them decides.
_OPEN = _STATES | frozenset(
    """Inc Corp Co Cos Ltd Bros Assn Dept Univ Intl Natl Govt St Ste Mt Ft Ave Blvd Rd Jr Sr Esq Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct
    Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun""".split()
)
_INITIAL = re.compile(r"[A-Z]\.")
_ACRONYM = re.compile(r"(?:[A-Z][a-z]?\.)+[A-Z][a-z]{0,2}|[a-z](?:\.[a-z])+")
_LETTERED = frozenset("a an the plan vitamin hepatitis section exhibit group class grade type appendix schedule option war malcolm".split())
_NAMES_WITH_MARK = frozenset(["Yahoo!", "Jeopardy!", "Oklahoma!", "Wham!", "Guess?"])

# Capitalised only where a sentence begins; "Will", "May", "First" and "New" are names too often.
_OPENER = re.compile(
    r"""(?:The|An?|This|That|These|Those|There|Here|He|She|It|They|We|You|I|His|Her|Its|Their|Our|My|Your|But|And|Or|Nor|So|Yet|If|When
    |While|Where|Who|What|Why|How|After|Before|Since|Until|Although|Though|Because|As|At|By|For|From|In|On|To|With|Without|Under|Over
    |During|Despite|Between|Among|Against|About|Not|Now|Then|Today|Yesterday|Tomorrow|Meanwhile|However|Instead|Still|Also|Both|Each
    |Every|Some|Many|Most|Several|Few|Others|Another|All|Any|One|Two|Three|Once|Only|Even|Just|Asked|Earlier|Later|Nearly|Almost
    |According|Thus|Therefore|Hence|Again|Is|Are|Was|Were|Did|Does|Police|Officials|Authorities|Analysts|Experts|Critics|Investigators
    |Prosecutors|Detectives|Witnesses|Residents|Shares|Voters|Supporters|Opponents|Lawmakers|Researchers|Scientists)(?![\w.-])""",
    re.VERBOSE,
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*"
_AFTER_CLOCK = re.compile(
    rf"""(?:Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun)(?:nes|ur)?(?:day)?s?\b|{_MONTH}\.?\s\d|\d\d?\s{_MONTH}\b
    |(?:[ECMP][SD]?T|GMT|UTC|BST|CES?T|MSK)\b|Eastern|Central|Mountain|Pacific|Greenwich|Christmas|New\sYear|Thanksgiving|Easter
    |Good\sFriday|[A-Z]\w+\stime\b""",
    re.VERBOSE,
)
_LOWER_STARTER = re.compile(r"[a-z]+[A-Z]|(?:von der|van der|van|von|de|da|di|du|bin|al|el)[ -][A-Z]")
_SPEECH_TAG = re.compile(
    r"(?:I|(?:[A-Z][\w.'’-]*\s+){0,3}[A-Z][\w.'’-]*)\s+"
    r"(?:said|says|asked|asks|replied|added|shouted|wrote|told|cried|yelled|wondered|exclaimed|tweeted|posted|continued|demanded|joked)\b"
)

_MARK = re.compile(r"(?:\.(?:[ \u00a0]\.)+|[.!?…])[.!?…\"'”’»)\]*_]*(?:\[[^\[\]\n]{1,24}\])*(?:\s[\"”’»)\]](?!\S))?")
# At most 12 marks: a text of nothing but dots must not cost quadratic time.
_LEAD = re.compile(r"\s*(?:[\"'“‘”’«(\[*_.…—–-]\s*){0,12}")
_CONTENT = re.compile(r"[^\W_]")
_WORD_START = re.compile(r"[-–—/\"'“‘«(\[*_]")
_LABEL = re.compile(r"[\s*•(-]*(?:\d{1,2}|[A-Z]|[IVX]{1,4})\.(?=\s)")
_DASHES = ("—", "–", "-")
_CLOSING_QUOTE = "\"'”’»"
_OPENING_QUOTE = "\"'“‘«"

_LINE = re.compile(r"^[^\n]*\S[^\n]*", re.MULTILINE)
_BULLET = re.compile(r"\s*(?:[-*+•◦▪·–—]\s|#{1,6}\s|>)")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s")
_TERMINATED = re.compile(r"[.!?…:;][\"'”’»)\]*_]*\s*$")
# How a line ends that goes on in the next one, whatever the capital there.
_UNFINISHED = re.compile(
    r"(?:[,\-–—&/(]|\b(?:an?|the|of|in|on|at|to|for|from|by|with|and|or|but|nor|as|that|which|who|whose|than|is|was|were|are|be|been|has"
    r"|had|have|will|would|not|his|her|its|their|our|my|your|said|says|told|between|into|over|under|after|before|near|around|against|about"
    r"|President|Minister|Secretary))\s*$"
)
_WIDEST_WRAP = 120  # columns: a longer line is a whole paragraph, nobody wraps there
_NARROWEST_WRAP = 30
_NEAR = 60  # characters on either side that the rules see: longer than any abbreviation with its neighbour


@dataclass(frozen=True, slots=True)
class _Stop:
    """A run of terminal punctuation with its closing quotes, and as much around it as the rules look at.

    ``lead`` is what opens the following words, such as a quotation mark or a dash.
    """

    before: str
    mark: str
    lead: str
    after: str


def split_sentences(text: str) -> list[Span]:
    """Spans of the sentences in order, without outer white space; each other character lies in exactly one.

    Headings, list items and other lines that are no sentences get spans of their own.
    """
    spans: list[Span] = []
    for block in _blocks(text):
        here = len(spans)
        start = block.start
        content = _content(text, _end_of(_LABEL, text, start), block.end)
        for mark in _MARK.finditer(text, block.start, block.end):
            end = mark.end()
            if content < mark.start() and end < block.end and _ends_sentence(text, Span(start, block.end), mark):
                spans.append(_trimmed(text, start, end))
                start, content = end, _content(text, end, block.end)
        if content < block.end or len(spans) == here:
            spans.append(_trimmed(text, start, block.end))
        else:
            # Nothing but punctuation is left, such as a quotation mark after a space.
            spans[-1] = _trimmed(text, spans[-1].start, block.end)
    return spans


def _content(text: str, start: int, end: int) -> int:
    found = _CONTENT.search(text, start, end)
    return found.start() if found else end


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _trimmed(text: str, start: int, end: int) -> Span:
    raw = text[start:end]
    return Span(start + len(raw) - len(raw.lstrip()), start + len(raw.rstrip()))


def _blocks(text: str) -> Iterator[Span]:
    """Stretches between the line ends that are sure to end a sentence."""
    lines = list(_LINE.finditer(text))
    if not lines:
        return
    # One long web address must not make a wrapped article look unwrapped, hence not the longest line of 20 or more.
    width = sorted(len(line[0].rstrip()) for line in lines)[int(0.95 * len(lines))]
    start = lines[0].start()
    for line, following in pairwise(lines):
        if following.start() - line.end() > 1 or _line_ends_sentence(line[0].rstrip(), following[0], width):
            yield Span(start, line.end())
            start = following.start()
    yield Span(start, lines[-1].end())


def _line_ends_sentence(line: str, following: str, width: int) -> bool:
    if _BULLET.match(following) or line.lstrip().startswith("#") or not (_CONTENT.search(line) and _CONTENT.search(following)):
        return True
    # A line that had room for the next word was not wrapped there.
    fits = width > _WIDEST_WRAP or len(line) + 1 + len(following.split(maxsplit=1)[0]) <= width
    terminated = bool(_TERMINATED.search(line))
    if _NUMBERED.match(following):
        return fits or terminated
    first = following[_end_of(_LEAD, following, 0) :]
    if (first[:1].islower() and not _LOWER_STARTER.match(first)) or _UNFINISHED.search(line):
        return False
    if terminated:
        return fits and _last_words(line.rstrip("."))[1] not in _BOUND
    return fits or len(line) < _NARROWEST_WRAP


def _ends_sentence(text: str, rest: Span, mark: re.Match[str]) -> bool:
    end = mark.end()
    next_at = _end_of(_LEAD, text, end)
    if next_at >= rest.end:
        return True
    stop = _Stop(text[max(rest.start, mark.start() - _NEAR) : mark.start()], mark[0], text[end:next_at], text[next_at : next_at + _NEAR])
    if not text[end].isspace():
        # "ended.The council": the space was lost when the page was saved.
        return stop.mark in ".?!" and stop.lead == "" and stop.before[-2:].islower() and bool(_OPENER.match(stop.after))
    stop = replace(stop, lead=stop.lead.strip())
    quoted = stop.mark.rstrip("*_")[-1] in _CLOSING_QUOTE
    full_stop = stop.mark[0] == "." and not re.search(r"[.!?…]", stop.mark[1:])
    if stop.after[0].islower() and not (full_stop and _LOWER_STARTER.match(stop.after)):
        return False
    if quoted and stop.lead.startswith(_DASHES):
        return False
    if full_stop:
        return _full_stop_ends(stop)
    if stop.mark.startswith(("..", "…", ". ")):
        return not re.match(r"\d|I\b", stop.after)
    opener = _OPENER.match(stop.after)
    if _last_words(stop.before)[1] + stop.mark in _NAMES_WITH_MARK:
        return opener is not None
    tagged = quoted and not stop.lead and _SPEECH_TAG.match(stop.after)
    return not (tagged and (opener is None or opener[0] == "I"))


def _full_stop_ends(stop: _Stop) -> bool:
    previous, word = _last_words(stop.before)
    quotes = stop.lead[:1] in tuple(_OPENING_QUOTE)
    opens = quotes or (not stop.lead.startswith(_DASHES) and bool(_OPENER.match(stop.after)))
    if word in _BOUND:
        # "MS. She" is an illness, "Ms. She" a name.
        return opens and stop.before.endswith(word.upper())
    if word in _BEFORE_NUMBER and stop.after[0].isdigit():
        return False
    if word.lower() in ("a.m", "p.m"):
        return not (_AFTER_CLOCK.match(stop.after) or stop.lead.startswith("("))
    if len(word) == 1 and word.isupper():
        lettered = previous.lower() in _LETTERED and not _INITIAL.match(stop.after)
        return opens or lettered or (word == "I" and previous[:1].islower())
    if word in _STATES and previous.endswith(",") and not stop.lead:
        return True
    return opens or not (word in _OPEN or _ACRONYM.fullmatch(word))


def _last_words(before: str) -> tuple[str, str]:
    """The last word but one, and the last without opening quotes and prefixes, in title case if it is in capitals."""
    words = ["", "", *before.split()]
    word = _WORD_START.split(words[-1])[-1]
    return words[-2], word.title() if len(word) > 1 and word.isupper() else word

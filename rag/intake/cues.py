"""What gives away a line that is not an article's: calls to act, credits, headings of link lists.

One line at a time; it knows nothing of the line's place on the page, and no outlet's name. The words are English;
in other languages only the shapes (no full stop, bullets, repetition, credits, addresses) are seen.
"""

from __future__ import annotations

import re
from enum import Enum

from rag.intake.dates import parse_date


class Kind(Enum):
    """What a line is taken for."""

    PROSE = "a sentence or more"
    BARE = "a few words without an end: a heading, a caption, a link"
    BULLET = "an item of a list without a full stop"
    STAMP = "a clock time on its own"
    NOTE = "a correction or an editor's note"
    CAPTION = "a picture's caption or credit"
    FURNITURE = "part of the site"
    LINKS = "heads a list of links"
    AUTHOR = "heads the writer's biography"
    COMMENTS = "heads the readers' comments"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# The longest calls, cookie notes and captions that were seen have about 50 words; also bounds the patterns' running time.
_LONGEST_WORDS = 60
_LONGEST_CUE = 600  # characters

_QUOTED = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|„[^“”]*[“”]')
_END = re.compile(r"[.!?…。！？।؟][\"'”’»)\]*]*(?:\[[^\]\n]{1,25}\])*$")  # a footnote mark may follow
_OPEN_END = re.compile(r"[,;:—–][\"'”’»]*$")
_BULLET = re.compile(r"(?:[•·▪◦‣●*–-]|\d{1,2}[.)])\s+")
_STAMP = re.compile(r"\d{1,2}[:.]\d\d\s*(?:[ap]\.?m\.?)?\s*(?:[A-Z]{2,4})?", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|https?://\S+|\bwww\.\S+")

_NOTE = _any(
    r"^\W*(?:corrections?(?: and clarifications?)?|clarification|editor['’]?s['’]? note|update|retraction)\b[^.]{0,40}[:—–]",
    r"^(?:this|(?:an? )?(?:earlier|previous) versions? of this) (?:article|story|report|piece)\b.*\b(?:amended|corrected|misstated|misspelled|incorrectly|wrongly|gave|said)\b",
)
_LINKS = _any(
    r"^(?:related|read next|more (?:on|from|in|like|stories|news|about)\b|most (?:read|popular|viewed|shared|commented)|recommended|trending"
    r"|you (?:may|might)(?: also)? (?:like|enjoy|be interested)|see also|also (?:read|on|in)\b|top stories|latest\b|editors?['’]?s? (?:picks?|choice)"
    r"|what to read|in case you missed|don['’]t miss|popular (?:now|stories)|up next|further reading|keep reading|around the web|key events)"
)
_AUTHOR = _any(r"^about (?:the|our) (?:writer|author|reporter|journalist|contributor|columnist|editor)s?\b")
_COMMENTS = _any(
    r"^(?:reader )?comments?(?: ?\(\d+\))?:?$|^\d[\d,]* comments?$|^(?:join|start) the (?:conversation|discussion)\W*$|^leave a (?:comment|reply)\W*$|^have your say\W*$",
    r"^(?:view|show|read|see|load|post|add)(?: all| more| the| a)?(?: \d+)? comments?$",
)

_CREDIT = re.compile(
    # "Jane Roe/Some Agency" at the end, then words that say what was bought
    r"(?:^|[\s(])[A-Z][\w.'’&-]*/[A-Z][\w.'’&-]*(?:\s[A-Z][\w.'’&-]*){0,3}(?:,? (?:file|pool|handout))?\)?$"
    r"|\(?\b(?i:photo|photograph|picture|image|illustration|graphic|video|screenshot)s?(?: (?i:by|courtesy(?: of)?|credit:?)|:) \S+(?: \S+){0,7}$"
    r"|[.…]\s(?:Handout|File photo|Archive)$|^(?i:file|handout|pool|archive) (?i:photo|picture|image)s?\b"
    r"|[\s.]©\s?[A-Z][^.]{1,40}$|\([A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){1,3} (?:for|via) [^()]{2,40}\)$"
)
# A sentence and then a few unfinished words in capitals: "… in spring. Town Archive". Credits have no full stop, paragraphs do.
_CREDIT_WORD = r"(?:[A-Z][\w.'’&/-]*|of|the|for|and|de|via)"
_TRAILING_CREDIT = re.compile(rf"[.!?…][\"”’)]*\s+({_CREDIT_WORD}(?:,? {_CREDIT_WORD}){{0,5}})$")
_POSITIONS = _any(
    r"\((?:left|right|cent(?:er|re)|l|r|pictured|above|below)\)|^(?:pictured|from left)\b|,? from left\b|(?:\bphotographed|\bpictured) in\b"
)

_SERVICE = r"newsletters?|inbox|apps?|subscri\w+|account|notifications?|alerts?|podcasts?|briefing|member(?:ship)?|sign(?:ing)? up|log in|donat\w+|ad-free"
_IMPERATIVE = r"^(?:(?:please|want more\b[^?]*\?) )?(?:sign up|subscribe|get|join|try|start|become|download|follow|like|support|donate|register|log in|create|enter|buy|unlock|stay)\b"
_CALLS = _any(
    r"\bclick here\b|\bread more\W*$|^(?:click|tap) (?:here|below|on)\b|^(?:continue|keep) reading\b|^skip to\b",
    rf"{_IMPERATIVE}.*\b(?:{_SERVICE})\b|^sign up\b|^subscribe\b|^follow us\b|^support (?:our|independent|local|quality)\b|^enter your e-?mail\b",
    rf"\b(?:your?)\b.*\b(?:{_SERVICE})\b.*\b(?:us|our)\b|\b(?:{_SERVICE})\b.*\byour?\b.*\b(?:us|our)\b|\b(?:us|our)\b.*\b(?:{_SERVICE})\b.*\byour?\b",
    r"^(?:already|not yet) an? (?:subscriber|member)\b|^this (?:article|story|content) is (?:only )?(?:available )?(?:for|to) (?:our )?(?:subscribers|members)",
    r"\b(?:download|try|get|join|subscribe to|sign up (?:to|for)|follow) our\b.{0,40}\b(?:apps?|newsletters?|podcasts?|channels?|pages?|briefings?|communit(?:y|ies))\b",
    r"\b\d+ free (?:articles?|stories) (?:left|remaining)|^(?:subscribe|join) (?:now|today)|\bfor (?:just |only )?[$£€]\d+ an? (?:week|month|year)\b",
    r"^(?:(?:take|vote in) (?:our|the)\b.*\b(?:poll|quiz|survey)|what do you think\?)$|^listen to (?:this|the) (?:article|story|podcast)",
)
_ASK = _any(r"\?.*\b(?:let us know|tell us|e-?mail us|write to us|contact us|get in touch|send us|share your)\b")
_CONTACT = _any(r"\b(?:contact|e-?mail|reach|write to|send|letters?|tips?|tell|let) (?:us|me|him|her|them|the|to|your)?\b")
_LEGAL = _any(
    r"\b(?:we|our|this (?:web)?site|us(?:es|ing)?)\b.*\bcookies\b|^accept (?:all|cookies)|\bcookie (?:policy|settings|preferences|notice)\b|^manage (?:preferences|choices|cookies)",
    r"\bstore and/or access information on a device\b|\b(?:privacy policy|terms of (?:use|service))\b.*\b(?:agree|appl|our)|\b(?:agree|our)\b.*\b(?:privacy policy|terms)\b",
    r"^(?:copyright\b|©|\(c\) ?\d{4})|\ball rights reserved\b|^our (?:standards|policies|values|principles|journalism|mission|ethics)\b",
    r"^(?:the )?(?:views|opinions)\b.*\bexpressed\b|\bturn on javascript\b|\benable javascript\b",
)
_ADVERT = _any(
    r"^(?:advertisements?|advertising|sponsored(?: content)?|promoted|paid content|ad)$|^(?:story|article) continues below|^this advertisement\b"
)
_LABEL = _any(
    r"^(?:related|read (?:more|also|next|on)|also read|see also|watch|listen|don['’]t miss|video|podcast|gallery|in pictures)\s*[:|»>–—]",
    r"^(?:tags?|topics?|filed under|keywords|categor(?:y|ies))\s*:",
)
_SMALL = _any(
    r"^(?:menu|home|search|log ?in|sign in|subscribe|share|tweet|print|save|reply|report|like|more|copy link|e-?mail|facebook|twitter|x|instagram|whatsapp"
    r"|linkedin|telegram|(?:next|previous)(?: slide| page| article| story)?|close|about us|contact(?: us)?|privacy policy|terms(?: of use)?|live|latest|back to top|load more|show more|see all)$",
    r"^share (?:this|on|via|with|full)\b|^\d+[- ]?min(?:ute)?s?(?:[- ](?:read|listen|watch))?$|^(?:reply\s+report|show .{1,20} only)$",
    r"^(?:(?:updated|published|posted):? )?(?:an?|\d+) (?:min(?:ute)?|hour|day|week|month)s? ago$|^updated (?:at|on)\b.{1,20}$",
)
_BYLINE_END = _any(
    r"^\(?(?:additional )?(?:reporting|writing|editing|compiled|with files) (?:by|from)\b",
    r"\bcontributed (?:reporting|to this (?:report|story|article))\.?\)?$",
)


def words(text: str) -> int:
    """How many words."""
    return len(text.split())


def is_prose(text: str) -> bool:
    """Whether the line ends as a sentence does."""
    return bool(_END.search(text[-80:])) or (bool(_OPEN_END.search(text[-80:])) and words(text) > 10)


def has_address(text: str) -> bool:
    """Whether an e-mail or web address stands in it."""
    return bool(_ADDRESS.search(text))


def kind_of(text: str) -> Kind:
    """What the line is by its own look; quoted words never count as the site's."""
    for pattern, kind in ((_NOTE, Kind.NOTE), (_AUTHOR, Kind.AUTHOR), (_COMMENTS, Kind.COMMENTS)):
        if pattern.search(text) and (kind is Kind.NOTE or words(text) <= 8):
            return kind
    if len(text) > _LONGEST_CUE or words(text) > _LONGEST_WORDS:
        return Kind.PROSE  # a paragraph, even where its full stop was lost
    if _is_furniture(_QUOTED.sub(" ", text).strip()):
        return Kind.FURNITURE
    if _LINKS.search(text) and words(text) <= 8 and not text.endswith((".", "!")):
        return Kind.LINKS
    if _is_caption(text):
        return Kind.CAPTION
    if _STAMP.fullmatch(text):
        return Kind.STAMP
    if is_prose(text):
        return Kind.PROSE
    return Kind.BULLET if _BULLET.match(text) else Kind.BARE


def _is_furniture(text: str) -> bool:
    if (
        _SMALL.search(text)
        or _ADVERT.search(text)
        or _BYLINE_END.search(text)
        or _LEGAL.search(text)
        or _CALLS.search(text)
        or _ASK.search(text)
    ):
        return True
    if has_address(text) and (_CONTACT.search(text) or _ADDRESS.fullmatch(text.rstrip("."))):
        return True
    return bool(_LABEL.search(text)) and not is_prose(text)


def _is_caption(text: str) -> bool:
    if is_prose(text):
        return False
    trailing = _TRAILING_CREDIT.search(text)
    # "2. Little Morrow" is a numbered heading: a sentence has to stand before the credit
    return bool(_CREDIT.search(text) or _POSITIONS.search(text) or (trailing and words(text) >= words(trailing[1]) + 4))


def date_in(line: str) -> tuple[str | None, bool]:
    """The date that the line states and nothing else, and whether it is the date of a change."""
    found = re.fullmatch(
        r"(?i)(?P<what>(?:(?:first |last )?(?:published|posted|updated|modified|created)(?: on| at)?|date)\s*:?\s*)?(?P<date>.+)", line
    )
    if found is None:
        return None, False
    what = (found["what"] or "").lower()
    return parse_date(found["date"]), "updated" in what or "modified" in what

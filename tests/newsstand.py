"""Invented articles in scripts of both directions, and a conversation that cites them, for what is looked at in a browser."""

from __future__ import annotations

import json
from pathlib import Path

from samples import keep

from rag.assistant import Assistant
from rag.records import Account, Answer, Article, Citation, Passage, Seconds, Sentence, Side
from rag.settings import Settings
from rag.store.sync import sync

TALK = "0" * 31 + "7"
DIED = "How many people died in the Harrow Quay tram crash?"
WAITING = "كم سفينة كانت تنتظر في ميناء سكيل؟"

# None of this happened; places, people and outlets are made up.
ARTICLES = (
    {
        "id": "first",
        "title": "Tram crash at Harrow Quay",
        "source": "Ostrand Wire",
        "url": "https://ostrand-wire.example/harrow-quay",
        "published": "2026-02-09",
        "text": "At least nine people died when a tram left the rails at Harrow Quay on Monday, police said.\n\nThe line is closed until further notice.",
    },
    {
        "id": "later",
        "title": "Harrow Quay toll rises",
        "source": "Quay Courier",
        "published": "2026-02-11",
        "text": "The number of people who died in the Harrow Quay tram crash has risen to 12, police said on Wednesday.\n\nFlowers lined the stop.",
    },
    {
        "id": "arabic",
        "title": "سقوط رافعة في ميناء سكيل (Skell)",
        "source": "صحيفة سكيل",
        "published": "2025-01-10",
        "text": "أُغلق ميناء سكيل يوم الاثنين بعد سقوط رافعة في الماء. وقالت مديرة الميناء Ines Vold إن 14 سفينة كانت تنتظر، وإن الإصلاح سيكلف 9,400 دينار. "
        "«لم يُصب أحد»، كما قالت لإذاعة Fjord Radio.\n\nوسيبقى الميناء مغلقًا حتى 12/01/2025 على الأقل.",
    },
    {
        "id": "hebrew",
        "title": "מנוף נפל לנמל סקל",
        "source": "דואר סקל",
        "published": "2025-01-11",
        "text": "נמל סקל נסגר ביום שני לאחר שמנוף נפל למים. מנהלת הנמל Ines Vold אמרה כי 17 אוניות ממתינות, וכי התיקון יעלה ‎$9,400.\n\nהנמל ייפתח שוב ב-12.1.2025, אמרה.",
    },
    {
        "id": "persian",
        "title": "جرثقیلی در بندر اسکل افتاد",
        "source": "روزنامهٔ اسکل",
        "published": "2025-01-11",
        "text": "بندر اسکل روز دوشنبه پس از افتادن یک جرثقیل در آب بسته شد. مدیر بندر Ines Vold گفت که ۱۴ کشتی در انتظارند و تعمیر ۹٬۴۰۰ دینار هزینه دارد.\n\n"
        "بندر تا روز چهارشنبه بسته می‌ماند.",
    },
)


def newsstand(root: Path) -> Assistant:
    """A library of the articles under ``root / "home"``, and the conversation ``TALK``."""
    file = root / "articles.jsonl"
    file.write_text("".join(json.dumps(article, ensure_ascii=False) + "\n" for article in ARTICLES), "utf-8")
    made = Assistant(Settings(home=root / "home"))
    sync(made.stores, [file])
    answered = made.ask(DIED)
    keep(made, TALK, answered)
    keep(made, TALK, _right_to_left(made))
    keep(made, TALK, made.ask("Who painted the ceiling of the opera house?"))
    return made


def _right_to_left(made: Assistant) -> Answer:
    """An answer from the right that quotes three articles whose numbers differ."""
    quotes = [
        _quote(1, made.article("arabic"), "وقالت مديرة الميناء", "دينار."),
        _quote(2, made.article("hebrew"), "מנהלת הנמל", "$9,400."),
        _quote(3, made.article("persian"), "مدیر بندر", "هزینه دارد."),
    ]
    sentences = tuple(Sentence(citation.quote, "quoted", (citation.number,)) for citation in quotes)
    sides = (Side("17 אוניות ממתינות", "Ines Vold", 2), Side("14 سفينة كانت تنتظر", "مديرة الميناء", 1))
    passages = tuple(_passage(made.article(id)) for id in ("arabic", "hebrew", "persian"))
    said = " ".join(sentence.text for sentence in sentences)
    accounts = (Account(WAITING.rstrip("؟"), "conflict", sides),)
    return Answer(WAITING, WAITING, "answered", said, sentences, tuple(quotes), passages, Seconds(0.1, 0.2, None, 0.3), accounts=accounts)


def _quote(number: int, article: Article, first: str, last: str) -> Citation:
    start = article.text.index(first)
    end = article.text.index(last, start) + len(last)
    words = article.text[start:end]
    return Citation(
        number, article.article_id, article.version, article.title, article.source, article.published, article.url, start, end, words
    )


def _passage(article: Article) -> Passage:
    return Passage(
        f"{article.article_id}-0",
        article.article_id,
        article.version,
        0,
        len(article.text),
        article.text,
        (),
        0.5,
        None,
        None,
        article.title,
        article.source,
        article.published,
        None,
    )

"""What Newsdesk says when it does not answer; wording only."""

from __future__ import annotations

from rag.records import Filters, Overview, TimeAsked
from rag.text.questions import Intent
from rag.text.spoken import days_in_words, time_in_words

GREETING = "Hello. Ask about anything in the articles, for example who, where, when or how many; each answer quotes the words it rests on."
FOREIGN = "This question does not seem to be in English. Newsdesk reads English articles and understands English questions only."
WHICH_ARTICLE = "Which article? Name its subject, as in “summarise the story about the bridge”, or ask about one first."


def for_intent(intent: Intent) -> str:
    """The reply to a greeting or to a question in another language."""
    return GREETING if intent == "greeting" else FOREIGN


def nothing_answers(overview: Overview, filters: Filters, *, found: bool, why: str | None = None) -> str:
    """The refusal after a search: why nothing answers where that is known, what was searched, and what may help."""
    if not overview.articles:
        return "The library holds no articles: run `newsdesk sync FOLDER` with a folder of them."
    if filters and not found:
        return f"No article passes the filter ({_describe(filters)}). Widen the dates or the outlets and ask again."
    scope = f"{overview.articles:,} article{'' if overview.articles == 1 else 's'}"
    if overview.first and overview.last:
        scope += f" from {overview.first.isoformat()} to {overview.last.isoformat()}"
    if filters:
        scope += f", narrowed to {_describe(filters)}"
    tail = "The nearest passages are shown as related reading." if found else "No passage shares a word with the question."
    return f"The articles do not say. {f'{why} ' if why else ''}Searched {scope}; no sentence answers this question. {tail}"


def nothing_then(overview: Overview, filters: Filters, time: TimeAsked, *, found: bool, why: str | None = None) -> str:
    """The refusal where the days of publication that a question names leave no answer."""
    when = days_in_words(time.since, time.until)
    what = "No sentence of the articles" if found else "No article"
    scope = f" that the filter ({_describe(filters)}) leaves," if filters else ""
    missed = f"{what}{scope} published {when} (“{time.text}”){' answers this question' if found else ' was found'}."
    return (
        f"{missed} {f'{why} ' if why else ''}Without these days, {overview.articles:,} articles are searched: take them off and ask again."
    )


def no_day_in_both(filters: Filters, time: TimeAsked) -> str:
    """The refusal where a question names other days than the filter leaves."""
    return (
        f"The question asks for articles {time_in_words(time)[0].lower()}{time_in_words(time)[1:]} (“{time.text}”), "
        f"and the filter leaves only {_describe(filters)}: no day is in both. Change one of them and ask again."
    )


def _describe(filters: Filters) -> str:
    parts = [f"from {filters.since}"] if filters.since else []
    parts += [f"until {filters.until}"] if filters.until else []
    parts += [", ".join(filters.outlets)] if filters.outlets else []
    return " ".join(parts)

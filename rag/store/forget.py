"""Takes the words of articles that are being purged out of every conversation, inside the purge's own transaction; it knows no other table's rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from rag.store.redact import leads_on, redact
from rag.store.traces import windows_of

# So many words of an article in a row give it away in a name or a note, which are short; fewer are anybody's words, but for a whole headline.
_RUN = 4
_SHORTEST_HEADLINE = 2


def forget_in_conversations(db: sqlite3.Connection, ids: Collection[str]) -> None:
    """Take the words of the articles, which must still be held, out of turns, what is searched of them, names and notes.

    What a reader typed as a question stays, as in ``redact``; a name that holds words of an article gives way to the first question, a note to nothing.
    """
    changed = _clean_turns(db, ids)
    runs = _runs_of(db, ids)
    for name, note, conversation, turn in db.execute(
        "SELECT c.title, t.note, conversation_id, t.turn_id FROM conversations c JOIN turns t USING (conversation_id)"
        " WHERE c.title IS NOT NULL OR t.note IS NOT NULL"
    ).fetchall():
        if name and _gives_away(name, runs):
            changed.add(conversation)
            db.execute("UPDATE conversations SET title = NULL WHERE conversation_id = ?", (conversation,))
        if note and _gives_away(note, runs):
            changed.add(conversation)
            db.execute("UPDATE turns SET note = NULL WHERE turn_id = ?", (turn,))
    db.executemany("UPDATE conversations SET revision = revision + 1 WHERE conversation_id = ?", [(id,) for id in sorted(changed)])


def _clean_turns(db: sqlite3.Connection, ids: Collection[str]) -> set[str]:
    """From the first turn of a conversation that mentions one of them; a follow-up is completed with words of the answers before it."""
    changed = set[str]()
    held = "SELECT DISTINCT conversation_id FROM turns WHERE instr(answer, ?)"
    # An id as JSON writes it.
    mentioning = {row[0] for id in sorted(ids) for row in db.execute(held, (json.dumps(id, ensure_ascii=False),))}
    for conversation in sorted(mentioning):
        tainted = False
        turns = db.execute("SELECT turn_id, answer FROM turns WHERE conversation_id = ? ORDER BY ordinal", (conversation,)).fetchall()
        for turn, stored in turns:
            answer = json.loads(stored)
            cleaned = redact(answer, ids, after=tainted)
            tainted = tainted or leads_on(answer, ids)
            if cleaned is not answer:
                changed.add(conversation)
                db.execute("UPDATE turns SET answer = ? WHERE turn_id = ?", (json.dumps(cleaned, ensure_ascii=False), turn))
                words = f"{cleaned['question']} {cleaned['answer']}"
                db.execute("UPDATE said SET words = fold(?) WHERE turn_id = ?", (words, turn))
    return changed


def _runs_of(db: sqlite3.Connection, ids: Collection[str]) -> frozenset[str]:
    rows = [row for id in sorted(ids) for row in db.execute("SELECT title, text FROM versions WHERE article_id = ?", (id,))]
    runs = windows_of((f"{title}\n{text}" for title, text in rows), _RUN)
    headlines = {(len(title.split()), title) for title, _ in rows}
    for length in range(_SHORTEST_HEADLINE, _RUN):
        runs |= windows_of((title for words, title in headlines if words == length), length)
    return runs


def _gives_away(text: str, runs: frozenset[str]) -> bool:
    return any(not runs.isdisjoint(windows_of([text], length)) for length in range(_SHORTEST_HEADLINE, _RUN + 1))

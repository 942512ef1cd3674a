"""Conversations in the library: listed, searched, opened, added to, named, judged, deleted; each for one owner. It knows no screen.

A turn is kept as it was given and never written again, but for what a reader thinks of it and for the words that a purge takes out
(``rag/store/forget.py``). A conversation of another owner is as if it did not exist.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace

from rag.conversation import LONGEST_NOTE, LONGEST_TITLE, Conversation, Exchange, Feedback, Heading, freeze, shortened, thaw
from rag.errors import NoSuchConversation, UsageError
from rag.records import Answer, answer_from_dict
from rag.store.erase import empty_log
from rag.store.library import Library, purged_among, utc_now
from rag.store.redact import mentioned, redact

_TURN = "turn_id, created, generation, answer, asked, asked_under, verdict, note"
# Parsing a question out of its answer is what a list costs, so it is done for the rows that are shown.
_HEADING = (
    "c.conversation_id, c.created, c.last, c.revision, (SELECT count(*) FROM turns t WHERE t.conversation_id = c.conversation_id) AS turns,"
    " c.title, CASE WHEN c.title IS NULL THEN (SELECT json_extract(t.answer, '$.question') FROM turns t"
    " WHERE t.conversation_id = c.conversation_id AND t.ordinal = 0) END AS question"
)
# Every word that is typed must stand somewhere in the name or in one of the turns.
_HOLDS = (
    "(instr(fold(coalesce(c.title, '')), ?) OR EXISTS"
    " (SELECT 1 FROM said s WHERE s.conversation_id = c.conversation_id AND instr(s.words, ?)))"
)
_MOST_WORDS = 8
# Seconds: who deletes waits for it, and the words that another reader's old page still holds leave the log with the next deletion.
_WAIT = 1.0


@dataclass(frozen=True)
class Conversations:
    """The conversations of one owner; None is nobody in particular."""

    library: Library
    owner: str | None = None

    def of(self, owner: str | None) -> Conversations:
        """Those of another owner."""
        return replace(self, owner=owner)

    def listed(self, *, containing: str = "", most: int = 40) -> list[Heading]:
        """The newest first, ties by id; those that hold every word of ``containing``, or a part of a word, in name, questions or answers."""
        if not self.library.exists:
            return []
        wanted = containing.split()[:_MOST_WORDS]
        where = "".join(f" AND {_HOLDS.replace('?', f'fold(:word{n})')}" for n in range(len(wanted)))
        values = {"owner": self.owner, "most": most} | {f"word{n}": word for n, word in enumerate(wanted)}
        with self.library.snapshot() as db:
            rows = db.execute(
                f"SELECT {_HEADING} FROM conversations c WHERE c.owner IS :owner{where} ORDER BY c.last DESC, c.conversation_id LIMIT :most",
                values,
            ).fetchall()
        return [Heading(row["conversation_id"], _title(row), row["created"], row["last"], row["turns"]) for row in rows]

    def opened(self, conversation_id: str) -> Conversation:
        """A conversation whole; raises NoSuchConversation."""
        if not self.library.exists:
            raise _unknown(conversation_id)
        with self.library.snapshot() as db:
            row = db.execute(
                f"SELECT {_HEADING} FROM conversations c WHERE c.conversation_id = ? AND c.owner IS ?", (conversation_id, self.owner)
            ).fetchone()
            if row is None:
                raise _unknown(conversation_id)
            turns = tuple(_turns(db, conversation_id))
        return Conversation(conversation_id, _title(row), row["created"], row["last"], row["revision"], turns)

    def revision(self, conversation_id: str) -> int | None:
        """A number that grows with each change of a conversation; None where there is no such conversation."""
        if not self.library.exists:
            return None
        with self.library.snapshot() as db:
            row = db.execute(
                "SELECT revision FROM conversations WHERE conversation_id = ? AND owner IS ?", (conversation_id, self.owner)
            ).fetchone()
        return row and int(row[0])

    def add(self, conversation_id: str, turn: Exchange, *, instead_of: Collection[str] = ()) -> None:
        """Append a turn, beginning the conversation where there is none of that id, in place of the turns with the ids ``instead_of``.

        The generation that was searched is kept with it. Words of purged articles are left out. A turn that is there already, since two
        pages had it answered, stays as it is. Raises NoSuchConversation where the id is another owner's.
        """
        answer, under = freeze(turn)
        with self.library.database.writing() as db:
            if db.execute("SELECT 1 FROM turns WHERE turn_id = ? AND conversation_id = ?", (turn.turn_id, conversation_id)).fetchone():
                self._changed(db, conversation_id)
                return
            now = utc_now()
            last_purge = db.execute("SELECT max(removed) FROM articles WHERE version = ''").fetchone()[0]
            # What was asked before a purge may lean on what was purged.
            leans = last_purge is not None and last_purge >= turn.asked
            kept = redact(answer, purged_among(db, mentioned(answer)), after=leans)
            db.execute(
                "INSERT OR IGNORE INTO conversations (conversation_id, created, owner, last) VALUES (?, ?, ?, ?)",
                (conversation_id, now, self.owner, now),
            )
            self._changed(db, conversation_id)
            db.execute("UPDATE conversations SET last = ? WHERE conversation_id = ?", (now, conversation_id))
            _drop(db, conversation_id, instead_of)
            (ordinal,) = db.execute("SELECT count(*) FROM turns WHERE conversation_id = ?", (conversation_id,)).fetchone()
            generation = db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
            db.execute(
                "INSERT INTO turns (conversation_id, ordinal, created, generation, answer, turn_id, asked, asked_under)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (conversation_id, ordinal, now, generation and generation[0], _json(kept), turn.turn_id, turn.asked, _json(under)),
            )
            words = f"{kept['question']} {kept['answer']}"
            db.execute("INSERT INTO said VALUES (?, ?, fold(?))", (conversation_id, turn.turn_id, words))

    def rename(self, conversation_id: str, title: str) -> None:
        """Name a conversation; an empty name gives it back its first question. Raises NoSuchConversation, and UsageError for a long name."""
        title = " ".join(title.split())
        if len(title) > LONGEST_TITLE:
            raise UsageError(f"The name has {len(title):,} characters; at most {LONGEST_TITLE} are kept: shorten it.")
        with self.library.database.writing() as db:
            self._changed(db, conversation_id)
            db.execute("UPDATE conversations SET title = ? WHERE conversation_id = ?", (title or None, conversation_id))

    def judge(self, conversation_id: str, turn_id: str, feedback: Feedback | None) -> None:
        """Keep what a reader thinks of a turn in place of what was kept; None takes it back. A turn that is gone takes none.

        Raises NoSuchConversation, and UsageError for a long note.
        """
        note = feedback.note.strip() if feedback else ""
        if len(note) > LONGEST_NOTE:
            raise UsageError(f"The note has {len(note):,} characters; at most {LONGEST_NOTE:,} are kept: shorten it.")
        with self.library.database.writing() as db:
            self._changed(db, conversation_id)
            db.execute(
                "UPDATE turns SET verdict = ?, note = ? WHERE conversation_id = ? AND turn_id = ?",
                (feedback and feedback.verdict, note or None, conversation_id, turn_id),
            )

    def judged(self) -> Iterator[tuple[str, Exchange]]:
        """Every turn of which a reader thought something, with its conversation's id, oldest first."""
        if not self.library.exists:
            return
        with self.library.snapshot() as db:
            rows = db.execute(
                f"SELECT conversation_id, {_TURN.replace('created', 't.created')} FROM turns t JOIN conversations c USING (conversation_id)"
                " WHERE t.verdict IS NOT NULL AND c.owner IS ? ORDER BY t.created, conversation_id, t.ordinal",
                (self.owner,),
            ).fetchall()
        for row in rows:
            yield row["conversation_id"], thaw(row)

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation for good: no byte of its words stays in the library's file. Raises NoSuchConversation."""
        with self.library.database.writing() as db:
            self._changed(db, conversation_id)
            db.execute("DELETE FROM turns WHERE conversation_id = ?", (conversation_id,))
            db.execute("DELETE FROM conversations WHERE conversation_id = ?", (conversation_id,))
        empty_log(self.library.database, wait=_WAIT)

    def purged(self) -> frozenset[str]:
        """Ids of all articles that were purged."""
        return self.library.purged() if self.library.exists else frozenset()

    def without_purged(self, answer: Answer) -> Answer:
        """The answer without the words of articles that were purged since it was given."""
        stored = asdict(answer)
        cleaned = redact(stored, self.purged())
        return answer if cleaned is stored else answer_from_dict(cleaned)

    def _changed(self, db: sqlite3.Connection, conversation_id: str) -> None:
        sql = "UPDATE conversations SET revision = revision + 1 WHERE conversation_id = ? AND owner IS ?"
        if not db.execute(sql, (conversation_id, self.owner)).rowcount:
            raise _unknown(conversation_id)


def _title(row: sqlite3.Row) -> str:
    return str(row["title"] or shortened(row["question"] or ""))


def _turns(db: sqlite3.Connection, conversation_id: str) -> Iterator[Exchange]:
    rows = db.execute(f"SELECT {_TURN} FROM turns WHERE conversation_id = ? ORDER BY ordinal", (conversation_id,))
    return (thaw(row) for row in rows.fetchall())


def _drop(db: sqlite3.Connection, conversation_id: str, turn_ids: Collection[str]) -> None:
    """Delete these turns; those that are left, which another page may have added meanwhile, close up."""
    db.executemany("DELETE FROM turns WHERE conversation_id = ? AND turn_id = ?", [(conversation_id, id) for id in sorted(turn_ids)])
    left = db.execute("SELECT ordinal FROM turns WHERE conversation_id = ? ORDER BY ordinal", (conversation_id,)).fetchall()
    moved = [(new, conversation_id, old) for new, (old,) in enumerate(left) if new != old]
    db.executemany("UPDATE turns SET ordinal = ? WHERE conversation_id = ? AND ordinal = ?", moved)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unknown(conversation_id: str) -> NoSuchConversation:
    return NoSuchConversation(f"The library holds no conversation {conversation_id!r}: `newsdesk conversations` lists those it holds.")

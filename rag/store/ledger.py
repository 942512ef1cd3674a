"""What chat models have cost and written: tokens by day, and answers that can be given again; it knows nothing of prompts."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from rag.errors import ChatModelError, NewsdeskError
from rag.records import Usage
from rag.store.library import Library, purged_among, utc_now
from rag.store.redact import mentioned

log = logging.getLogger("rag")


class Ledger:
    """Two small tables beside the library; ``daily_tokens`` is the most that a day may take."""

    def __init__(self, library: Library, daily_tokens: int | None = None) -> None:
        self._library = library
        self._limit = daily_tokens

    def used_up(self) -> ChatModelError | None:
        """What to tell where today's tokens are used up."""
        if self._limit is None or self.tokens_today() < self._limit:
            return None
        return ChatModelError(
            f"Today's {self._limit:,} tokens for the chat model are used up (NEWSDESK_DAILY_TOKENS); they are counted anew at midnight UTC."
        )

    def tokens_today(self) -> int:
        """Tokens read and written since midnight, UTC."""
        with self._library.snapshot() as db:
            row = db.execute("SELECT read + written FROM usage WHERE day = ?", (_today(),)).fetchone()
        return int(row[0]) if row else 0

    def spend(self, usage: Usage) -> None:
        """Add to today's tokens; a library that cannot be written is logged, since the answer is there already."""
        if not usage.read + usage.written:
            return
        try:
            with self._library.database.writing() as db:
                db.execute(
                    "INSERT INTO usage VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE SET read = read + excluded.read, written = written + excluded.written",
                    (_today(), usage.read, usage.written),
                )
        except NewsdeskError as error:
            log.warning("The tokens of this answer are not counted: %s", error)

    def kept(self, key: str) -> dict[str, Any] | None:
        """The answer kept under a key."""
        with self._library.snapshot() as db:
            row = db.execute("SELECT answer FROM written WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, key: str, answer: dict[str, Any], *, most: int) -> None:
        """Keep an answer, and of all kept ones the newest ``most``; none that was written while an article was purged that it rests on."""
        with self._library.database.writing() as db:
            if purged_among(db, mentioned(answer)):
                return
            db.execute("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", (key, utc_now(), json.dumps(answer, ensure_ascii=False)))
            db.execute("DELETE FROM written WHERE key NOT IN (SELECT key FROM written ORDER BY created DESC, rowid DESC LIMIT ?)", (most,))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()

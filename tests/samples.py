"""Small articles for tests, and what is held of them."""

from __future__ import annotations

from rag.assistant import Assistant
from rag.conversation import exchange
from rag.errors import NoSuchConversation
from rag.records import Answer

# What each schema added to a library, taken away again.
_UNDONE = {
    2: "DROP TABLE usage; DROP TABLE written;",
    3: "DROP TABLE reads; ALTER TABLE versions DROP COLUMN language;",
    4: "DROP TABLE signatures; DROP TABLE bands; DROP TABLE copies; DROP INDEX articles_by_version; DELETE FROM meta WHERE key = 'copies';",
    5: "DROP TABLE said; DROP INDEX turns_by_id; DROP INDEX conversations_by_last;"
    + "".join(f"ALTER TABLE turns DROP COLUMN {name};" for name in ("turn_id", "asked", "asked_under", "verdict", "note"))
    + "".join(f"ALTER TABLE conversations DROP COLUMN {name};" for name in ("title", "owner", "last", "revision")),
    6: "DROP INDEX chunks_by_day; CREATE TABLE vectors_5 (model TEXT, embedded TEXT, vector BLOB NOT NULL, PRIMARY KEY (model, embedded)) WITHOUT ROWID;"
    "INSERT INTO vectors_5 SELECT * FROM vectors; DROP TABLE vectors; ALTER TABLE vectors_5 RENAME TO vectors;",
}


def back_to_schema(number: int) -> str:
    """SQL that leaves a library as a release of that schema wrote it."""
    undone = "".join(_UNDONE[later] for later in sorted(_UNDONE, reverse=True) if later > number)
    return f"{undone} PRAGMA user_version = {number}"


def page(text: str, **fields: str) -> str:
    """A Markdown file with front matter."""
    return "\n".join(["---", *(f"{name}: {value}" for name, value in fields.items()), "---", text, ""])


HARBOUR = page(
    "The harbour of Skell was closed on Monday after a crane fell into the water. Harbour master Ines Vold said that 14 ships were waiting.",
    id="harbour",
    title="Crane falls into harbour of Skell",
    source="Skell Gazette",
    published="2025-01-10",
)
LIBRARY = page(
    "The town library of Skell will lend violins from March. Librarian Tomas Egeland bought 30 instruments for $9,400.",
    id="library",
    title="Library lends violins",
    source="Fjord Radio",
    published="2025-02-20",
)
ORCHARD = page(
    "Frost destroyed two thirds of the apple blossom around Hamre last week. Grower Pia Lunde expects the smallest crop since 1987.",
    id="orchard",
    title="Frost ruins apple blossom",
    source="Skell Gazette",
    published="2025-05-02",
)
THREE = {"harbour.md": HARBOUR, "library.md": LIBRARY, "orchard.md": ORCHARD}


def keep(assistant: Assistant, conversation_id: str, answer: Answer) -> None:
    """Add an answer to a conversation."""
    assistant.conversations.add(conversation_id, exchange(answer))


def answers_of(assistant: Assistant, conversation_id: str) -> list[Answer]:
    """The answers of a conversation, oldest first; empty where there is none."""
    try:
        return [turn.answer for turn in assistant.conversations.opened(conversation_id).turns]
    except NoSuchConversation:
        return []


def held_ids(assistant: Assistant) -> set[str]:
    """Ids of the articles that are searched."""
    return {article.article_id for article in assistant.library.articles()}


def indexed(assistant: Assistant) -> tuple[set[str], set[str], set[str]]:
    """Chunk ids that the library, the full-text index and Chroma hold, each as it says itself."""
    with assistant.library.snapshot() as db:
        chunks = {row[0] for row in db.execute("SELECT chunk_id FROM chunks")}
        words = {row[0] for row in db.execute("SELECT chunk_id FROM chunks_fts f LEFT JOIN chunks c ON c.id = f.rowid")}
        generation = db.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()[0]
    return chunks, words, assistant.stores.indexes.reader(generation).ids()

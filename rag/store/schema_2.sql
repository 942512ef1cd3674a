-- From schema 1 to 2: what chat models used and wrote.

CREATE TABLE usage (day TEXT PRIMARY KEY, read INTEGER NOT NULL, written INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE written (
    key TEXT PRIMARY KEY,                   -- digest of question, passages, model and rules
    created TEXT NOT NULL,
    answer TEXT NOT NULL                    -- JSON of the whole Answer
);

-- Schema 1 of the library. Later numbers are added as migrations in library.py, never edited here.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE sources (
    location TEXT PRIMARY KEY,              -- absolute path that was given to `sync`
    added TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE articles (
    article_id TEXT PRIMARY KEY,
    location TEXT NOT NULL,                 -- the source that gave it last
    path TEXT NOT NULL,                     -- file inside that source
    version TEXT NOT NULL,                  -- the one that is searched
    removed TEXT,                           -- when it left search; NULL while it is live
    withheld INTEGER NOT NULL DEFAULT 0     -- 1: removed by hand, so sync leaves it out
) WITHOUT ROWID;

CREATE TABLE versions (
    article_id TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    source TEXT,
    author TEXT,
    published TEXT,
    updated TEXT,
    url TEXT,
    ingested TEXT NOT NULL,
    PRIMARY KEY (article_id, version)
);

CREATE TABLE chunks (
    id INTEGER PRIMARY KEY,                 -- the row of chunks_fts
    chunk_id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL,
    version TEXT NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    sentences TEXT NOT NULL,                -- JSON: start, end, start, end, …
    embedded TEXT NOT NULL,                 -- digest of header and text, the key of its vector
    day INTEGER,                            -- published, as YYYYMMDD
    outlet TEXT
);
CREATE INDEX chunks_by_article ON chunks (article_id);

CREATE VIRTUAL TABLE chunks_fts USING fts5 (header, text, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE terms USING fts5vocab (chunks_fts, row);

CREATE TABLE vectors (
    model TEXT NOT NULL,
    embedded TEXT NOT NULL,
    vector BLOB NOT NULL,                   -- little-endian float32, unit length
    PRIMARY KEY (model, embedded)
) WITHOUT ROWID;

CREATE TABLE conversations (conversation_id TEXT PRIMARY KEY, created TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE turns (
    conversation_id TEXT NOT NULL REFERENCES conversations,
    ordinal INTEGER NOT NULL,
    created TEXT NOT NULL,
    generation TEXT,                        -- what was being searched
    answer TEXT NOT NULL,                   -- JSON of the whole Answer
    PRIMARY KEY (conversation_id, ordinal)
) WITHOUT ROWID;

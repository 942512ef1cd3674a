-- From schema 3 to 4: which texts that are searched are copies of each other; all of it is made anew from the texts.

CREATE TABLE signatures (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL UNIQUE,           -- articles with the same text share it
    keys BLOB NOT NULL                      -- its bands: little-endian int64
);

CREATE TABLE bands (key INTEGER NOT NULL, signature INTEGER NOT NULL, PRIMARY KEY (key, signature)) WITHOUT ROWID;

-- Each pair stands in both directions.
CREATE TABLE copies (one INTEGER NOT NULL, other INTEGER NOT NULL, PRIMARY KEY (one, other)) WITHOUT ROWID;

CREATE INDEX articles_by_version ON articles (version);

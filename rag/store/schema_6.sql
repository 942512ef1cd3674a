-- From schema 5 to 6: vectors take 2 KB each in place of 4.7 KB, since without a rowid SQLite gave each a page of its own beside its key; and filters by
-- day or outlet read an index in place of all chunks.

CREATE TABLE vectors_6 (
    model TEXT NOT NULL,
    embedded TEXT NOT NULL,
    vector BLOB NOT NULL,                   -- little-endian float32, unit length
    PRIMARY KEY (model, embedded)
);
INSERT INTO vectors_6 SELECT model, embedded, vector FROM vectors;
DROP TABLE vectors;
ALTER TABLE vectors_6 RENAME TO vectors;

CREATE INDEX chunks_by_day ON chunks (day, outlet);

-- From schema 2 to 3: what each file gave, so that one that did not change is not parsed again.

CREATE TABLE reads (
    location TEXT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,                   -- of the file's bytes
    rules TEXT NOT NULL,                    -- digest of the readers and settings that read it
    gave TEXT NOT NULL,                     -- JSON: articles without their texts, which stand in versions, and warnings
    PRIMARY KEY (location, path)
) WITHOUT ROWID;

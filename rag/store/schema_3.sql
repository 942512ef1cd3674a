-- From schema 2 to 3: the language of an article, and what each file gave, so that one that did not change is not parsed again.

ALTER TABLE versions ADD COLUMN language TEXT;      -- primary tag of BCP 47 such as 'en'; NULL where it is not known

CREATE TABLE reads (
    location TEXT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,                   -- of the file's bytes
    rules TEXT NOT NULL,                    -- digest of the readers and settings that read it
    gave TEXT NOT NULL,                     -- JSON: articles without their texts, which stand in versions, and warnings
    PRIMARY KEY (location, path)
) WITHOUT ROWID;

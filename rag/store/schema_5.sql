-- From schema 4 to 5: conversations have a name, an owner and the time of their last turn; a turn has an id, and says under what it was asked and
-- what a reader thought of it; what was said is searched.

ALTER TABLE conversations ADD COLUMN title TEXT;    -- as a reader named it; NULL until then
ALTER TABLE conversations ADD COLUMN owner TEXT;    -- NULL: nobody in particular
ALTER TABLE conversations ADD COLUMN last TEXT NOT NULL DEFAULT '';     -- when its newest turn was kept
ALTER TABLE conversations ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;   -- counts the changes, so that another page sees them
UPDATE conversations SET last = coalesce((SELECT max(t.created) FROM turns t WHERE t.conversation_id = conversations.conversation_id), created);
CREATE INDEX conversations_by_last ON conversations (owner, last);

ALTER TABLE turns ADD COLUMN turn_id TEXT NOT NULL DEFAULT '';
ALTER TABLE turns ADD COLUMN asked TEXT;            -- NULL in turns of older releases, as is the next
ALTER TABLE turns ADD COLUMN asked_under TEXT;      -- JSON: filters, whether a reader worded the search, turns before it that it leant on
ALTER TABLE turns ADD COLUMN verdict TEXT;          -- what a reader thought of it, NULL for nothing
ALTER TABLE turns ADD COLUMN note TEXT;
UPDATE turns SET turn_id = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX turns_by_id ON turns (turn_id);

-- Apart from the turns, whose long answers would have to be read past.
CREATE TABLE said (
    conversation_id TEXT NOT NULL,
    turn_id TEXT NOT NULL REFERENCES turns (turn_id) ON DELETE CASCADE,
    words TEXT NOT NULL,                    -- question and answer, folded
    PRIMARY KEY (conversation_id, turn_id)
) WITHOUT ROWID;
CREATE INDEX said_by_turn ON said (turn_id);
INSERT INTO said SELECT conversation_id, turn_id, fold(json_extract(answer, '$.question') || ' ' || json_extract(answer, '$.answer'))
    FROM turns WHERE json_valid(answer);

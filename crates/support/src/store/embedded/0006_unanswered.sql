-- Questions the articles did not answer, for those who write the articles. Redacted, by day, without who asked.
-- A matter a person decides on, and a wish for a person, have no text: `topic` or `why` says what it was, `n` how often.
CREATE TABLE unanswered (
    id         INTEGER PRIMARY KEY,
    day        INTEGER NOT NULL,
    why        TEXT NOT NULL,
    question   TEXT,
    topic      TEXT NOT NULL DEFAULT '',
    language   TEXT NOT NULL,
    audience   TEXT,
    region     TEXT,
    confidence REAL NOT NULL DEFAULT 0,
    nearest    TEXT NOT NULL DEFAULT '',
    generation TEXT NOT NULL DEFAULT '',
    n          INTEGER NOT NULL DEFAULT 1
) STRICT;
-- They are deleted by age.
CREATE INDEX unanswered_by_day ON unanswered (day);
CREATE UNIQUE INDEX unanswered_counted ON unanswered (day, why, topic, language) WHERE question IS NULL;

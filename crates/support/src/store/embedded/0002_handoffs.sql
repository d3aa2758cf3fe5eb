-- Hand-offs to people. `packet` is the JSON document that is delivered; it never changes once accepted.
CREATE TABLE handoffs (
    id         TEXT PRIMARY KEY NOT NULL,
    made_at_ms INTEGER NOT NULL,
    queue      TEXT NOT NULL,
    packet     TEXT NOT NULL
) STRICT;
CREATE INDEX handoffs_by_age ON handoffs (made_at_ms);
-- The outbox: one row for each destination of a hand-off.
CREATE TABLE deliveries (
    handoff        TEXT NOT NULL REFERENCES handoffs (id) ON DELETE CASCADE,
    destination    TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'dead')),
    attempts       INTEGER NOT NULL DEFAULT 0,
    due_at_ms      INTEGER NOT NULL,
    -- Until then whoever holds the lease is trying; afterwards it is anybody's again.
    leased_till_ms INTEGER NOT NULL DEFAULT 0,
    remote_id      TEXT,
    last_error     TEXT,
    settled_at_ms  INTEGER,
    PRIMARY KEY (handoff, destination)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (destination, state, due_at_ms);
-- Which request made which hand-off, so that one sent twice makes one.
CREATE TABLE idempotency_keys (
    scope      TEXT NOT NULL,
    key        TEXT NOT NULL,
    body_hash  TEXT NOT NULL,
    handoff    TEXT NOT NULL REFERENCES handoffs (id) ON DELETE CASCADE,
    made_at_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;
-- What customers say of answers and articles.
CREATE TABLE feedback (
    id         INTEGER PRIMARY KEY,
    made_at_ms INTEGER NOT NULL,
    answer     TEXT,
    article    TEXT,
    helpful    INTEGER NOT NULL CHECK (helpful IN (0, 1)),
    comment    TEXT,
    CHECK ((answer IS NULL) <> (article IS NULL))
) STRICT;
CREATE INDEX feedback_by_age ON feedback (made_at_ms);

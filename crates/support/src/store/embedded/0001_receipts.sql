-- What answers were made of. `body` is a JSON document of the answer engine; no question, no customer.
CREATE TABLE receipts (
    answer     TEXT PRIMARY KEY NOT NULL,
    made_at_ms INTEGER NOT NULL,
    body       TEXT NOT NULL
) STRICT;
-- Receipts are deleted by age.
CREATE INDEX receipts_by_age ON receipts (made_at_ms);

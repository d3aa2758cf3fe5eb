-- Receipts of answers. `body` is a JSON document of the answer engine; no question, no customer.
CREATE TABLE receipts (
    answer     text COLLATE "C" PRIMARY KEY,
    made_at_ms bigint NOT NULL,
    body       text NOT NULL
);
CREATE INDEX receipts_by_age ON receipts (made_at_ms);

-- Hand-offs to people. `packet` is the JSON document that is delivered; it never changes once accepted. `owner` is who
-- made it, for whoever may ask how far it is.
CREATE TABLE handoffs (
    id         text COLLATE "C" PRIMARY KEY,
    made_at_ms bigint NOT NULL,
    queue      text NOT NULL,
    packet     text NOT NULL,
    owner      text
);
CREATE INDEX handoffs_by_age ON handoffs (made_at_ms DESC, id DESC);

-- The outbox: one row for each destination of a hand-off.
CREATE TABLE deliveries (
    handoff        text COLLATE "C" NOT NULL REFERENCES handoffs (id) ON DELETE CASCADE,
    destination    text COLLATE "C" NOT NULL,
    state          text NOT NULL CHECK (state IN ('queued', 'delivered', 'dead')),
    attempts       integer NOT NULL DEFAULT 0,
    due_at_ms      bigint NOT NULL,
    -- When that was set: a clock that is set back later must not hold a delivery up.
    due_set_at_ms  bigint NOT NULL,
    -- Until then whoever holds the lease is trying; afterwards it is anybody's again.
    leased_till_ms bigint NOT NULL DEFAULT 0,
    remote_id      text,
    last_error     text,
    settled_at_ms  bigint,
    PRIMARY KEY (handoff, destination)
);
-- What is delivered is most of the table, and nobody looks for it here.
CREATE INDEX deliveries_due ON deliveries (destination, due_at_ms) WHERE state = 'queued';
CREATE INDEX deliveries_open ON deliveries (state, handoff) WHERE state <> 'delivered';

-- Which request made which hand-off, so that one sent twice makes one, to whichever process it is sent.
CREATE TABLE idempotency_keys (
    scope      text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    body_hash  text NOT NULL,
    handoff    text COLLATE "C" NOT NULL REFERENCES handoffs (id) ON DELETE CASCADE,
    made_at_ms bigint NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_by_handoff ON idempotency_keys (handoff);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (made_at_ms);

-- What customers say of answers and articles.
CREATE TABLE feedback (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    made_at_ms bigint NOT NULL,
    answer     text COLLATE "C",
    article    text COLLATE "C",
    helpful    boolean NOT NULL,
    comment    text,
    CHECK ((answer IS NULL) <> (article IS NULL))
);
CREATE INDEX feedback_by_age ON feedback (made_at_ms);
CREATE INDEX feedback_by_answer ON feedback (answer, id) WHERE answer IS NOT NULL;

-- Questions the articles did not answer, for those who write the articles. Redacted, by day, without who asked.
-- A matter a person decides on, and a wish for a person, have no text: `topic` or `why` says what it was, `n` how often.
CREATE TABLE unanswered (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day        integer NOT NULL,
    why        text NOT NULL,
    question   text,
    topic      text NOT NULL,
    language   text NOT NULL,
    audience   text,
    region     text,
    confidence real NOT NULL,
    nearest    text NOT NULL,
    generation text NOT NULL,
    n          bigint NOT NULL
-- What is deleted because its time is over is cleared away soon, not when a fifth of the table is dead.
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20);
CREATE INDEX unanswered_by_day ON unanswered (day);
CREATE UNIQUE INDEX unanswered_counted ON unanswered (day, why, topic, language) WHERE question IS NULL;

-- What teams tell of the moment.
CREATE TABLE availability (
    team         text NOT NULL,
    method       text NOT NULL,
    available    boolean NOT NULL,
    wait_minutes bigint,
    until_ms     bigint NOT NULL,
    PRIMARY KEY (team, method)
);

-- When the bucket of requests of a share is full again. Worth nothing after a crash, so it costs no log.
CREATE UNLOGGED TABLE request_limits (
    share      bigint NOT NULL,
    class      smallint NOT NULL,
    full_at_us bigint NOT NULL,
    is_taken   boolean NOT NULL,
    PRIMARY KEY (share, class)
-- Rows are changed in place where there is room for it.
) WITH (fillfactor = 50);

-- A row that is written to see whether a commit reaches the disk.
CREATE TABLE probe (
    id    integer PRIMARY KEY CHECK (id = 1),
    at_ms bigint NOT NULL
);

CREATE TABLE index_generations (
    id text PRIMARY KEY,
    number integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    format integer NOT NULL,
    built_at timestamptz NOT NULL,
    before text,
    n_articles bigint NOT NULL,
    n_passages bigint NOT NULL,
    n_bytes bigint NOT NULL DEFAULT 0,
    head_hash bytea NOT NULL,
    data_servers text[] NOT NULL DEFAULT '{}',
    complete boolean NOT NULL DEFAULT false
);
CREATE TABLE index_heads (
    generation text NOT NULL REFERENCES index_generations ON DELETE CASCADE,
    part integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (generation, part)
);
CREATE TABLE index_current (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    generation text NOT NULL REFERENCES index_generations
);
CREATE TABLE index_bodies (
    key bytea PRIMARY KEY,
    source text NOT NULL,
    passages text NOT NULL,
    vectors bytea NOT NULL,
    tokens bytea NOT NULL,
    terms bytea NOT NULL
);
ALTER TABLE index_heads ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE index_bodies
    ALTER COLUMN vectors SET STORAGE EXTERNAL,
    ALTER COLUMN tokens SET STORAGE EXTERNAL;

-- When the due time was set: a clock that is set back later must not hold a delivery up.
ALTER TABLE deliveries ADD COLUMN due_set_at_ms INTEGER NOT NULL DEFAULT 0;

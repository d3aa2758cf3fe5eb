-- Who made a hand-off, for whoever may ask how far it is; NULL where callers were not told apart.
ALTER TABLE handoffs ADD COLUMN owner TEXT;

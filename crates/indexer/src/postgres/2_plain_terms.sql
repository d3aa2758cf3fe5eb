-- Hashes do not compress: unpacking what was packed takes longer than reading it.
ALTER TABLE index_bodies ALTER COLUMN terms SET STORAGE EXTERNAL;

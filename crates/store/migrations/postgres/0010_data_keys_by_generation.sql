-- What is sealed under a key is found by its number.
-- While it is made this table is read, and not written: who writes waits. Alone in its transaction, so that
-- nobody waits for more than that, and nobody is waited for who waits for this one.
CREATE INDEX data_keys_by_generation ON data_keys (generation, certify_id);

-- What is sealed under a key is found by its number.
CREATE INDEX data_keys_by_generation ON data_keys (generation, certify_id);

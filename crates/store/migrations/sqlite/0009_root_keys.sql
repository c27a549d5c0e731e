-- The secrets all other keys are derived from, wrapped under the master key: one of purpose 'mac', for
-- ever, and of purpose 'seal' several that follow one another.
CREATE TABLE root_keys (
    purpose    TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    wrapped    BLOB    NOT NULL,                  -- sealed; empty: destroyed
    made_at    INTEGER NOT NULL,
    retired_at INTEGER,                           -- when it was destroyed
    PRIMARY KEY (purpose, generation)
) STRICT, WITHOUT ROWID;

-- Which of them what is sealed under the vault's own key is sealed under. 0: there is no key in the row,
-- and what is personal of its certification is sealed under the first one itself.
ALTER TABLE data_keys ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
UPDATE data_keys SET generation = 0 WHERE length(wrapped) = 0;
CREATE INDEX data_keys_by_generation ON data_keys (generation, certify_id);

ALTER TABLE notices ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
CREATE INDEX notices_by_generation ON notices (generation, notify_id);

-- The secrets all other keys are derived from, wrapped under the master key: one of purpose 'mac', for
-- ever, and of purpose 'seal' several that follow one another.
CREATE TABLE root_keys (
    purpose    TEXT COLLATE "C" NOT NULL,
    generation BIGINT NOT NULL,
    wrapped    BYTEA  NOT NULL,                   -- sealed; empty: destroyed
    made_at    BIGINT NOT NULL,
    retired_at BIGINT,                            -- when it was destroyed
    PRIMARY KEY (purpose, generation)
);

-- Which of them what is sealed under the vault's own key is sealed under. 0: there is no key in the row,
-- and what is personal of its certification is sealed under the first one itself.
ALTER TABLE data_keys ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
UPDATE data_keys SET generation = 0 WHERE length(wrapped) = 0;
CREATE INDEX data_keys_by_generation ON data_keys (generation, certify_id);

ALTER TABLE notices ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
CREATE INDEX notices_by_generation ON notices (generation, notify_id);

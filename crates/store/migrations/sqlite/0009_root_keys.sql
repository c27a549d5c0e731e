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
-- and what is personal of its certification is sealed under the first one itself. Rows of before say 1
-- also then, until the first rotation comes by (see the same of PostgreSQL).
ALTER TABLE notices ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE data_keys ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;

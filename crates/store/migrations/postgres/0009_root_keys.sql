-- Nodes of before go on meanwhile, and one unit of theirs comes to these tables in one order, another
-- in the other. All begin with a row of certifications: who holds that has neither of them in between.
-- Whoever reads certifications is not kept waiting, and nothing here takes long.
LOCK TABLE certifications IN EXCLUSIVE MODE;
LOCK TABLE notices, data_keys IN ACCESS EXCLUSIVE MODE;

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
-- and what is personal of its certification is sealed under the first one itself. Rows of before say 1
-- also then, until the first rotation comes by: to give all of them another number here would keep nodes of
-- before waiting for their rows, and write all of them in one commit. The default is a constant, so that no
-- row is written.
ALTER TABLE notices ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
ALTER TABLE data_keys ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;

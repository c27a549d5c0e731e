-- Who did what, in order. Rows are added and never changed; each is bound to the one before it by a
-- keyed hash, so that whoever has this file but not the key cannot write another history.
CREATE TABLE audit (
    chain     TEXT COLLATE "C" NOT NULL,                   -- one per writing node
    seq       BIGINT  NOT NULL,                   -- from 1, without gaps
    at        BIGINT  NOT NULL,
    who       TEXT COLLATE "C" NOT NULL,                   -- app:ID, operator:NAME, person, system, test
    action    TEXT COLLATE "C" NOT NULL,
    object    TEXT COLLATE "C" NOT NULL,                   -- a certify_id, or another id
    detail    TEXT COLLATE "C",                               -- nothing personal
    prev_hash BYTEA   NOT NULL,
    hash      BYTEA   NOT NULL,
    PRIMARY KEY (chain, seq)
);

-- The last row of each chain: rows missing at the end are missed by it.
CREATE TABLE audit_heads (
    chain TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq   BIGINT  NOT NULL,
    hash  BYTEA   NOT NULL
);

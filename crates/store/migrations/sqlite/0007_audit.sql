-- Who did what, in order. Rows are added and never changed; each is bound to the one before it by a
-- keyed hash, so that whoever has this file but not the key cannot write another history.
CREATE TABLE audit (
    chain     TEXT    NOT NULL,                   -- one per writing node
    seq       INTEGER NOT NULL,                   -- from 1, without gaps
    at        INTEGER NOT NULL,
    who       TEXT    NOT NULL,                   -- app:ID, operator:NAME, person, system, test
    action    TEXT    NOT NULL,
    object    TEXT    NOT NULL,                   -- a certify_id, or another id
    detail    TEXT,                               -- nothing personal
    prev_hash BLOB    NOT NULL,
    hash      BLOB    NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;

-- The last row of each chain: rows missing at the end are missed by it.
CREATE TABLE audit_heads (
    chain TEXT    NOT NULL PRIMARY KEY,
    seq   INTEGER NOT NULL,
    hash  BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

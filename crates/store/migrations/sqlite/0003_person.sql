-- The person's part. Pictures are ciphertext; tokens are kept as hashes.

CREATE TABLE visits (
    certify_id       BLOB    NOT NULL PRIMARY KEY,
    session_hash     BLOB    NOT NULL,            -- the one browser that may go on
    observer_hash    BLOB,                        -- the one that handed over; it may look on
    device_hash      BLOB,                        -- the device, beyond this certification
    consent_version  TEXT    NOT NULL,            -- which text was agreed to, or refused
    consent_language TEXT    NOT NULL,
    consent_guardian INTEGER NOT NULL,            -- 1: a guardian's, for somebody under 14
    consented_at     INTEGER NOT NULL,
    way              TEXT    NOT NULL,
    attempt          INTEGER NOT NULL,            -- from 1; one more when an operator asks again
    challenge        TEXT,
    challenge_hash   BLOB,
    challenge_ends   INTEGER,
    challenges       INTEGER NOT NULL,            -- asked for in this attempt
    handover_hash    BLOB,                        -- lets another device take over, once
    handover_ends    INTEGER,
    submitted_at     INTEGER,
    version          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
    certify_id BLOB    NOT NULL,
    attempt    INTEGER NOT NULL,                  -- 0: given by the merchant
    part       TEXT    NOT NULL,
    picture    BLOB    NOT NULL,                  -- sealed
    source     TEXT    NOT NULL,
    width      INTEGER NOT NULL,
    height     INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    delete_at  INTEGER,                           -- set when the certification has ended
    PRIMARY KEY (certify_id, attempt, part)
) STRICT;

CREATE INDEX evidence_by_end ON evidence (delete_at) WHERE delete_at IS NOT NULL;

-- What an operator is to decide. One row while it waits, and as a record afterwards.
CREATE TABLE reviews (
    certify_id BLOB    NOT NULL,
    attempt    INTEGER NOT NULL,
    queued_at  INTEGER NOT NULL,
    decision   TEXT,                              -- approved, rejected, asked_again
    decided_by TEXT,
    decided_at INTEGER,
    reason     TEXT,
    PRIMARY KEY (certify_id, attempt)
) STRICT, WITHOUT ROWID;

CREATE INDEX reviews_waiting ON reviews (queued_at) WHERE decision IS NULL;

-- What happened, in order: for status answers, operators and tests. Nothing personal.
CREATE TABLE events (
    certify_id BLOB    NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    detail     TEXT,
    PRIMARY KEY (certify_id, seq)
) STRICT, WITHOUT ROWID;

-- Devices on which a person passed, for the shorter way. Both are keyed digests.
CREATE TABLE devices (
    device_hash    BLOB    NOT NULL,
    subject_digest BLOB    NOT NULL,
    passed_at      INTEGER NOT NULL,
    PRIMARY KEY (device_hash, subject_digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX devices_by_age ON devices (passed_at);

-- Test mode: outcomes chosen before the person starts, also before init.
CREATE TABLE test_outcomes (
    app_id         TEXT NOT NULL,
    outer_order_no TEXT NOT NULL,
    outcome        TEXT NOT NULL,                 -- passed, or the reason of a failure after a colon
    PRIMARY KEY (app_id, outer_order_no)
) STRICT, WITHOUT ROWID;

-- The person's part. Pictures are ciphertext; tokens are kept as hashes.

CREATE TABLE visits (
    certify_id BYTEA NOT NULL PRIMARY KEY,
    session_hash BYTEA NOT NULL, -- the one browser that may go on
    observer_hash BYTEA, -- the one that handed over; it may look on
    device_hash BYTEA, -- the device, beyond this certification
    consent_version TEXT COLLATE "C" NOT NULL, -- which text was agreed to, or refused
    consent_language TEXT COLLATE "C" NOT NULL,
    consent_guardian BIGINT NOT NULL, -- 1: a guardian's, for somebody under 14
    consented_at BIGINT NOT NULL,
    way TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL, -- from 1; one more when an operator asks again
    challenge TEXT COLLATE "C",
    challenge_hash BYTEA,
    challenge_ends BIGINT,
    challenges BIGINT NOT NULL, -- asked for in this attempt
    handover_hash BYTEA, -- lets another device take over, once
    handover_ends BIGINT,
    submitted_at BIGINT,
    version BIGINT NOT NULL
);

CREATE TABLE evidence (
    certify_id BYTEA NOT NULL,
    attempt BIGINT NOT NULL, -- 0: given by the merchant
    part TEXT COLLATE "C" NOT NULL,
    picture BYTEA NOT NULL, -- sealed
    source TEXT COLLATE "C" NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    delete_at BIGINT, -- set when the certification has ended
    PRIMARY KEY (certify_id, attempt, part)
);

CREATE INDEX evidence_by_end ON evidence (delete_at) WHERE delete_at IS NOT NULL;

-- What an operator is to decide. One row while it waits, and as a record afterwards.
CREATE TABLE reviews (
    certify_id BYTEA NOT NULL,
    attempt BIGINT NOT NULL,
    queued_at BIGINT NOT NULL,
    decision TEXT COLLATE "C", -- approved, rejected, asked_again
    decided_by TEXT COLLATE "C",
    decided_at BIGINT,
    reason TEXT COLLATE "C",
    PRIMARY KEY (certify_id, attempt)
);

CREATE INDEX reviews_waiting ON reviews (queued_at) WHERE decision IS NULL;

-- What happened, in order: for status answers, operators and tests. Nothing personal.
CREATE TABLE events (
    certify_id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C",
    PRIMARY KEY (certify_id, seq)
);

-- Devices on which a person passed, for the shorter way. Both are keyed digests.
CREATE TABLE devices (
    device_hash BYTEA NOT NULL,
    subject_digest BYTEA NOT NULL,
    passed_at BIGINT NOT NULL,
    PRIMARY KEY (device_hash, subject_digest)
);

CREATE INDEX devices_by_age ON devices (passed_at);

-- Test mode: outcomes chosen before the person starts, also before init.
CREATE TABLE test_outcomes (
    app_id TEXT COLLATE "C" NOT NULL,
    outer_order_no TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL, -- passed, or the reason of a failure after a colon
    PRIMARY KEY (app_id, outer_order_no)
);

-- Nonces of requests seen, kept while a repeat would still be in time.

CREATE TABLE nonces (
    nonce_hash BYTEA NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX nonces_by_expiry ON nonces (expires_at);

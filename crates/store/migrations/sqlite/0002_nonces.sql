-- Nonces of requests seen, kept while a repeat would still be in time.

CREATE TABLE nonces (
    nonce_hash BLOB   NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX nonces_by_expiry ON nonces (expires_at);

-- Times are milliseconds since 1970-01-01 UTC. Personal data is ciphertext only.

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE certifications (
    certify_id     BLOB   NOT NULL PRIMARY KEY,  -- 16 bytes, time first: inserts stay at one end
    app_id         TEXT   NOT NULL,              -- whose certification it is
    outer_order_no TEXT   NOT NULL,
    isv_app_id     TEXT,                         -- who called for the owner, if another
    biz_code       TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    state_at       INTEGER,                       -- since when, except for 'created'
    state_detail   TEXT,                         -- assurance of a pass, reason of a failure
    created_at     INTEGER NOT NULL,
    content_digest BLOB   NOT NULL,              -- keyed; tells a repeated call from a different one
    subject        BLOB   NOT NULL,              -- sealed
    warnings       TEXT   NOT NULL,              -- JSON: what the strict profile would refuse
    version        INTEGER NOT NULL,
    UNIQUE (app_id, outer_order_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    space_id         TEXT   NOT NULL,
    user_id          TEXT   NOT NULL,
    provider         TEXT,                       -- NULL: anonymous
    provider_user_id TEXT,
    created_at       INTEGER NOT NULL,
    last_seen_at     INTEGER NOT NULL,
    PRIMARY KEY (space_id, user_id),
    UNIQUE (space_id, provider, provider_user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token_hash BLOB   NOT NULL PRIMARY KEY,
    space_id   TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (space_id, user_id) REFERENCES users (space_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_user ON sessions (space_id, user_id);

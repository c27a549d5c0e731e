-- Times are milliseconds since 1970-01-01 UTC. Personal data is ciphertext only.

CREATE TABLE settings (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    text TEXT COLLATE "C" NOT NULL
);

CREATE TABLE certifications (
    certify_id BYTEA NOT NULL PRIMARY KEY, -- 16 bytes, time first: inserts stay at one end
    app_id TEXT COLLATE "C" NOT NULL, -- whose certification it is
    outer_order_no TEXT COLLATE "C" NOT NULL,
    isv_app_id TEXT COLLATE "C", -- who called for the owner, if another
    biz_code TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_at BIGINT, -- since when, except for 'created'
    state_detail TEXT COLLATE "C", -- assurance of a pass, reason of a failure
    created_at BIGINT NOT NULL,
    content_digest BYTEA NOT NULL, -- keyed; tells a repeated call from a different one
    subject BYTEA NOT NULL, -- sealed
    warnings TEXT COLLATE "C" NOT NULL, -- JSON: what the strict profile would refuse
    version BIGINT NOT NULL,
    UNIQUE (app_id, outer_order_no)
);

CREATE TABLE users (
    space_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    provider TEXT COLLATE "C", -- NULL: anonymous
    provider_user_id TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (space_id, user_id),
    UNIQUE (space_id, provider, provider_user_id)
);

CREATE TABLE sessions (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    space_id TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    FOREIGN KEY (space_id, user_id) REFERENCES users (space_id, user_id)
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_user ON sessions (space_id, user_id);

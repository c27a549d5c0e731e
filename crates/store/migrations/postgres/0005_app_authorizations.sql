-- Which application acts for which, by tokens given out here. Codes and tokens are kept as hashes.

-- What a merchant's agreement gives the other application, to be exchanged for tokens once.
CREATE TABLE app_auth_codes (
    code_hash BYTEA NOT NULL PRIMARY KEY,
    isv_app_id TEXT COLLATE "C" NOT NULL, -- who will act
    app_id TEXT COLLATE "C" NOT NULL, -- for whom
    granted_at BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    spent_at BIGINT -- exchanged, overtaken by a newer one, or withdrawn
);

CREATE INDEX app_auth_codes_by_pair ON app_auth_codes (isv_app_id, app_id);
CREATE INDEX app_auth_codes_by_end ON app_auth_codes (ends);

-- Of one pair of applications, at most one row is neither replaced nor revoked.
CREATE TABLE app_auth_tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    refresh_hash BYTEA NOT NULL UNIQUE,
    isv_app_id TEXT COLLATE "C" NOT NULL,
    app_id TEXT COLLATE "C" NOT NULL,
    auth_time BIGINT NOT NULL, -- when the merchant agreed
    ends BIGINT, -- NULL: not by itself
    refresh_ends BIGINT, -- the same of the refresh token
    replaced_at BIGINT, -- the refresh token was used
    revoked_at BIGINT -- the merchant withdrew, or agreed anew
);

CREATE INDEX app_auth_tokens_by_pair ON app_auth_tokens (isv_app_id, app_id);

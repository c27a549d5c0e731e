-- Which application acts for which, by tokens given out here. Codes and tokens are kept as hashes.

-- What a merchant's agreement gives the other application, to be exchanged for tokens once.
CREATE TABLE app_auth_codes (
    code_hash  BLOB    NOT NULL PRIMARY KEY,
    isv_app_id TEXT    NOT NULL,                  -- who will act
    app_id     TEXT    NOT NULL,                  -- for whom
    granted_at INTEGER NOT NULL,
    ends       INTEGER NOT NULL,
    spent_at   INTEGER                            -- exchanged, overtaken by a newer one, or withdrawn
) STRICT, WITHOUT ROWID;

CREATE INDEX app_auth_codes_by_pair ON app_auth_codes (isv_app_id, app_id);
CREATE INDEX app_auth_codes_by_end ON app_auth_codes (ends);

-- Of one pair of applications, at most one row is neither replaced nor revoked.
CREATE TABLE app_auth_tokens (
    token_hash   BLOB    NOT NULL PRIMARY KEY,
    refresh_hash BLOB    NOT NULL UNIQUE,
    isv_app_id   TEXT    NOT NULL,
    app_id       TEXT    NOT NULL,
    auth_time    INTEGER NOT NULL,                -- when the merchant agreed
    ends         INTEGER,                         -- NULL: not by itself
    refresh_ends INTEGER,                         -- the same of the refresh token
    replaced_at  INTEGER,                         -- the refresh token was used
    revoked_at   INTEGER                          -- the merchant withdrew, or agreed anew
) STRICT, WITHOUT ROWID;

CREATE INDEX app_auth_tokens_by_pair ON app_auth_tokens (isv_app_id, app_id);

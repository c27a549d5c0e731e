-- The key that the personal part of one certification is sealed under. Without the row it is unreadable.
CREATE TABLE data_keys (
    certify_id BLOB    NOT NULL PRIMARY KEY,
    wrapped    BLOB    NOT NULL,                  -- sealed; empty: of before there were such keys
    ended_at   INTEGER                            -- when the certification ended
) STRICT, WITHOUT ROWID;

CREATE INDEX data_keys_by_end ON data_keys (ended_at) WHERE ended_at IS NOT NULL;

INSERT INTO data_keys (certify_id, wrapped, ended_at)
SELECT certify_id, x'',
       CASE WHEN state IN ('passed', 'failed', 'expired') THEN state_at END
FROM certifications;

-- Whose personal data was erased on request. Kept, so that a copy from before can be made to follow.
CREATE TABLE erasures (
    certify_id BLOB    NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    erased_by  TEXT    NOT NULL,
    why        TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

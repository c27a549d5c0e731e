-- Notices to merchants: written with the change they tell of, sent until they are taken.

CREATE TABLE notices (
    notify_id      BLOB   NOT NULL PRIMARY KEY,  -- 16 bytes, time first
    certify_id     BLOB   NOT NULL,
    seq            INTEGER NOT NULL,              -- version of the certification: its notices' order
    app_id         TEXT   NOT NULL,
    isv_app_id     TEXT,
    outer_order_no TEXT   NOT NULL,
    biz_code       TEXT   NOT NULL,
    outcome        TEXT   NOT NULL,              -- state of the certification
    outcome_at     INTEGER NOT NULL,
    outcome_detail TEXT,                         -- assurance of a pass, reason of a failure
    opened_at      INTEGER NOT NULL,
    made_at        INTEGER NOT NULL,
    address        BLOB   NOT NULL,              -- sealed
    receiver       TEXT   NOT NULL,              -- host and port: who is slow delays only itself
    state          TEXT   NOT NULL,              -- pending, delivered, dead
    tries          INTEGER NOT NULL,
    due_at         INTEGER NOT NULL,             -- pending: next try, or when a running one is given up
    settled_at     INTEGER,
    fault          TEXT,                         -- why the last try failed: one of our words
    UNIQUE (certify_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX notices_by_receiver ON notices (receiver, due_at) WHERE state = 'pending';
CREATE INDEX notices_by_due ON notices (due_at) WHERE state = 'pending';
CREATE INDEX notices_dead ON notices (notify_id) WHERE state = 'dead';

-- Notices to merchants: written with the change they tell of, sent until they are taken.

CREATE TABLE notices (
    notify_id BYTEA NOT NULL PRIMARY KEY, -- 16 bytes, time first
    certify_id BYTEA NOT NULL,
    seq BIGINT NOT NULL, -- version of the certification: its notices' order
    app_id TEXT COLLATE "C" NOT NULL,
    isv_app_id TEXT COLLATE "C",
    outer_order_no TEXT COLLATE "C" NOT NULL,
    biz_code TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL, -- state of the certification
    outcome_at BIGINT NOT NULL,
    outcome_detail TEXT COLLATE "C", -- assurance of a pass, reason of a failure
    opened_at BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    address BYTEA NOT NULL, -- sealed
    receiver TEXT COLLATE "C" NOT NULL, -- host and port: who is slow delays only itself
    state TEXT COLLATE "C" NOT NULL, -- pending, delivered, dead
    tries BIGINT NOT NULL,
    due_at BIGINT NOT NULL, -- pending: next try, or when a running one is given up
    settled_at BIGINT,
    fault TEXT COLLATE "C", -- why the last try failed: one of our words
    UNIQUE (certify_id, seq)
);

CREATE INDEX notices_by_receiver ON notices (receiver, due_at) WHERE state = 'pending';
CREATE INDEX notices_by_due ON notices (due_at) WHERE state = 'pending';
CREATE INDEX notices_dead ON notices (notify_id) WHERE state = 'dead';

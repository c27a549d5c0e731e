-- Orders sent to a gateway that certifies in our place: what is known of each there.
CREATE TABLE upstream_orders (
    -- The application, and a digest of the token it acts for a merchant by.
    owner TEXT NOT NULL,
    outer_order_no TEXT NOT NULL,
    content_digest BLOB NOT NULL,
    -- sending, unknown, opened
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    -- An earlier attempt may have arrived.
    doubted INTEGER NOT NULL,
    -- While sending: from when on it is taken for unknown.
    sending_until INTEGER NOT NULL,
    -- The gateway's id, in its own spelling.
    certify_id TEXT,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (owner, outer_order_no)
) STRICT, WITHOUT ROWID;

-- Orders sent to a gateway that certifies in our place: what is known of each there.
CREATE TABLE upstream_orders (
    -- The application, and a digest of the token it acts for a merchant by.
    owner TEXT COLLATE "C" NOT NULL,
    outer_order_no TEXT COLLATE "C" NOT NULL,
    content_digest BYTEA NOT NULL,
    -- sending, unknown, opened
    state TEXT COLLATE "C" NOT NULL,
    attempt BIGINT NOT NULL,
    -- An earlier attempt may have arrived.
    doubted BIGINT NOT NULL,
    -- While sending: from when on it is taken for unknown.
    sending_until BIGINT NOT NULL,
    -- The gateway's id, in its own spelling.
    certify_id TEXT COLLATE "C",
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (owner, outer_order_no)
);

-- The same of the addresses of notices.
CREATE INDEX notices_by_generation ON notices (generation, notify_id);

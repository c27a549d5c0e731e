-- The same of the addresses of notices.
-- Alone, as the index before it.
CREATE INDEX notices_by_generation ON notices (generation, notify_id);

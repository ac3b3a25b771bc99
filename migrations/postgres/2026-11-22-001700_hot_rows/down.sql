ALTER TABLE events DROP CONSTRAINT events_dedupe_key;
ALTER TABLE events ALTER COLUMN dedupe TYPE TEXT USING COALESCE(body::json ->> 'dedupe', encode(dedupe, 'hex'));
ALTER TABLE events ADD CONSTRAINT events_page_id_dedupe_key UNIQUE (page_id, dedupe);
ALTER TABLE messages ADD CONSTRAINT messages_id_key UNIQUE (id);
DROP INDEX events_pending_by_id;
ALTER TABLE events ADD CONSTRAINT events_id_key UNIQUE (id);

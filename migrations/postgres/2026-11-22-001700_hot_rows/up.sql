-- Every turn writes an event and some messages. Each index less is a page less that it changes: an event is looked up by its
-- id only while it waits, and a message only within its conversation. What remains is small: an event is told from others by
-- 16 bytes of a hash of its page and key, where the key itself has up to 255.
ALTER TABLE events DROP CONSTRAINT events_id_key;
CREATE INDEX events_pending_by_id ON events (id) WHERE ending IS NULL;
ALTER TABLE messages DROP CONSTRAINT messages_id_key;
ALTER TABLE events DROP CONSTRAINT events_page_id_dedupe_key;
ALTER TABLE events ALTER COLUMN dedupe TYPE BYTEA USING substring(sha256(convert_to(page_id || ' ' || dedupe, 'UTF8')) FOR 16);
ALTER TABLE events ADD CONSTRAINT events_dedupe_key UNIQUE (dedupe);

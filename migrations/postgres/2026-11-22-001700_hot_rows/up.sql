-- Every turn writes an event and some messages. Each index less is a page less that it changes: an event is looked up by its
-- id only while it waits, and a message only within its conversation.
ALTER TABLE events DROP CONSTRAINT events_id_key;
CREATE INDEX events_pending_by_id ON events (id) WHERE ending IS NULL;
ALTER TABLE messages DROP CONSTRAINT messages_id_key;

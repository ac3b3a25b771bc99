ALTER TABLE messages ADD CONSTRAINT messages_id_key UNIQUE (id);
DROP INDEX events_pending_by_id;
ALTER TABLE events ADD CONSTRAINT events_id_key UNIQUE (id);

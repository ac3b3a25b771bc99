-- Every turn writes an event and some messages. Each index less is a page less that it changes: an event is looked up by its
-- id only while it waits, and a message only within its conversation. What remains is small: an event is told from others by
-- 16 bytes of a hash of its page and key (`causerie_event_key` is the server's), where the key itself has up to 255.
DROP INDEX events_pending;
DROP INDEX events_parked;
DROP INDEX events_waiting;
ALTER TABLE events RENAME TO events_before;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL,
    page_id TEXT NOT NULL,
    psid TEXT,
    dedupe BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    ending TEXT,
    reason TEXT,
    attempts INTEGER NOT NULL
);
INSERT INTO events (seq, id, page_id, psid, dedupe, kind, received_at, body, ending, reason, attempts)
    SELECT seq, id, page_id, psid, causerie_event_key(page_id, dedupe), kind, received_at, body, ending, reason, attempts FROM events_before;
DROP TABLE events_before;
CREATE INDEX events_pending ON events (seq) WHERE ending IS NULL;
CREATE INDEX events_parked ON events (seq) WHERE ending = 'parked';
CREATE INDEX events_waiting ON events (page_id, psid, seq) WHERE ending IS NULL;
CREATE INDEX events_pending_by_id ON events (id) WHERE ending IS NULL;

ALTER TABLE messages RENAME TO messages_before;
CREATE TABLE messages (
    id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    author_user TEXT,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    mid TEXT,
    reason TEXT,
    PRIMARY KEY (conversation_id, seq)
);
INSERT INTO messages (id, conversation_id, seq, at, author, author_user, body, status, mid, reason)
    SELECT id, conversation_id, seq, at, author, author_user, body, status, mid, reason FROM messages_before;
DROP TABLE messages_before;

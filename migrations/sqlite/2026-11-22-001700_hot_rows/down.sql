ALTER TABLE messages RENAME TO messages_after;
CREATE TABLE messages (
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    author TEXT NOT NULL,
    author_user TEXT,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    mid TEXT,
    reason TEXT,
    UNIQUE (conversation_id, seq)
);
INSERT INTO messages (id, conversation_id, seq, at, author, author_user, body, status, mid, reason)
    SELECT id, conversation_id, seq, at, author, author_user, body, status, mid, reason FROM messages_after;
DROP TABLE messages_after;

DROP INDEX events_pending_by_id;
DROP INDEX events_pending;
DROP INDEX events_parked;
DROP INDEX events_waiting;
ALTER TABLE events RENAME TO events_after;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    page_id TEXT NOT NULL,
    psid TEXT,
    dedupe TEXT NOT NULL,
    kind TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    ending TEXT,
    reason TEXT,
    attempts INTEGER NOT NULL,
    UNIQUE (page_id, dedupe)
);
INSERT INTO events (seq, id, page_id, psid, dedupe, kind, received_at, body, ending, reason, attempts)
    SELECT seq, id, page_id, psid, COALESCE(json_extract(body, '$.dedupe'), hex(dedupe)), kind, received_at, body, ending, reason, attempts FROM events_after;
DROP TABLE events_after;
CREATE INDEX events_pending ON events (seq) WHERE ending IS NULL;
CREATE INDEX events_parked ON events (seq) WHERE ending = 'parked';
CREATE INDEX events_waiting ON events (page_id, psid, seq) WHERE ending IS NULL;

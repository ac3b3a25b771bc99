-- What flows told the outside world (`emit_event`), written with their turn; `seq` is the order. No foreign keys: hot path.
CREATE TABLE emitted_events (
    seq INTEGER PRIMARY KEY NOT NULL,
    id TEXT NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    page_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    chatflow_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    node TEXT NOT NULL
);
CREATE INDEX emitted_events_by_conversation ON emitted_events (conversation_id, seq);
CREATE INDEX emitted_events_by_contact ON emitted_events (contact_id);

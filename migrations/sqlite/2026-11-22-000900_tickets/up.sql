CREATE TABLE pipelines (
    id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    statuses TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- `search` is the subject in lower case: LOWER() of SQLite knows ASCII only.
-- `changes` and `comments` count the rows below; the next one's place is taken by adding to it.
CREATE TABLE tickets (
    id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    status TEXT NOT NULL,
    subject TEXT NOT NULL,
    search TEXT NOT NULL,
    description TEXT NOT NULL,
    priority TEXT NOT NULL,
    page_id TEXT,
    contact_id TEXT,
    conversation_id TEXT,
    assignee_id TEXT REFERENCES users (id),
    team_id TEXT REFERENCES teams (id) ON DELETE SET NULL,
    fields TEXT NOT NULL,
    source TEXT NOT NULL,
    closed BOOLEAN NOT NULL,
    changes BIGINT NOT NULL,
    comments BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX tickets_status ON tickets (pipeline_id, status, number);
CREATE INDEX tickets_conversation ON tickets (conversation_id, closed);
CREATE INDEX tickets_contact ON tickets (contact_id, number);
CREATE INDEX tickets_assignee ON tickets (assignee_id, closed, number);
CREATE INDEX tickets_team ON tickets (team_id, closed, number);

CREATE TABLE ticket_changes (
    ticket_id TEXT NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    source TEXT NOT NULL,
    what TEXT NOT NULL,
    field TEXT,
    old_value TEXT,
    new_value TEXT,
    overridden BOOLEAN NOT NULL,
    PRIMARY KEY (ticket_id, seq)
);

CREATE TABLE ticket_comments (
    id TEXT NOT NULL PRIMARY KEY,
    ticket_id TEXT NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (ticket_id, seq)
);

-- One row: the last number given. Its lock also lets only one ticket at a time be opened for a conversation.
CREATE TABLE ticket_numbers (
    id BIGINT NOT NULL PRIMARY KEY,
    last_number BIGINT NOT NULL
);
INSERT INTO ticket_numbers (id, last_number) VALUES (1, 0);

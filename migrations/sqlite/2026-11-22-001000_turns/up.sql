-- The conversation's tables: everything one turn reads and writes. No foreign keys here: this is the hot path, and its
-- rows are written together or not at all.

CREATE TABLE contacts (
    id TEXT NOT NULL UNIQUE,
    page_id TEXT NOT NULL,
    psid TEXT NOT NULL,
    profile TEXT NOT NULL,
    attributes TEXT NOT NULL,
    labels TEXT NOT NULL,
    locale TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (page_id, psid)
);

-- `owner_user`, `owner_team` and `owner_until` belong to the owners `agent`, `queue` and `external`. `session` is the
-- running or last session, whole. What was sent up to `delivered_until` (`read_until`) was delivered (read).
CREATE TABLE conversations (
    id TEXT NOT NULL UNIQUE,
    contact_id TEXT NOT NULL,
    page_id TEXT NOT NULL,
    psid TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    owner TEXT NOT NULL,
    owner_user TEXT,
    owner_team TEXT,
    owner_until BIGINT,
    status TEXT NOT NULL,
    last_agent TEXT,
    window_opened_at BIGINT,
    next_seq BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    preview TEXT NOT NULL,
    chatflow_id TEXT,
    link_id TEXT,
    session TEXT,
    delivered_until BIGINT,
    read_until BIGINT,
    UNIQUE (page_id, psid)
);
-- Only what people own is looked up by owner, and only columns that a transfer changes are in an index: a turn of the
-- bot touches none.
CREATE INDEX conversations_by_agent ON conversations (owner_user) WHERE owner_user IS NOT NULL;
CREATE INDEX conversations_in_queue ON conversations (owner, owner_team) WHERE owner <> 'bot';
CREATE INDEX conversations_by_contact ON conversations (contact_id);

-- `ending` is null while the event waits for its turn, then `done`, `ignored` or `parked`.
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
CREATE INDEX events_pending ON events (seq) WHERE ending IS NULL;
CREATE INDEX events_parked ON events (seq) WHERE ending = 'parked';

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

-- A row is here while its message is outstanding. `wake_at` is set on the first of its conversation only, unless it is
-- held: when somebody must look at it, be it due or be its claim run out.
CREATE TABLE outbox (
    message_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    page_id TEXT NOT NULL,
    psid TEXT NOT NULL,
    author TEXT NOT NULL,
    author_user TEXT,
    body TEXT NOT NULL,
    pause_ms INTEGER NOT NULL,
    window_opened_at BIGINT,
    due_at BIGINT NOT NULL,
    wake_at BIGINT,
    claimed_until BIGINT,
    attempts INTEGER NOT NULL,
    doubtful BOOLEAN NOT NULL,
    held TEXT,
    PRIMARY KEY (conversation_id, seq)
) WITHOUT ROWID;
CREATE INDEX outbox_awake ON outbox (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX outbox_held ON outbox (page_id) WHERE held IS NOT NULL;

CREATE TABLE timers (
    id TEXT NOT NULL UNIQUE,
    page_id TEXT NOT NULL,
    psid TEXT NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX timers_due ON timers (due_at);

-- `due_at` is also the end of a claim: a caller that died leaves its callout to become due again.
CREATE TABLE callouts (
    id TEXT NOT NULL UNIQUE,
    page_id TEXT NOT NULL,
    psid TEXT NOT NULL,
    request TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL
);
CREATE INDEX callouts_due ON callouts (due_at);

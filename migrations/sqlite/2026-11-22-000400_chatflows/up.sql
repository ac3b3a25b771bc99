-- One draft each. A deleted one stays for the sessions that run on its versions.
CREATE TABLE chatflows (
    id TEXT NOT NULL PRIMARY KEY,
    page TEXT NOT NULL REFERENCES pages (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    draft TEXT NOT NULL,
    -- The version that new sessions start on.
    published INTEGER,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT
);
-- A chatflow is called by its name.
CREATE UNIQUE INDEX chatflows_by_name ON chatflows (page, name) WHERE deleted_at IS NULL;
CREATE INDEX chatflows_by_page ON chatflows (page, id);

-- Numbered from 1 per chatflow; a row is never changed.
CREATE TABLE chatflow_versions (
    chatflow TEXT NOT NULL REFERENCES chatflows (id),
    number INTEGER NOT NULL,
    document TEXT NOT NULL,
    note TEXT,
    published_by TEXT,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (chatflow, number)
);

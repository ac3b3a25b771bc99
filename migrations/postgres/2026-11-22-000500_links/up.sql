-- Direct links: a ref that opens a chatflow.
CREATE TABLE links (
    id TEXT NOT NULL PRIMARY KEY,
    page TEXT NOT NULL REFERENCES pages (id),
    chatflow TEXT NOT NULL REFERENCES chatflows (id),
    ref TEXT NOT NULL UNIQUE,
    label TEXT,
    -- Born with its chatflow; each has one.
    direct BOOLEAN NOT NULL,
    variables TEXT NOT NULL,
    locale TEXT,
    node TEXT,
    expires_at BIGINT,
    revoked BOOLEAN NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX links_direct ON links (chatflow) WHERE direct;
CREATE INDEX links_by_chatflow ON links (chatflow, id);
CREATE INDEX links_by_page ON links (page, id);

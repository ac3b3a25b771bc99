-- Connected Facebook Pages, by Meta's id. A disconnected one stays, without its token.
CREATE TABLE pages (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    username TEXT,
    -- JSON: {"state": …}
    state TEXT NOT NULL,
    -- Which chatflow answers when no other does. No foreign key: chatflows point here.
    primary_chatflow TEXT,
    rules TEXT,
    settings TEXT NOT NULL,
    -- Sealed for `page:{id}`; never in the clear.
    token TEXT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

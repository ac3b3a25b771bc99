-- The rules are one JSON list: they are read and replaced whole, and their order is their meaning.
CREATE TABLE rule_sets (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    page_id TEXT,
    rules TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX rule_sets_name ON rule_sets (COALESCE(page_id, ''), name);

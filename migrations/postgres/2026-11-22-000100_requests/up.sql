-- One row per Idempotency-Key that was used: what was asked (as a hash) and, once known, what was answered.
CREATE TABLE requests (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    hash TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    status INTEGER,
    headers TEXT,
    body TEXT,
    PRIMARY KEY (scope, key)
);
CREATE INDEX requests_by_age ON requests (begun_at);

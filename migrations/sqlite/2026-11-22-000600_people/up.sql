CREATE TABLE teams (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The position is the order in which `first_available` asks.
CREATE TABLE team_members (
    team_id TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (team_id, user_id)
);

-- What a service seat adds to a user; without a row the defaults hold.
CREATE TABLE seats (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
    presence TEXT NOT NULL,
    seen_at BIGINT,
    capacity INTEGER NOT NULL,
    languages TEXT NOT NULL,
    last_assigned_at BIGINT,
    revision BIGINT NOT NULL
);

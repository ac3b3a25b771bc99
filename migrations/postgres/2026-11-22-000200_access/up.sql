-- Who may sign in.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    -- lower case
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    service_seat BOOLEAN NOT NULL,
    active BOOLEAN NOT NULL,
    -- argon2id, in its own text form
    password_hash TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_by_email ON users (email);

-- One device's sign-in: a family of refresh tokens, of which only the newest is good.
CREATE TABLE sign_ins (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    token_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_by_user ON sign_ins (user_id);
CREATE INDEX sign_ins_by_end ON sign_ins (expires_at);

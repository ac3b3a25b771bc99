-- What each turn considered, and why it was or was not taken: one row a turn, written with it, swept by age. `seq` is the
-- order of writing, so the oldest stand first and no index on the time is needed. The turn's messages have positions from
-- `first_message` to before `next_message`.
CREATE TABLE explanations (
    seq INTEGER PRIMARY KEY NOT NULL,
    conversation_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    first_message BIGINT NOT NULL,
    next_message BIGINT NOT NULL,
    lines TEXT NOT NULL
);
CREATE INDEX explanations_of_conversation ON explanations (conversation_id, seq);

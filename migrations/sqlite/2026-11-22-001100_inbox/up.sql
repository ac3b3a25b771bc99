-- The hour of `last_activity_at` (hours since 1970). The inbox lists by it first: an index on the time itself would be
-- written by every turn, this one at most once an hour.
ALTER TABLE conversations ADD COLUMN active_hour BIGINT NOT NULL DEFAULT 0;
CREATE INDEX conversations_by_activity ON conversations (active_hour);

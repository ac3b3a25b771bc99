DROP INDEX conversations_by_activity;
ALTER TABLE conversations DROP COLUMN active_hour;

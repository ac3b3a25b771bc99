-- A version that only `rollout_percent` of a hundred contacts get. Both are null where no rollout is under way.
ALTER TABLE chatflows ADD COLUMN rollout_version INTEGER;
ALTER TABLE chatflows ADD COLUMN rollout_percent INTEGER;
-- What the version does to sessions that run on an earlier one: `keep`, `migrate` or `restart`.
ALTER TABLE chatflow_versions ADD COLUMN policy TEXT NOT NULL DEFAULT 'keep';
-- Its rollout was aborted: what becomes of the sessions on it.
ALTER TABLE chatflow_versions ADD COLUMN withdrawn TEXT;

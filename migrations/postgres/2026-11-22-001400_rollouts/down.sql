ALTER TABLE chatflow_versions DROP COLUMN withdrawn;
ALTER TABLE chatflow_versions DROP COLUMN policy;
ALTER TABLE chatflows DROP COLUMN rollout_percent;
ALTER TABLE chatflows DROP COLUMN rollout_version;

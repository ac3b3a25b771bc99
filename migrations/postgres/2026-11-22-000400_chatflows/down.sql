DROP TABLE chatflow_versions;
DROP TABLE chatflows;

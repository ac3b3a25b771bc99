DROP TABLE ticket_numbers;
DROP TABLE ticket_comments;
DROP TABLE ticket_changes;
DROP TABLE tickets;
DROP TABLE pipelines;

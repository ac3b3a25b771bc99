DROP TABLE callouts;
DROP TABLE timers;
DROP TABLE outbox;
DROP TABLE messages;
DROP TABLE events;
DROP TABLE conversations;
DROP TABLE contacts;

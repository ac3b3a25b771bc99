DROP TABLE emitted_events;

DROP INDEX events_waiting;

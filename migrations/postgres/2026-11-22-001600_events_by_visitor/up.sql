-- A visitor's events that wait, in their order: a turn is committed only when none that came before it does.
CREATE INDEX events_waiting ON events (page_id, psid, seq) WHERE ending IS NULL;

CREATE INDEX explanations_of_conversation ON explanations (conversation_id, seq);
ALTER TABLE conversations DROP COLUMN explained;
ALTER TABLE explanations DROP COLUMN previous;

-- Each explanation names the conversation's one before, and the conversation its newest: every turn writes the conversation's
-- row anyway, and an index by conversation was a page more that it changed.
ALTER TABLE explanations ADD COLUMN previous BIGINT;
ALTER TABLE conversations ADD COLUMN explained BIGINT;
UPDATE explanations SET previous = (
    SELECT MAX(older.seq) FROM explanations AS older
    WHERE older.conversation_id = explanations.conversation_id AND older.seq < explanations.seq
);
UPDATE conversations SET explained = (SELECT MAX(seq) FROM explanations WHERE conversation_id = conversations.id);
DROP INDEX explanations_of_conversation;

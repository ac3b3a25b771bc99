//! Rows of `messages` and `outbox`: to and from the domain.

use diesel::prelude::*;

use super::tables::{messages, outbox};
use crate::domain::ids::{PageId, Psid};
use crate::domain::message::{Author, Message, MessageStatus, OutboxItem};
use crate::store::Result;
use crate::store::sql::column::{RowOf, count, json, ms, word};
use crate::store::sql::{AnyConn, Named};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
pub struct MessageRow {
    pub id: String,
    pub conversation_id: String,
    pub seq: i64,
    pub at: i64,
    pub author: String,
    pub author_user: Option<String>,
    pub body: String,
    pub status: String,
    pub mid: Option<String>,
    pub reason: Option<String>,
}

impl MessageRow {
    pub fn of(seq: i64, message: &Message) -> Result<Self> {
        let (author, author_user) = author_columns(message.author);
        Ok(Self {
            id: message.id.to_string(),
            conversation_id: message.conversation.to_string(),
            seq,
            at: ms(message.at),
            author,
            author_user,
            body: json(&message.body)?,
            status: word(&message.status)?,
            mid: message.mid.clone(),
            reason: message.reason.clone(),
        })
    }

    /// `delivered_until` and `read_until` are the conversation's: a sent message counts as delivered (read) up to there.
    pub fn into_message(self, delivered_until: Option<i64>, read_until: Option<i64>) -> Result<(i64, Message)> {
        let of = RowOf::new("messages", &self.id);
        let status = match of.word("status", &self.status)? {
            MessageStatus::Sent if read_until.is_some_and(|until| self.at <= until) => MessageStatus::Read,
            MessageStatus::Sent if delivered_until.is_some_and(|until| self.at <= until) => MessageStatus::Delivered,
            other => other,
        };
        let message = Message {
            id: of.id("id", &self.id)?,
            conversation: of.id("conversation_id", &self.conversation_id)?,
            at: of.time("at", self.at)?,
            author: author(&of, &self.author, self.author_user.as_deref())?,
            body: of.json("body", &self.body)?,
            status,
            mid: self.mid,
            reason: self.reason,
        };
        Ok((self.seq, message))
    }
}

/// The position of a conversation's message. Read from the newest on, because the one that is asked for is among them.
pub fn place_of(conn: &mut AnyConn, conversation: &str, message: &str) -> Result<Option<i64>> {
    let rows = messages::table.filter(messages::conversation_id.eq(conversation)).order(messages::seq.desc());
    rows.filter(messages::id.eq(message)).select(messages::seq).first(conn).optional().of("message")
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub struct OutboxRow {
    pub message_id: String,
    pub conversation_id: String,
    pub seq: i64,
    pub page_id: String,
    pub psid: String,
    pub author: String,
    pub author_user: Option<String>,
    pub body: String,
    pub pause_ms: i32,
    pub window_opened_at: Option<i64>,
    pub due_at: i64,
    pub wake_at: Option<i64>,
    pub claimed_until: Option<i64>,
    pub attempts: i32,
    pub doubtful: bool,
    pub held: Option<String>,
}

impl OutboxRow {
    /// Queued behind others: neither awake nor claimed.
    pub fn of(item: &OutboxItem) -> Result<Self> {
        let (author, author_user) = author_columns(item.author);
        Ok(Self {
            message_id: item.message.to_string(),
            conversation_id: item.conversation.to_string(),
            seq: item.seq,
            page_id: item.page.as_str().to_owned(),
            psid: item.psid.as_str().to_owned(),
            author,
            author_user,
            body: json(&item.body)?,
            pause_ms: count(item.pause_ms),
            window_opened_at: item.window_opened_at.map(ms),
            due_at: ms(item.due_at),
            wake_at: None,
            claimed_until: None,
            attempts: count(item.attempts),
            doubtful: item.doubtful,
            held: None,
        })
    }

    pub fn into_item(self) -> Result<OutboxItem> {
        let of = RowOf::new("outbox", &self.message_id);
        Ok(OutboxItem {
            message: of.id("message_id", &self.message_id)?,
            conversation: of.id("conversation_id", &self.conversation_id)?,
            seq: self.seq,
            author: author(&of, &self.author, self.author_user.as_deref())?,
            body: of.json("body", &self.body)?,
            pause_ms: of.count("pause_ms", self.pause_ms)?,
            due_at: of.time("due_at", self.due_at)?,
            attempts: of.count("attempts", self.attempts)?,
            claimed_until: of.optional_time("claimed_until", self.claimed_until)?,
            doubtful: self.doubtful,
            window_opened_at: of.optional_time("window_opened_at", self.window_opened_at)?,
            page: PageId::new(self.page_id),
            psid: Psid::new(self.psid),
        })
    }
}

pub const BOT: &str = "bot";

fn author_columns(author: Author) -> (String, Option<String>) {
    let (word, user) = match author {
        Author::Visitor => ("visitor", None),
        Author::Bot => (BOT, None),
        Author::Agent { user } => ("agent", Some(user.to_string())),
        Author::External => ("external", None),
        Author::System => ("system", None),
    };
    (word.to_owned(), user)
}

fn author(of: &RowOf<'_>, word: &str, user: Option<&str>) -> Result<Author> {
    match (word, user) {
        ("visitor", _) => Ok(Author::Visitor),
        (BOT, _) => Ok(Author::Bot),
        ("agent", Some(user)) => Ok(Author::Agent { user: of.id("author_user", user)? }),
        ("external", _) => Ok(Author::External),
        ("system", _) => Ok(Author::System),
        (other, _) => Err(of.corrupt("author", format!("`{other}` is no author, or lacks its user"))),
    }
}

//! A thread of one visitor, and its commits.

use std::collections::BTreeMap;
use std::sync::Arc;

use causerie::domain::Timestamp;
use causerie::domain::contact::Contact;
use causerie::domain::conversation::{Conversation, ConversationStatus, Owner};
use causerie::domain::event::{Inbound, InboundEvent, MessageIn};
use causerie::domain::ids::{IdMaker, MessageId, PageId, Psid};
use causerie::domain::message::{Author, Message, MessageBody, MessageOut, MessageStatus, OutboxItem};
use causerie::flow::session::{Entry, Session};
use causerie::store::sql::SqlStore;
use causerie::store::turns::{Accepted, Commit, Committed, Ending, Facts, NewEvent, SessionChange, StoredEvent, Take, TurnStore};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).unwrap()
}

pub fn page() -> PageId {
    PageId::new("1001")
}

pub fn event(n: u64, psid: &str, dedupe: &str) -> NewEvent {
    let what = Inbound::Message(MessageIn { mid: dedupe.into(), text: Some("salut".into()), ..MessageIn::default() });
    let event = InboundEvent { page: page(), psid: Some(Psid::new(psid)), at: at(0), dedupe: dedupe.into(), standby: false, what };
    NewEvent { id: IdMaker::new(at(0), n).next(), received_at: at(0), event }
}

#[derive(Clone)]
pub struct Thread {
    pub ids: IdMaker,
    pub conversation: Conversation,
    pub contact: Contact,
    stored: bool,
}

impl Thread {
    pub fn new(psid: &str) -> Self {
        let seed = psid.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
        let mut ids = IdMaker::new(at(0), seed);
        let contact = Contact::new(ids.next(), page(), Psid::new(psid), at(0));
        let conversation = Conversation {
            id: ids.next(),
            contact: contact.id,
            page: page(),
            psid: Psid::new(psid),
            version: 5_000,
            owner: Owner::Bot,
            status: ConversationStatus::Open,
            last_agent: None,
            window_opened_at: Some(at(0)),
            next_seq: 1,
            last_activity_at: at(0),
            preview: String::new(),
            chatflow: None,
            link: None,
            created_at: at(0),
        };
        Self { ids, conversation, contact, stored: false }
    }

    /// A commit that changes nothing but the version; the first one makes the conversation.
    pub fn turn(&mut self) -> Commit {
        let expected = self.stored.then_some(self.conversation.version);
        if self.stored {
            self.conversation.version += 1;
        }
        let contact = (!self.stored).then(|| self.contact.clone());
        self.stored = true;
        Commit {
            take: Take::Nothing,
            conversation: self.conversation.clone(),
            expected,
            contact,
            session: SessionChange::Keep,
            messages: Vec::new(),
            outbox: Vec::new(),
            claim_until: None,
            cancel_queued: false,
            tickets: Vec::new(),
            ticket_update: None,
            emitted: Vec::new(),
            set_timers: Vec::new(),
            cancel_timers: Vec::new(),
            callouts: Vec::new(),
            assign: None,
            facts: Facts::default(),
            explanation: None,
        }
    }

    /// Queues a bubble by `author`, due at once.
    pub fn say(&mut self, commit: &mut Commit, author: Author, text: &str) -> MessageId {
        let id: MessageId = self.ids.next();
        let (conversation, seq) = (self.conversation.id, self.conversation.next_seq);
        self.conversation.next_seq += 1;
        commit.conversation.next_seq = self.conversation.next_seq;
        let body = MessageOut::text(text);
        let line = MessageBody::Out(body.clone());
        let status = MessageStatus::Queued;
        commit.messages.push((seq, Message { id, conversation, at: at(0), author, body: line, status, mid: None, reason: None }));
        commit.outbox.push(OutboxItem {
            message: id,
            conversation,
            page: page(),
            psid: self.conversation.psid.clone(),
            seq,
            author,
            body,
            pause_ms: 250,
            due_at: at(0),
            attempts: 0,
            claimed_until: None,
            doubtful: false,
            window_opened_at: Some(at(0)),
        });
        id
    }

    /// A committed turn in which the bot says this; nothing is claimed.
    pub async fn bot_says(&mut self, store: &SqlStore, texts: &[&str]) -> Vec<MessageId> {
        let mut commit = self.turn();
        let said = texts.iter().map(|text| self.say(&mut commit, Author::Bot, text)).collect();
        assert_eq!(store.commit(commit).await.unwrap(), Committed::Done { claimed: None });
        said
    }

    pub fn session(&mut self) -> Session {
        Session {
            v: 1,
            id: self.ids.next(),
            chatflow: self.ids.next(),
            version: 3,
            started_at: at(0),
            last_at: at(1),
            entry: Entry::default(),
            locale: "fr".into(),
            frames: Vec::new(),
            variables: [("é".to_owned(), serde_json::json!({"a": [1, null, "x"]}))].into_iter().collect(),
            wait: None,
            counters: Default::default(),
            finished: false,
            last_text: "salut".into(),
            queued: Vec::new(),
            offers: vec![],
            aside: Default::default(),
            forms: BTreeMap::new(),
        }
    }
}

/// Makes it durable; it waits.
pub async fn accepted(store: &SqlStore, event: NewEvent) -> StoredEvent {
    match store.accept(vec![event]).await.unwrap().pop() {
        Some(Accepted::New(stored)) => stored,
        other => panic!("{other:?}"),
    }
}

pub fn stored(event: &StoredEvent, ending: Ending) -> Take {
    Take::Stored { event: event.id, seq: event.seq, ending }
}

pub fn fresh(event: NewEvent) -> Take {
    Take::Fresh { event: Arc::new(event), ending: done() }
}

pub fn done() -> Ending {
    Ending::Done
}

#[derive(QueryableByName)]
struct Words {
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The rows of a query that selects one text column as `word`.
pub async fn words(store: &SqlStore, query: &'static str) -> Vec<String> {
    let rows: Vec<Words> = store.read(move |conn| Ok(diesel::sql_query(query).load(conn)?)).await.unwrap();
    rows.into_iter().map(|row| row.word.unwrap_or_default()).collect()
}

/// The one row of a query that selects one number as `number`.
pub async fn number(store: &SqlStore, query: &'static str) -> i64 {
    let row: Number = store.read(move |conn| Ok(diesel::sql_query(query).get_result(conn)?)).await.unwrap();
    row.number
}

pub async fn run(store: &SqlStore, statement: impl Into<String>) {
    let statement = statement.into();
    store.write(move |conn| Ok(diesel::sql_query(statement.clone()).execute(conn)?)).await.unwrap();
}

/// Of every message, in order: its text's status and reason.
pub async fn statuses(store: &SqlStore) -> Vec<String> {
    words(store, "SELECT status || COALESCE(' ' || reason, '') AS word FROM messages ORDER BY conversation_id, seq").await
}

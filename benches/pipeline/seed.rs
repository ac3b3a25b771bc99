//! What is in the database before the server starts: one page, one chatflow, and idle conversations.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use causerie::clock::{Clock, SystemClock};
use causerie::domain::Timestamp;
use causerie::domain::chatflow::{Chatflow, ChatflowKind, ChatflowVersion};
use causerie::domain::contact::{Contact, Profile};
use causerie::domain::conversation::{Conversation, ConversationStatus, Owner};
use causerie::domain::event::{Inbound, InboundEvent, MessageIn};
use causerie::domain::ids::{ChatflowId, IdMaker, PageId, Psid};
use causerie::domain::link::{Link, REF_RANDOM_BYTES};
use causerie::domain::message::{Author, MessageBody, MessageOut, MessageStatus};
use causerie::domain::page::{Page, PageSettings, PageState};
use causerie::domain::rollout::SessionPolicy;
use causerie::flow::session::{Entry, Frame, Session, Wait};
use causerie::store::chatflows::NewChatflow;
use causerie::store::pages::{NewPage, PageStore};
use causerie::store::sql::SqlStore;
use causerie::store::turns::{Committed, Loaded, NewEvent, Take, TurnStore};
use causerie::turn::Draft;
use causerie::vault::Vault;
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use crate::webhook::FIRST_PSID;

pub const PAGE: &str = "102938475610293";
pub const APP_ID: &str = "564738291056473";
pub const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "EAABenchmarkPageTokenOfAboutTheLengthThatMetaGivesOutWhichIsSomewhatMoreThanTwoHundredCharacters0123456789\
                         ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijk";
pub const VAULT_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

const COMMITS_AT_ONCE: usize = 1024;

/// Asks twice, then says something: each message is answered by one bubble, and after three it begins anew.
fn flow() -> Value {
    json!({
        "spec_version": "1.0",
        "languages": ["en"],
        "variables": { "order": { "type": "text" }, "topic": { "type": "text" } },
        "session": { "timeout": "24h", "on_complete": "restart" },
        "start": "hello",
        "nodes": { "hello": [
            { "type": "ask", "save": "order", "text": "Hello {{ contact.first_name | default('') }}! Which order is it about?" },
            { "type": "ask", "save": "topic", "text": "Thank you. And what happened?" },
            { "type": "send_text", "text": "We look into it, {{ contact.first_name | default('') }}. You wrote: {{ topic }}" },
            { "type": "end" }
        ] }
    })
}

fn open(database: &Path) -> Result<SqlStore> {
    let vault = Arc::new(Vault::from_text(VAULT_KEY)?);
    Ok(SqlStore::open(&format!("sqlite:{}", database.display()), vault)?)
}

/// Makes the database, with this many idle conversations in it.
pub fn make(database: &Path, conversations: usize) -> Result<()> {
    let store = open(database)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let chatflow = connect(&store).await?;
        let each = stream::iter(0..conversations as u64).map(|number| idle(&store, chatflow, number));
        let mut done = each.buffer_unordered(COMMITS_AT_ONCE);
        while let Some(outcome) = done.next().await {
            outcome?;
        }
        anyhow::Ok(())
    })?;
    drop(store);
    closed(database)
}

/// The last connection that closes takes the write-ahead log with it.
fn closed(database: &Path) -> Result<()> {
    let log = database.with_extension("sqlite3-wal");
    let begun = Instant::now();
    while log.exists() {
        ensure!(begun.elapsed() < Duration::from_secs(60), "the database was not closed");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

async fn connect(store: &SqlStore) -> Result<ChatflowId> {
    let now = SystemClock.now();
    let mut ids = IdMaker::new(now, 1);
    let (id, page): (ChatflowId, PageId) = (ids.next(), PAGE.into());
    let chatflow = Chatflow {
        id,
        page: page.clone(),
        name: "Questions".into(),
        kind: ChatflowKind::Bot,
        active: true,
        draft: flow(),
        published: Some(1),
        rollout: None,
        revision: 1,
        created_at: now,
        updated_at: now,
    };
    let version = ChatflowVersion {
        chatflow: id,
        number: 1,
        document: flow(),
        note: None,
        published_by: None,
        published_at: now,
        policy: SessionPolicy::Keep,
        withdrawn: None,
    };
    let link = Link::direct(ids.next(), page.clone(), id, [7; REF_RANDOM_BYTES], now);
    // Meta's own limit per page would be the first to be met.
    let settings = PageSettings { sends_per_second: i32::MAX.unsigned_abs(), ..PageSettings::default() };
    let page = Page {
        id: page,
        name: "Maison Lenoir".into(),
        username: None,
        state: PageState::Active,
        primary: None,
        rules: None,
        settings,
        revision: 1,
        created_at: now,
    };
    let chatflow = NewChatflow { chatflow, version: Some(version), link };
    store.connect(NewPage { page, token: TOKEN.into(), chatflow: Some(chatflow) }).await?;
    Ok(id)
}

/// A visitor who wrote once, was answered, and waits for nothing.
async fn idle(store: &SqlStore, chatflow: ChatflowId, number: u64) -> Result<()> {
    let now = SystemClock.now();
    // Far from those who write during a measurement.
    let mut draft = first_draft(chatflow, Psid::new((2 * FIRST_PSID + number).to_string()), now, number);
    let message = MessageIn { mid: format!("m_seed{number}"), text: Some("Bonjour".into()), ..MessageIn::default() };
    let event = event_of(&mut draft.ids, draft.conversation.psid.clone(), message.clone(), now);
    draft.write(now, Author::Visitor, MessageBody::In(message), MessageStatus::Received, None);
    let words = MessageOut::text("Hello Ada! Which order is it about?");
    draft.write(now, Author::Bot, MessageBody::Out(words), MessageStatus::Sent, Some(format!("m_sent{number}")));
    commit(store, draft, event).await.map(drop)
}

/// The turn that a visitor begins with.
fn first_draft(chatflow: ChatflowId, psid: Psid, now: Timestamp, seed: u64) -> Draft {
    let mut ids = IdMaker::new(now, seed);
    let page: PageId = PAGE.into();
    let mut contact = Contact::new(ids.next(), page.clone(), psid.clone(), now);
    contact.profile = Profile { first_name: Some("Ada".into()), last_name: Some("Lenoir".into()), ..Profile::default() };
    let conversation = Conversation {
        id: ids.next(),
        contact: contact.id,
        page,
        psid,
        version: 1,
        owner: Owner::Bot,
        status: ConversationStatus::Open,
        last_agent: None,
        window_opened_at: Some(now),
        next_seq: 1,
        last_activity_at: now,
        preview: String::new(),
        chatflow: Some(chatflow),
        link: None,
        created_at: now,
    };
    let session = session(&mut ids, chatflow, now);
    let mut draft = Draft::of(&Loaded { conversation, contact, session: None }, now, ids.next_u64());
    (draft.expected, draft.contact_changed) = (None, true);
    draft.set_session(Some(session));
    draft
}

fn session(ids: &mut IdMaker, chatflow: ChatflowId, now: Timestamp) -> Session {
    Session {
        v: 1,
        id: ids.next(),
        chatflow,
        version: 1,
        started_at: now,
        last_at: now,
        entry: Entry::default(),
        locale: "en".into(),
        frames: vec![Frame { chatflow, version: 1, node: "hello".into(), action: 0, back: None }],
        variables: [("order".to_owned(), json!("FR123456"))].into_iter().collect(),
        wait: Some(Wait::Answer { attempt: 1 }),
        counters: [("hello.0".to_owned(), 1)].into_iter().collect(),
        finished: false,
        last_text: "Bonjour".into(),
        queued: Vec::new(),
        offers: Vec::new(),
        aside: Default::default(),
        forms: std::collections::BTreeMap::new(),
    }
}

fn event_of(ids: &mut IdMaker, psid: Psid, message: MessageIn, now: Timestamp) -> NewEvent {
    let dedupe = message.mid.clone();
    let event = InboundEvent { page: PAGE.into(), psid: Some(psid), at: now, dedupe, standby: false, what: Inbound::Message(message) };
    NewEvent { id: ids.next(), received_at: now, event }
}

/// Event and turn in one commit. Returns the conversation as it is now.
async fn commit(store: &SqlStore, draft: Draft, event: NewEvent) -> Result<Loaded> {
    let (commit, after) = draft.commit(|ending| Take::Fresh { event: Arc::new(event), ending }, None);
    let committed = store.commit(commit).await.context("a commit failed")?;
    ensure!(matches!(committed, Committed::Done { .. }), "a commit was refused: {committed:?}");
    Ok(after)
}

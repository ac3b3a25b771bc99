//! Rows of `contacts` and `conversations`: to and from the domain.

use diesel::prelude::*;

use super::tables::{contacts, conversations};
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::conversation::{Conversation, Owner};
use crate::domain::ids::{PageId, Psid};
use crate::store::Result;
use crate::store::sql::column::{RowOf, json, ms, word};
use crate::store::turns::Loaded;

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ContactRow {
    pub id: String,
    pub page_id: String,
    pub psid: String,
    pub profile: String,
    pub attributes: String,
    pub labels: String,
    pub locale: Option<String>,
    pub created_at: i64,
}

impl ContactRow {
    pub fn of(contact: &Contact) -> Result<Self> {
        Ok(Self {
            id: contact.id.to_string(),
            page_id: contact.page.as_str().to_owned(),
            psid: contact.psid.as_str().to_owned(),
            profile: json(&contact.profile)?,
            attributes: json(&contact.attributes)?,
            labels: json(&contact.labels)?,
            locale: contact.locale.clone(),
            created_at: ms(contact.created_at),
        })
    }

    pub fn into_contact(self) -> Result<Contact> {
        let of = RowOf::new("contacts", &self.id);
        Ok(Contact {
            id: of.id("id", &self.id)?,
            profile: of.json("profile", &self.profile)?,
            attributes: of.json("attributes", &self.attributes)?,
            labels: of.json("labels", &self.labels)?,
            created_at: of.time("created_at", self.created_at)?,
            page: PageId::new(self.page_id),
            psid: Psid::new(self.psid),
            locale: self.locale,
        })
    }
}

/// What never changes in a conversation's row.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversations, treat_none_as_default_value = false)]
pub struct IdentityRow {
    pub id: String,
    pub contact_id: String,
    pub page_id: String,
    pub psid: String,
    pub created_at: i64,
}

/// What a turn may change.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = conversations, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct StateRow {
    pub version: i64,
    pub owner: String,
    pub owner_user: Option<String>,
    pub owner_team: Option<String>,
    pub owner_until: Option<i64>,
    pub status: String,
    pub last_agent: Option<String>,
    pub window_opened_at: Option<i64>,
    pub next_seq: i64,
    pub last_activity_at: i64,
    pub preview: String,
    pub chatflow_id: Option<String>,
    pub link_id: Option<String>,
    /// Hours since 1970 of the last activity: what the inbox lists by, and its index is seldom written.
    pub active_hour: i64,
}

/// Hours since 1970, rounded down.
pub fn hour_of(at: Timestamp) -> i64 {
    ms(at).div_euclid(3_600_000)
}

/// A conversation's row without its session.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversations)]
pub struct ConversationRow {
    #[diesel(embed)]
    pub identity: IdentityRow,
    #[diesel(embed)]
    pub state: StateRow,
}

impl ConversationRow {
    pub fn of(conversation: &Conversation) -> Result<Self> {
        let (owner_user, owner_team, owner_until) = match &conversation.owner {
            Owner::Bot => (None, None, None),
            Owner::Queue { team } => (None, team.map(|id| id.to_string()), None),
            Owner::Agent { user } => (Some(user.to_string()), None, None),
            Owner::External { until } => (None, None, Some(ms(*until))),
        };
        Ok(Self {
            identity: IdentityRow {
                id: conversation.id.to_string(),
                contact_id: conversation.contact.to_string(),
                page_id: conversation.page.as_str().to_owned(),
                psid: conversation.psid.as_str().to_owned(),
                created_at: ms(conversation.created_at),
            },
            state: StateRow {
                version: conversation.version,
                owner: conversation.owner.word().to_owned(),
                owner_user,
                owner_team,
                owner_until,
                status: word(&conversation.status)?,
                last_agent: conversation.last_agent.map(|id| id.to_string()),
                window_opened_at: conversation.window_opened_at.map(ms),
                next_seq: conversation.next_seq,
                last_activity_at: ms(conversation.last_activity_at),
                preview: conversation.preview.clone(),
                chatflow_id: conversation.chatflow.map(|id| id.to_string()),
                link_id: conversation.link.map(|id| id.to_string()),
                active_hour: hour_of(conversation.last_activity_at),
            },
        })
    }

    pub fn into_conversation(self) -> Result<Conversation> {
        let Self { identity, state } = self;
        let of = RowOf::new("conversations", &identity.id);
        Ok(Conversation {
            id: of.id("id", &identity.id)?,
            contact: of.id("contact_id", &identity.contact_id)?,
            version: state.version,
            owner: owner(&of, &state)?,
            status: of.word("status", &state.status)?,
            last_agent: of.optional_id("last_agent", state.last_agent.as_deref())?,
            window_opened_at: of.optional_time("window_opened_at", state.window_opened_at)?,
            next_seq: state.next_seq,
            last_activity_at: of.time("last_activity_at", state.last_activity_at)?,
            chatflow: of.optional_id("chatflow_id", state.chatflow_id.as_deref())?,
            link: of.optional_id("link_id", state.link_id.as_deref())?,
            created_at: of.time("created_at", identity.created_at)?,
            preview: state.preview,
            page: PageId::new(identity.page_id.clone()),
            psid: Psid::new(identity.psid.clone()),
        })
    }
}

fn owner(of: &RowOf<'_>, state: &StateRow) -> Result<Owner> {
    match (state.owner.as_str(), &state.owner_user, state.owner_until) {
        ("bot", ..) => Ok(Owner::Bot),
        ("queue", ..) => Ok(Owner::Queue { team: of.optional_id("owner_team", state.owner_team.as_deref())? }),
        ("agent", Some(user), _) => Ok(Owner::Agent { user: of.id("owner_user", user)? }),
        ("external", _, Some(until)) => Ok(Owner::External { until: of.time("owner_until", until)? }),
        (other, ..) => Err(of.corrupt("owner", format!("`{other}` is no owner, or lacks its user or time"))),
    }
}

/// A conversation with its session and its contact, as one query gives them.
pub type LoadedRow = (ConversationRow, Option<String>, Option<ContactRow>);

pub fn into_loaded((conversation, session, contact): LoadedRow) -> Result<Loaded> {
    let id = conversation.identity.id.clone();
    let of = RowOf::new("conversations", &id);
    let contact = contact.ok_or_else(|| of.corrupt("contact_id", "the contact is missing"))?;
    Ok(Loaded {
        conversation: conversation.into_conversation()?,
        contact: contact.into_contact()?,
        session: session.map(|text| of.json("session", &text)).transpose()?,
    })
}

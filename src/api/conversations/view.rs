//! A conversation as the API shows it: in a list, opened, and its transcript.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::conversation::{Conversation, ConversationStatus, HUMAN_AGENT_WINDOW, Owner, STANDARD_WINDOW};
use crate::domain::ids::{ChatflowId, ContactId, ConversationId, LinkId, PageId, TeamId, TicketId, UserId};
use crate::domain::ticket::{Priority, Ticket};
use crate::store::inbox::OwnerKind;

/// A conversation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConversationView {
    pub id: ConversationId,
    pub page: PageId,
    pub owner: OwnerView,
    pub status: ConversationStatus,
    pub contact: ContactBrief,
    /// The first words of the last message.
    pub preview: String,
    #[schema(value_type = String, format = DateTime)]
    pub last_activity_at: Timestamp,
    /// The chatflow of the current or last session.
    pub chatflow: Option<ChatflowId>,
    /// The direct link it came through.
    pub link: Option<LinkId>,
    /// The agent who had it last.
    pub last_agent: Option<UserId>,
    pub window: WindowView,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Who answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OwnerView {
    pub kind: OwnerKind,
    /// The agent, where one has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<UserId>,
    /// The team in whose queue it waits; a queue without one is open to everybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// Another app or the Page inbox answers until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// The visitor, in short.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContactBrief {
    pub id: ContactId,
    /// Null where Messenger tells no name.
    pub name: Option<String>,
    pub picture_url: Option<String>,
}

/// Until when Messenger lets a message through.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WindowView {
    /// The bot and people: 24 hours after the visitor's last act. Null where they never wrote.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub standard_until: Option<Timestamp>,
    /// A person's own words: 7 days after it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub human_agent_until: Option<Timestamp>,
}

impl ConversationView {
    pub fn new(conversation: Conversation, contact: &Contact) -> Self {
        Self {
            id: conversation.id,
            page: conversation.page,
            owner: conversation.owner.into(),
            status: conversation.status,
            contact: ContactBrief { id: contact.id, name: contact.display_name(), picture_url: contact.profile.picture_url.clone() },
            preview: conversation.preview,
            last_activity_at: conversation.last_activity_at,
            chatflow: conversation.chatflow,
            link: conversation.link,
            last_agent: conversation.last_agent,
            window: WindowView {
                standard_until: conversation.window_opened_at.map(|at| at + STANDARD_WINDOW),
                human_agent_until: conversation.window_opened_at.map(|at| at + HUMAN_AGENT_WINDOW),
            },
            created_at: conversation.created_at,
        }
    }
}

impl From<Owner> for OwnerView {
    fn from(owner: Owner) -> Self {
        let nobody = |kind| Self { kind, agent: None, team: None, until: None };
        match owner {
            Owner::Bot => nobody(OwnerKind::Bot),
            Owner::Queue { team } => Self { team, ..nobody(OwnerKind::Queue) },
            Owner::Agent { user } => Self { agent: Some(user), ..nobody(OwnerKind::Agent) },
            Owner::External { until } => Self { until: Some(until), ..nobody(OwnerKind::External) },
        }
    }
}

/// An opened conversation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OpenedConversationView {
    #[serde(flatten)]
    pub conversation: ConversationView,
    pub visitor: VisitorView,
    /// What the bot collected; null where no session runs or waits.
    pub session: Option<super::session::SessionView>,
    /// Where they came from, for people.
    pub came_from: CameFromView,
    pub open_tickets: Vec<TicketBrief>,
}

/// The visitor with all that is known.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VisitorView {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// What they chose, else what their profile says.
    pub locale: Option<String>,
    /// Hours from UTC.
    pub timezone: Option<f64>,
    /// Sensitive values are masked.
    #[schema(value_type = Object)]
    pub attributes: BTreeMap<String, Value>,
    pub labels: Vec<String>,
}

/// Names to the ids of chatflow and link.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct CameFromView {
    pub chatflow_name: Option<String>,
    pub link_ref: Option<String>,
    /// The link's label: the campaign.
    pub link_label: Option<String>,
}

/// A ticket of this conversation, in short.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TicketBrief {
    pub id: TicketId,
    pub number: i64,
    pub subject: String,
    pub status: String,
    pub priority: Priority,
}

impl From<Ticket> for TicketBrief {
    fn from(ticket: Ticket) -> Self {
        Self { id: ticket.id, number: ticket.number, subject: ticket.subject, status: ticket.status, priority: ticket.priority }
    }
}

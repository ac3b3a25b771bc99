//! Who may do what: users, roles.

use serde::{Deserialize, Serialize};

use super::Timestamp;
use super::ids::{SignInId, UserId};

#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// May be given conversations and tickets.
    pub service_seat: bool,
    pub active: bool,
    pub revision: i64,
    pub created_at: Timestamp,
}

/// One device's sign-in: a family of refresh tokens, of which only the newest is good.
#[derive(Debug, Clone, PartialEq)]
pub struct SignIn {
    pub id: SignInId,
    pub user: UserId,
    /// SHA-256 of the newest refresh token, in hex. The token itself is never kept.
    pub token_hash: String,
    pub created_at: Timestamp,
    /// When the newest refresh token runs out.
    pub expires_at: Timestamp,
}

/// Each operation names the role it needs; see `may`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    /// Flows and links.
    Editor,
    /// Rules, teams, queues; all an agent may.
    Lead,
    Agent,
    /// Reads everything, changes nothing.
    Analyst,
}

/// What an operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Any signed-in user.
    SignedIn,
    /// Read configuration, conversations and tickets.
    Read,
    /// Answer conversations, work on tickets.
    Serve,
    /// Rules, teams, agents' presence, pipelines.
    LeadTeam,
    /// Chatflows and links.
    EditFlows,
    /// Pages, users.
    Administer,
    /// Other owners.
    Own,
}

impl Need {
    pub const ALL: [Need; 7] = [Need::SignedIn, Need::Read, Need::Serve, Need::LeadTeam, Need::EditFlows, Need::Administer, Need::Own];

    /// The word that the OpenAPI document's `security` names it by.
    pub fn word(self) -> &'static str {
        match self {
            Need::SignedIn => "signed_in",
            Need::Read => "read",
            Need::Serve => "serve",
            Need::LeadTeam => "lead_team",
            Need::EditFlows => "edit_flows",
            Need::Administer => "administer",
            Need::Own => "own",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|need| need.word() == word)
    }
}

impl Role {
    pub const ALL: [Role; 6] = [Role::Owner, Role::Admin, Role::Editor, Role::Lead, Role::Agent, Role::Analyst];

    pub fn may(self, need: Need) -> bool {
        use Role::{Admin, Agent, Analyst, Editor, Lead, Owner};
        match need {
            Need::SignedIn => true,
            Need::Read => matches!(self, Owner | Admin | Editor | Lead | Agent | Analyst),
            Need::Serve => matches!(self, Owner | Admin | Lead | Agent),
            Need::LeadTeam => matches!(self, Owner | Admin | Lead),
            Need::EditFlows => matches!(self, Owner | Admin | Editor),
            Need::Administer => matches!(self, Owner | Admin),
            Need::Own => self == Owner,
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    pub fn word(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Editor => "editor",
            Role::Lead => "lead",
            Role::Agent => "agent",
            Role::Analyst => "analyst",
        }
    }
}

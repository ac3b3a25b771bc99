use std::collections::{BTreeMap, BTreeSet};

use actix_web::post;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::api::answer::{Answer, Reply};
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::contact::Contact;
use crate::domain::ids::{ChatflowId, ConversationId, LinkId, RuleSetId, UserId};
use crate::domain::transfer::{Decision, Destination, Facts, RuleSet, decide};
use crate::flow::expression::{Expression, People, Scope};
use crate::flow::session::{Entry, Values};
use crate::store::turns::Loaded;

/// The facts to decide on. What is left out is the conversation's, where one is named, else unset.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainBody {
    /// Decide for this conversation as it stands.
    conversation: Option<ConversationId>,
    contact: Option<ExplainContact>,
    /// The session's variables.
    variables: Option<BTreeMap<String, Value>>,
    locale: Option<String>,
    chatflow: Option<ChatflowId>,
    /// The link that opened the session.
    link: Option<LinkId>,
    /// The visitor's last words.
    last_text: Option<String>,
    /// The agent who had the conversation last.
    last_agent: Option<UserId>,
    /// Chance, for the strategy `random`; a new one each time where left out.
    seed: Option<u64>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainContact {
    first_name: Option<String>,
    last_name: Option<String>,
    /// The locale that the person chose.
    locale: Option<String>,
    attributes: Option<BTreeMap<String, Value>>,
    labels: Option<BTreeSet<String>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DecisionView {
    destination: Destination,
    /// The place of the rule that decided, counted from 0; null where none did.
    rule: Option<usize>,
    rule_name: Option<String>,
    /// One line per rule that was looked at.
    because: Vec<String>,
}

/// Say who would get a conversation now, and why
///
/// Decides on the agents as they are at this moment, and changes nothing.
#[utoipa::path(tag = "people", operation_id = "explain_rule_set", params(RuleSetId), responses((status = OK, body = DecisionView)), security(("bearer" = ["lead_team"])))]
#[post("/transfer-rules/{id}/explain")]
pub async fn explain_rule_set(api: Data<Api>, id: Path<RuleSetId>, body: Json<ExplainBody>) -> Reply<DecisionView> {
    let set = api.store.rule_set(id.0).await?.ok_or_else(|| Problem::not_found("list of transfer rules", id.0))?;
    let supposed = Supposed::gather(&api, &set, body.0).await?;
    let Decision { destination, rule, because } = supposed.decide(&api, &set).await?;
    let rule_name = rule.and_then(|index| set.rules.get(index)).map(|rule| rule.name.clone());
    Ok(Answer::ok(DecisionView { destination, rule, rule_name, because }))
}

/// Everything that the rules look at, but the roster.
struct Supposed {
    contact: Contact,
    variables: Values,
    locale: String,
    chatflow: Option<ChatflowId>,
    chatflow_name: Option<String>,
    entry: Entry,
    page_name: String,
    last_text: String,
    last_agent: Option<UserId>,
    seed: u64,
}

impl Supposed {
    async fn gather(api: &Api, set: &RuleSet, body: ExplainBody) -> Result<Self, Problem> {
        let loaded = match body.conversation {
            Some(id) => Some(api.store.conversation(id).await?.ok_or_else(|| unknown("/conversation", "conversation", id))?),
            None => None,
        };
        let mut supposed = Self::standing(api, set, loaded)?;
        supposed.suppose(api, body).await?;
        if let Some(page) = api.store.page(&supposed.contact.page).await? {
            supposed.page_name = page.name;
        }
        if let Some(id) = supposed.chatflow {
            let chatflow = api.store.chatflow(id).await?.ok_or_else(|| unknown("/chatflow", "chatflow", id))?;
            supposed.chatflow_name = Some(chatflow.name);
        }
        Ok(supposed)
    }

    /// The conversation as it stands, or a stranger who just came.
    fn standing(api: &Api, set: &RuleSet, loaded: Option<Loaded>) -> Result<Self, Problem> {
        let page = set.page.clone().unwrap_or_else(|| "".into());
        let stranger = || Contact::new(Uuid::nil().into(), page, "".into(), api.clock.now());
        let (contact, session, conversation) = match loaded {
            Some(Loaded { contact, session, conversation }) => (contact, session, Some(conversation)),
            None => (stranger(), None, None),
        };
        let own_locale = contact.locale.clone().or_else(|| contact.profile.locale.clone()).unwrap_or_default();
        Ok(Self {
            locale: session.as_ref().map_or(own_locale, |session| session.locale.clone()),
            chatflow: session.as_ref().map(|session| session.chatflow),
            chatflow_name: None,
            entry: session.as_ref().map(|session| session.entry.clone()).unwrap_or_default(),
            last_text: session.as_ref().map(|session| session.last_text.clone()).unwrap_or_default(),
            variables: session.map(|session| session.variables).unwrap_or_default(),
            contact,
            page_name: String::new(),
            last_agent: conversation.and_then(|conversation| conversation.last_agent),
            seed: api.ids()?.next_u64(),
        })
    }

    /// What the caller says goes over what stands.
    async fn suppose(&mut self, api: &Api, body: ExplainBody) -> Result<(), Problem> {
        if let Some(ExplainContact { first_name, last_name, locale, attributes, labels }) = body.contact {
            let contact = &mut self.contact;
            contact.profile.first_name = first_name.or(contact.profile.first_name.take());
            contact.profile.last_name = last_name.or(contact.profile.last_name.take());
            contact.locale = locale.or(contact.locale.take());
            contact.attributes = attributes.unwrap_or_else(|| std::mem::take(&mut contact.attributes));
            contact.labels = labels.unwrap_or_else(|| std::mem::take(&mut contact.labels));
        }
        if let Some(id) = body.link {
            let link = api.store.link(id).await?.ok_or_else(|| unknown("/link", "link", id))?;
            self.chatflow = Some(link.chatflow);
            self.entry = Entry { link: Some(id), r#ref: Some(link.r#ref), label: link.label, ..Entry::default() };
        }
        if let Some(variables) = body.variables {
            self.variables = variables.into_iter().collect();
        }
        self.locale = body.locale.unwrap_or_else(|| std::mem::take(&mut self.locale));
        self.chatflow = body.chatflow.or(self.chatflow);
        self.last_text = body.last_text.unwrap_or_else(|| std::mem::take(&mut self.last_text));
        self.last_agent = body.last_agent.or(self.last_agent);
        self.seed = body.seed.unwrap_or(self.seed);
        Ok(())
    }

    /// By the same function, on the same names, as a flow's `transfer`.
    async fn decide(&self, api: &Api, set: &RuleSet) -> Result<Decision, Problem> {
        let roster = api.roster().await?;
        let scope = Scope {
            people: People { roster: Some(&roster), missed: None },
            variables: &self.variables,
            chatflow: self.chatflow,
            chatflow_name: self.chatflow_name.as_deref(),
            entry: &self.entry,
            last_text: &self.last_text,
            ..Scope::bare(&self.contact, &self.locale, &self.page_name, api.clock.now())
        };
        let holds = |when: &str| Expression::compile(when)?.holds(&scope);
        Ok(decide(set, &Facts { roster: &roster, last_agent: self.last_agent, holds: &holds, seed: self.seed }))
    }
}

fn unknown(pointer: &str, noun: &str, id: impl std::fmt::Display) -> Problem {
    Problem::invalid(pointer, "unknown", format!("there is no {noun} `{id}`"))
}

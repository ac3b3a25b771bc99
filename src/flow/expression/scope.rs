//! What an expression sees, looked up by the names it uses and nothing more.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};

use minijinja::value::{Enumerator, Object, Serde};
use serde_json::Value;

use super::literals;
use crate::domain::Timestamp;
use crate::domain::contact::Contact;
use crate::domain::ids::ChatflowId;
use crate::domain::people::{OnDuty, Presence, Roster};
use crate::flow::session::{Entry, Session, Values};
use crate::flow::trace::{MASK, kept};
use crate::flow::variable::{self, Variables};

/// Everything that an expression may read. Variables stand at the top level; beside them `contact`, `locale`,
/// `chatflow`, `link`, `page`, `now`, `last_text` and `agents`.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    pub contact: &'a Contact,
    /// Session-scoped variables.
    pub variables: &'a Values,
    /// Says which names are kept with the contact; `None`: none.
    pub declared: Option<&'a Variables>,
    pub locale: &'a str,
    pub chatflow: Option<ChatflowId>,
    /// Where known.
    pub chatflow_name: Option<&'a str>,
    pub entry: &'a Entry,
    pub page_name: &'a str,
    pub last_text: &'a str,
    pub at: Timestamp,
    pub people: People<'a>,
}

/// Who is there, for the name `agents`. The roster is not loaded for every turn: an expression that names it and finds
/// none says so.
#[derive(Clone, Copy, Default)]
pub struct People<'a> {
    pub roster: Option<&'a Roster>,
    /// Set where the roster was looked for in vain.
    pub missed: Option<&'a Cell<bool>>,
}

static NO_VARIABLES: Values = Values::new();
static NO_ENTRY: LazyLock<Entry> = LazyLock::new(Entry::default);

impl<'a> Scope<'a> {
    /// Without a session: a contact, on a page, now.
    pub fn bare(contact: &'a Contact, locale: &'a str, page_name: &'a str, at: Timestamp) -> Self {
        let (variables, entry) = (&NO_VARIABLES, &*NO_ENTRY);
        let (declared, chatflow, chatflow_name) = (None, None, None);
        let (last_text, people) = ("", People::default());
        Self { contact, variables, declared, locale, chatflow, chatflow_name, entry, page_name, last_text, at, people }
    }

    /// The scope of a session as it stands, for expressions outside of a step (a transfer rule's `when`, `explain`).
    pub fn of(session: &'a Session, contact: &'a Contact, page_name: &'a str, at: Timestamp) -> Self {
        Self {
            variables: &session.variables,
            chatflow: Some(session.chatflow),
            entry: &session.entry,
            last_text: &session.last_text,
            ..Self::bare(contact, &session.locale, page_name, at)
        }
    }

    /// A variable's value: the session's, or the contact's where it is declared so.
    pub fn variable(&self, name: &str) -> Option<&'a Value> {
        variable::lookup(name, self.variables, self.declared, self.contact)
    }

    pub(super) fn values(&self, references: &[Reference], patterns: &[minijinja::Value]) -> minijinja::Value {
        let mut values = Vec::with_capacity(references.len() + patterns.len());
        for reference in references {
            let value = match reference {
                Reference::Variable(name) => self.variable(name).map(to_jinja),
                Reference::Contact(keys) => Some(self.contact_values(keys)),
                Reference::Root(root) => self.root(root),
            };
            if let Some(value) = value {
                values.push((reference.name(), value));
            }
        }
        values.extend(patterns.iter().enumerate().map(|(number, pattern)| (literals::name(number).into(), pattern.clone())));
        minijinja::Value::from_object(Names::<Arc<str>>(values))
    }

    /// Name and value of each, as explanations show them.
    pub(super) fn shown(&self, references: &[Reference]) -> BTreeMap<String, Value> {
        let json = |value: Option<minijinja::Value>| value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or(Value::Null);
        let mut shown = BTreeMap::new();
        for reference in references {
            match reference {
                Reference::Variable(name) => {
                    shown.insert(name.to_string(), self.variable(name).cloned().unwrap_or(Value::Null));
                }
                Reference::Contact(keys) => {
                    shown.extend(keys.iter().map(|key| (format!("contact.{key}"), json(self.contact_value(key)))));
                }
                Reference::Root(root) => {
                    shown.insert((*root).to_owned(), json(self.root(root)));
                }
            }
        }
        for (name, value) in &mut shown {
            *value = if self.hides(name) && !value.is_null() { MASK.into() } else { kept(value.take()) };
        }
        shown
    }

    /// The last text may be the answer to a sensitive question; attributes as a whole may hold one.
    fn hides(&self, name: &str) -> bool {
        let Some(declared) = self.declared else { return false };
        match name {
            "last_text" | "contact.attributes" => declared.values().any(|variable| variable.sensitive),
            name => declared.get(name.strip_prefix("contact.").unwrap_or(name)).is_some_and(|variable| variable.sensitive),
        }
    }

    fn contact_values(&self, keys: &[Arc<str>]) -> minijinja::Value {
        let values = keys.iter().filter_map(|key| Some((key.clone(), self.contact_value(key)?))).collect();
        minijinja::Value::from_object(Names::<Arc<str>>(values))
    }

    fn contact_value(&self, key: &str) -> Option<minijinja::Value> {
        let profile = &self.contact.profile;
        match key {
            "first_name" => profile.first_name.as_deref().map(Into::into),
            "last_name" => profile.last_name.as_deref().map(Into::into),
            "name" => self.contact.display_name().map(Into::into),
            "locale" => self.contact.locale.as_deref().or(profile.locale.as_deref()).map(Into::into),
            "timezone" => profile.timezone.map(Into::into),
            "id" => Some(self.contact.id.to_string().into()),
            "labels" => Some(self.contact.labels.iter().map(String::as_str).collect()),
            "attributes" => Some(Serde(&self.contact.attributes).into()),
            attribute => self.contact.attributes.get(attribute).map(to_jinja),
        }
    }

    fn root(&self, root: &str) -> Option<minijinja::Value> {
        match root {
            "locale" => Some(self.locale.into()),
            "last_text" => (!self.last_text.is_empty()).then(|| self.last_text.into()),
            "now" => Some(self.at.to_string().into()),
            "page" => Some(minijinja::Value::from_object(Names::<&'static str>(vec![("name", self.page_name.into())]))),
            "chatflow" => {
                let mut values = Vec::new();
                values.extend(self.chatflow.map(|id| ("id", id.to_string().into())));
                values.extend(self.chatflow_name.map(|name| ("name", name.into())));
                Some(minijinja::Value::from_object(Names::<&'static str>(values)))
            }
            "link" => {
                let entry = self.entry;
                let fields = [("ref", &entry.r#ref), ("label", &entry.label), ("source", &entry.source), ("ad_id", &entry.ad_id)];
                let mut values: Vec<(&'static str, minijinja::Value)> =
                    fields.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?.into()))).collect();
                values.extend(entry.link.map(|id| ("id", id.to_string().into())));
                Some(minijinja::Value::from_object(Names::<&'static str>(values)))
            }
            "agents" => self.people.agents(),
            _ => None,
        }
    }
}

impl People<'_> {
    fn agents(&self) -> Option<minijinja::Value> {
        let Some(roster) = self.roster else {
            if let Some(missed) = self.missed {
                missed.set(true);
            }
            return None;
        };
        let teams = roster.teams.iter().map(|team| {
            let members = roster.agents.iter().filter(|duty| team.members.contains(&duty.agent.user));
            (Arc::from(team.name.as_str()), minijinja::Value::from_object(Names(counted(members))))
        });
        let mut values = counted(roster.agents.iter());
        values.push(("teams", minijinja::Value::from_object(Names::<Arc<str>>(teams.collect()))));
        Some(minijinja::Value::from_object(Names(values)))
    }
}

/// How many are online, and how many of them may be given one conversation more.
fn counted<'r>(people: impl Iterator<Item = &'r OnDuty>) -> Vec<(&'static str, minijinja::Value)> {
    let (mut online, mut free) = (0_u32, 0_u32);
    for duty in people.filter(|duty| duty.agent.presence == Presence::Online) {
        online += 1;
        free += u32::from(duty.load < duty.agent.capacity);
    }
    vec![("online", online.into()), ("free", free.into())]
}

const CONTACT_KEYS: &[&str] = &["first_name", "last_name", "name", "locale", "timezone", "id", "labels", "attributes"];
const ROOTS: &[&str] = &["locale", "last_text", "now", "page", "chatflow", "link", "agents"];

/// A name that an expression uses, with what is looked up for it.
#[derive(Debug)]
pub(super) enum Reference {
    Variable(Arc<str>),
    /// Only these of the contact's keys.
    Contact(Box<[Arc<str>]>),
    Root(&'static str),
}

impl Reference {
    fn name(&self) -> Arc<str> {
        match self {
            Self::Variable(name) => name.clone(),
            Self::Root(name) => Arc::from(*name),
            Self::Contact(_) => CONTACT.clone(),
        }
    }

    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable(name) => Some(name),
            _ => None,
        }
    }
}

static CONTACT: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("contact"));

/// From minijinja's list of names with their attributes: `order`, `contact.first_name`, `contact.attributes.vip`.
pub(super) fn references(names: &HashSet<String>) -> Box<[Reference]> {
    let mut found = Vec::new();
    let mut contact: Option<Vec<Arc<str>>> = None;
    let mut names: Vec<&String> = names.iter().collect();
    names.sort();
    for name in names {
        let mut parts = name.split('.');
        let root = parts.next().unwrap_or_default();
        match (root, parts.next()) {
            ("contact", Some(key)) => contact.get_or_insert_default().push(key.into()),
            ("contact", None) => contact.get_or_insert_default().extend(CONTACT_KEYS.iter().map(|&key| Arc::from(key))),
            _ => {
                let reference = match ROOTS.iter().find(|&&known| known == root) {
                    Some(known) => Reference::Root(known),
                    None => Reference::Variable(root.into()),
                };
                if !found.iter().any(|other: &Reference| *other.name() == *root) {
                    found.push(reference);
                }
            }
        }
    }
    found.extend(contact.map(|mut keys| {
        keys.sort();
        keys.dedup();
        Reference::Contact(keys.into())
    }));
    found.into()
}

/// A handful of names: searched one by one, which is quicker than hashing.
#[derive(Debug)]
struct Names<K>(Vec<(K, minijinja::Value)>);

impl<K: AsRef<str> + std::fmt::Debug + Send + Sync + 'static> Object for Names<K> {
    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        self.0.iter().find(|(name, _)| name.as_ref() == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(name, _)| minijinja::Value::from(name.as_ref())).collect())
    }
}

fn to_jinja(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::UNDEFINED,
        Value::Bool(value) => (*value).into(),
        Value::String(text) => text.as_str().into(),
        other => Serde(other).into(),
    }
}

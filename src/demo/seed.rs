//! Makes what the demo shows, through the admin API. Each thing is made where it is missing, so that a second start on
//! kept data makes nothing twice, and one that was cut short is finished.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};

use super::cast::{self, COLLEAGUES, FLOWS, PAGE_ID, PAGE_TOKEN, PASSWORD};
use super::client::Caller;
use crate::api::password;
use crate::clock::SharedClock;
use crate::domain::access::{Role, User};
use crate::domain::ids::IdMaker;
use crate::sandbox::{OfferedLink, Offers, SignIn, Words};
use crate::store::access::AccessStore;
use crate::store::sql::SqlStore;

/// What there is, for whoever is told.
pub struct Made {
    pub base_url: String,
    pub data: Option<std::path::PathBuf>,
    pub chatflows: Vec<MadeChatflow>,
}

pub struct MadeChatflow {
    pub id: String,
    pub name: String,
    pub met_at: Words,
    pub primary: bool,
    pub link: String,
}

impl MadeChatflow {
    /// The ref of its direct link.
    pub fn reference(&self) -> &str {
        self.link.split_once("ref=").map_or("", |(_, r#ref)| r#ref)
    }
}

impl Made {
    /// What the sandbox page has to click.
    pub fn offers(&self) -> Offers {
        let link = |flow: &MadeChatflow| OfferedLink {
            page: PAGE_ID.to_owned(),
            title: flow.name.clone(),
            note: flow.met_at.clone(),
            url: flow.link.clone(),
        };
        let sign_in = |one: &cast::Colleague| SignIn {
            name: one.name.to_owned(),
            role: one.role.to_owned(),
            note: one.note.clone(),
            email: one.email.to_owned(),
            password: PASSWORD.to_owned(),
        };
        let agents_first = COLLEAGUES.iter().skip(1).chain(COLLEAGUES.iter().take(1));
        Offers { links: self.chatflows.iter().map(link).collect(), sign_ins: agents_first.map(sign_in).collect() }
    }
}

/// The first user cannot come through the API: nobody may sign in yet.
pub async fn owner(store: &SqlStore, clock: &SharedClock) -> anyhow::Result<()> {
    let [owner, ..] = COLLEAGUES;
    if store.user_by_email(owner.email).await?.is_some() {
        return Ok(());
    }
    let user = User {
        id: IdMaker::new(clock.now(), getrandom::u64()?).next(),
        email: owner.email.to_owned(),
        name: owner.name.to_owned(),
        role: Role::Owner,
        service_seat: owner.seat,
        active: true,
        revision: 1,
        created_at: clock.now(),
    };
    let hash = password::hash_now(&PASSWORD.to_owned().into()).map_err(|error| anyhow::anyhow!("no password hash: {error}"))?;
    store.create_user(user, hash).await.context("the owner was not made")
}

/// People, pipeline, rules, page, chatflows, in the order in which they need each other.
pub async fn everything(base_url: &str, data: Option<&Path>) -> anyhow::Result<Made> {
    let [owner, ..] = COLLEAGUES;
    let caller = Caller::sign_in(base_url, owner.email, PASSWORD).await?;
    let members = people(&caller).await?;
    let (team, _) = caller.ensure("teams", "name", "Advisors", json!({ "name": "Advisors", "members": members })).await?;
    caller.ensure("pipelines", "key", "support", cast::pipeline()).await?;
    let rules = json!({ "name": "Advisors first", "rules": cast::rules(text(&team, "id")?) });
    let (rules, _) = caller.ensure("transfer-rules", "name", "Advisors first", rules).await?;
    let connect = json!({ "page_access_token": PAGE_TOKEN, "default_chatflow": false });
    let (page, connected) = caller.ensure("pages", "id", PAGE_ID, connect).await?;
    if connected {
        caller.patch(&format!("pages/{PAGE_ID}"), json!({ "transfer_rules": text(&rules, "id")? })).await?;
    }
    let mut chatflows = Vec::new();
    for flow in FLOWS {
        chatflows.push(chatflow(&caller, &flow, base_url).await?);
    }
    let primary = chatflows.iter().find(|flow| flow.primary).context("a demo has a primary chatflow")?;
    if page["primary_chatflow"].is_null() {
        caller.put(&format!("pages/{PAGE_ID}/primary-chatflow"), json!({ "chatflow": primary.id })).await?;
    }
    chatflows.reverse();
    Ok(Made { base_url: base_url.to_owned(), data: data.map(Path::to_owned), chatflows })
}

/// Everyone but the owner; the ids of the team's members.
async fn people(caller: &Caller) -> anyhow::Result<Vec<String>> {
    let mut members = Vec::new();
    for one in COLLEAGUES.iter().skip(1) {
        let body = json!({ "email": one.email, "name": one.name, "role": one.role, "service_seat": one.seat, "password": PASSWORD });
        let (user, made) = caller.ensure("users", "email", one.email, body).await?;
        let id = text(&user, "id")?.to_owned();
        if made && one.seat {
            caller.patch(&format!("agents/{id}"), json!({ "capacity": one.capacity, "languages": one.languages })).await?;
            caller.put(&format!("agents/{id}/presence"), json!({ "presence": one.presence })).await?;
        }
        if one.role == "agent" {
            members.push(id);
        }
    }
    Ok(members)
}

/// Created, published and active, with its calls going to where the shop is now.
async fn chatflow(caller: &Caller, flow: &cast::Flow, base_url: &str) -> anyhow::Result<MadeChatflow> {
    let document = flow.document(base_url).with_context(|| format!("the document of `{}`", flow.name))?;
    let body = json!({ "page": PAGE_ID, "name": flow.name, "kind": "bot", "document": document });
    let (made, new) = caller.ensure(&format!("chatflows?page={PAGE_ID}"), "name", flow.name, body).await?;
    let id = text(&made, "id")?.to_owned();
    if !new && moved(caller, &id, base_url).await? {
        caller.put(&format!("chatflows/{id}/draft"), document).await?;
        caller.post(&format!("chatflows/{id}/publish"), json!({ "note": "the demo listens elsewhere now" })).await?;
    }
    if made["published"].is_null() {
        caller.post(&format!("chatflows/{id}/publish"), json!({ "note": "the demo's first version" })).await?;
    }
    if made["active"] != true {
        caller.post(&format!("chatflows/{id}/activate"), json!({})).await?;
    }
    let shown = caller.get(&format!("chatflows/{id}")).await?;
    let link = text(&shown, "direct_link")?.to_owned();
    Ok(MadeChatflow { id, name: flow.name.to_owned(), met_at: flow.met_at.clone(), primary: flow.primary, link })
}

/// Whether the draft still calls a shop at another address: an earlier start's.
async fn moved(caller: &Caller, id: &str, base_url: &str) -> anyhow::Result<bool> {
    let draft = caller.get(&format!("chatflows/{id}/draft")).await?.to_string();
    Ok(draft.contains("/sandbox/shop/") && !draft.contains(&format!("{base_url}/sandbox/shop/")))
}

fn text<'a>(value: &'a Value, field: &str) -> anyhow::Result<&'a str> {
    value[field].as_str().with_context(|| format!("the answer has no `{field}`"))
}

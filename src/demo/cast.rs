//! Who and what the demo shows: the Page, its visitors, its people. Made-up names; `.example` addresses.

use serde_json::{Value, json};

use crate::sandbox::{FbPage, Offers, Person, Sandbox, Words};

pub const APP_ID: &str = "1540772836190427";
/// Known to everyone who reads this file: the demo's "Meta" is the sandbox, which signs with it.
pub const APP_SECRET: &str = "demo-app-secret";
pub const VERIFY_TOKEN: &str = "demo-verify-token";
pub const PAGE_ID: &str = "104772918265031";
pub const PAGE_TOKEN: &str = "EAADemoPageToken";
/// Of everybody who can sign in.
pub const PASSWORD: &str = "causerie-demo";

pub fn page() -> FbPage {
    let mut page = FbPage::new(PAGE_ID, "Maison Lumen", PAGE_TOKEN).username("maisonlumen");
    page.category = "Design".to_owned();
    page
}

const fn words(en: &'static str, fr: &'static str) -> Words {
    Words { en, fr }
}

/// Someone who can sign in.
pub struct Colleague {
    pub name: &'static str,
    pub email: &'static str,
    pub role: &'static str,
    pub seat: bool,
    /// Where they have a seat.
    pub presence: &'static str,
    pub languages: &'static [&'static str],
    pub capacity: u32,
    /// In one line, for the sign-in list.
    pub note: Words,
}

const fn colleague(name: &'static str, email: &'static str, role: &'static str, note: Words) -> Colleague {
    Colleague { name, email, role, seat: false, presence: "offline", languages: &[], capacity: 0, note }
}

const fn agent(person: Colleague, presence: &'static str, languages: &'static [&'static str], capacity: u32) -> Colleague {
    Colleague { seat: true, presence, languages, capacity, ..person }
}

/// The owner first.
pub const COLLEAGUES: [Colleague; 5] = [
    colleague("Léa Martin", "lea@maisonlumen.example", "owner", words("Owner: configures everything", "Propriétaire : configure tout")),
    agent(
        colleague(
            "Ana Silva",
            "ana@maisonlumen.example",
            "agent",
            words("Agent, online: new chats come to her", "Agente en ligne : les discussions lui arrivent"),
        ),
        "online",
        &["fr", "en"],
        4,
    ),
    agent(colleague("Ben Carter", "ben@maisonlumen.example", "agent", words("Agent, away", "Agent, absent")), "away", &["en"], 3),
    agent(
        colleague("Chloé Petit", "chloe@maisonlumen.example", "agent", words("Agent, offline", "Agente, hors ligne")),
        "offline",
        &["fr"],
        3,
    ),
    agent(
        colleague(
            "Marc Dubois",
            "marc@maisonlumen.example",
            "lead",
            words("Team lead: rules, teams, queues", "Chef d'équipe : règles, équipes, files"),
        ),
        "offline",
        &["fr"],
        2,
    ),
];

/// The people who chat, and what the Page shows them: set at the Page, as in its settings at Meta.
pub fn introduce(sandbox: &Sandbox) {
    for (psid, first, last, locale, phone) in [
        ("7310482956120034", "Camille", "Roux", "fr_FR", Some("+33639980142")),
        ("7310482956120051", "Daniel", "Weber", "en_US", None),
        ("7310482956120077", "Inès", "Benali", "fr_FR", None),
        ("7310482956120099", "Olivia", "Hart", "en_GB", Some("+447700900418")),
    ] {
        let mut person = Person::new(first, last, locale);
        person.phone = phone.map(str::to_owned);
        person.email.get_or_insert_with(|| "ines.benali@example.org".to_owned());
        sandbox.introduce(PAGE_ID, psid, person);
    }
    sandbox.change(|world, _| {
        if let Some(page) = world.pages.get_mut(PAGE_ID) {
            page.profile.insert("greeting".to_owned(), greeting());
        }
    });
}

fn greeting() -> Value {
    json!([
        { "locale": "default", "text": "Hello {{user_first_name}} 👋\nOrders, advice, returns: write to us, any time." },
        { "locale": "fr_FR", "text": "Bonjour {{user_first_name}} 👋\nCommandes, conseils, retours : écrivez-nous à toute heure." }
    ])
}

/// What needs a connected Page: its menu (which needs the Get Started button), its links, its people.
pub fn offer(sandbox: &Sandbox, offers: Offers) {
    sandbox.change(|world, _| {
        world.offers = offers;
        if let Some(page) = world.pages.get_mut(PAGE_ID) {
            page.profile.insert("persistent_menu".to_owned(), persistent_menu());
        }
    });
}

fn persistent_menu() -> Value {
    let entries = |titles: [&str; 3]| {
        let payloads = ["MENU_HOME", "MENU_TRACK", "MENU_PEOPLE"];
        let entry = |(title, payload): (&str, &str)| json!({ "type": "postback", "title": title, "payload": payload });
        titles.into_iter().zip(payloads).map(entry).collect::<Vec<_>>()
    };
    json!([
        { "locale": "default", "composer_input_disabled": false, "call_to_actions": entries(["Start over", "Track my order", "Talk to someone"]) },
        { "locale": "fr_FR", "composer_input_disabled": false, "call_to_actions": entries(["Accueil", "Suivre ma commande", "Un conseiller"]) }
    ])
}

/// A chatflow of the demo.
pub struct Flow {
    pub name: &'static str,
    /// How people come to it, for the list of links.
    pub met_at: Words,
    pub primary: bool,
    document: &'static str,
}

/// Those that others call come first.
pub const FLOWS: [Flow; 3] = [
    Flow {
        name: "Rendez-vous",
        met_at: words("Ad on Instagram: “Free advice at home”", "Publicité Instagram « Conseil offert »"),
        primary: false,
        document: include_str!("flows/appointment.json"),
    },
    Flow {
        name: "Questions",
        met_at: words("Link at the foot of every e-mail", "Lien au pied de chaque e-mail"),
        primary: false,
        document: include_str!("flows/questions.json"),
    },
    Flow {
        name: "Accueil",
        met_at: words("QR code on the parcel", "QR code sur le colis"),
        primary: true,
        document: include_str!("flows/welcome.json"),
    },
];

/// What the flows' addresses begin with until it is known where the shop is.
pub const SHOP: &str = "http://shop.demo.invalid/";

impl Flow {
    /// The document, its calls going to the shop beside the server.
    ///
    /// # Errors
    /// The file is not JSON.
    pub fn document(&self, base_url: &str) -> serde_json::Result<Value> {
        serde_json::from_str(&self.document.replace(SHOP, &format!("{base_url}/sandbox/shop/")))
    }
}

pub fn pipeline() -> Value {
    let status = |key: &str, name: &str, closed: bool, next: &[&str]| json!({ "key": key, "name": name, "closed": closed, "next": next });
    json!({ "key": "support", "name": "Support", "statuses": [
        status("new", "New", false, &["open", "solved"]),
        status("open", "In progress", false, &["waiting", "solved"]),
        status("waiting", "Waiting for the customer", false, &["open", "solved"]),
        status("solved", "Solved", true, &["open"]),
    ]})
}

/// Who gets a conversation: whoever had it before, then the least busy of the team, then the queue.
pub fn rules(team: &str) -> Value {
    json!([
        { "name": "whoever knows them", "target": { "to": "last_agent" }, "only_online": true, "otherwise": "next_rule" },
        { "name": "the advisors", "target": { "to": "team", "team": team }, "strategy": "least_busy", "only_online": true, "otherwise": "queue" }
    ])
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::flow::check::{Env, check};

    #[test]
    fn every_flow_of_the_demo_checks_without_an_issue() {
        let names = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<BTreeSet<_>>();
        let pipeline = pipeline();
        let statuses = pipeline["statuses"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap().to_owned()).collect();
        let env = Env {
            pipelines: Some(BTreeMap::from([("support".to_owned(), statuses)])),
            rule_sets: Some(names(&["default"])),
            chatflows: Some(FLOWS.iter().map(|flow| flow.name.to_owned()).collect()),
            unpublished: None,
            secrets: None,
            seated_agents: Some(true),
        };
        for flow in FLOWS {
            let checked = check(&flow.document("http://127.0.0.1:8080").unwrap(), &env);
            assert!(checked.flow.is_some() && checked.issues.is_empty(), "{}: {:#?}", flow.name, checked.issues);
            let calls = flow.document.matches("http_request").count();
            assert_eq!(flow.document.matches(SHOP).count(), calls, "{} calls something else than the shop", flow.name);
        }
    }
}

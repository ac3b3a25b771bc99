//! Chatflows to start from, in French and English, each with its tests. They are documents like any other.
//!
//! Adding one: `gallery/<name>.json`, and a row below. The tests ask that it checks without an issue, lacks no
//! translation, and passes tests of its own in both languages.

use serde_json::Value;

use super::parse;

/// A document to start from.
#[derive(Debug)]
pub struct Starter {
    /// Stable, for commands and the API.
    pub name: &'static str,
    pub title: Said,
    pub about: Said,
    source: &'static str,
}

/// In both languages.
#[derive(Debug, Clone, Copy, serde::Serialize, utoipa::ToSchema)]
pub struct Said {
    pub fr: &'static str,
    pub en: &'static str,
}

macro_rules! starters {
    ($($name:literal { $title_fr:literal $title_en:literal $about_fr:literal $about_en:literal })*) => {
        /// The simplest first.
        pub const STARTERS: &[Starter] = &[$(Starter {
            name: $name,
            title: Said { fr: $title_fr, en: $title_en },
            about: Said { fr: $about_fr, en: $about_en },
            source: include_str!(concat!("gallery/", $name, ".json")),
        }),*];
    };
}

starters! {
    "instant-reply" {
        "Réponse immédiate" "Instant reply"
        "Salue tout de suite, puis passe la conversation à l'équipe, ou dit quand elle répondra."
        "Greets at once, then hands the conversation to the team, or says when it will answer."
    }
    "welcome-menu" {
        "Menu d'accueil" "Welcome menu"
        "Propose ce que les visiteurs demandent le plus, y répond, et revient au menu."
        "Offers what most visitors ask for, answers it, and comes back to the menu."
    }
    "opening-hours" {
        "Heures d'ouverture" "Opening hours"
        "Aux heures d'ouverture, une personne répond ; sinon, un message d'absence dit quand, et prend un message."
        "In opening hours a person answers; outside of them an away message says when, and takes a message."
    }
    "faq" {
        "Questions fréquentes" "Frequent questions"
        "Répond aux questions fréquentes dès qu'elles se présentent ; le reste va à une personne."
        "Answers frequent questions whenever they come up; what it does not know goes to a person."
    }
    "order-tracking" {
        "Suivi de commande" "Order tracking"
        "Demande un numéro de commande, interroge la boutique, et dit où elle en est."
        "Asks for an order number, asks the shop for its state, and says it."
    }
    "lead-qualification" {
        "Qualification de prospects" "Lead qualification"
        "Cerne le besoin, le budget et le délai, garde une adresse, et passe les prospects prometteurs à une personne."
        "Finds out need, budget and timing, keeps an address, and gives promising leads to a person."
    }
    "appointment-request" {
        "Demande de rendez-vous" "Appointment request"
        "Demande le motif, le jour et le moment, fait confirmer, et transmet la demande."
        "Asks what for, which day and when, has it confirmed, and passes the request on."
    }
    "satisfaction-survey" {
        "Enquête de satisfaction" "Satisfaction survey"
        "Demande une note, puis pourquoi ; propose une personne aux mécontents, un avis aux contents."
        "Asks for a rating, then why; offers the unhappy a person, and the happy a review."
    }
}

pub fn starter(name: &str) -> Option<&'static Starter> {
    STARTERS.iter().find(|starter| starter.name == name)
}

impl Starter {
    /// As it is written.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Null should it not be readable, which the tests rule out.
    pub fn document(&self) -> Value {
        parse(self.source).unwrap_or_default()
    }
}

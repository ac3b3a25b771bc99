//! The short form of a live-chat chatflow: an instant reply, then the transfer rules. It compiles to the flow language,
//! so that what it makes is checked, versioned, edited and run like any other document.

use serde_json::{Map, Value, json};

/// A text per locale, in the author's order: the first of a greeting is the chatflow's first language.
pub type Texts = Vec<(String, String)>;

/// An empty text says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveChat {
    /// The instant reply.
    pub greeting: Texts,
    /// Said when an agent takes the conversation or it waits for one.
    pub available: Texts,
    /// Said when nobody can take it.
    pub unavailable: Texts,
    /// The transfer rules by name.
    pub rules: String,
}

impl Default for LiveChat {
    /// What a newly connected page answers, in English and French.
    fn default() -> Self {
        let texts = |en: &str, fr: &str| vec![("en".to_owned(), en.to_owned()), ("fr".to_owned(), fr.to_owned())];
        Self {
            greeting: texts("Hello, and thank you for your message!", "Bonjour et merci pour votre message !"),
            available: texts("Someone from our team will answer you here.", "Quelqu'un de notre équipe va vous répondre ici."),
            unavailable: texts(
                "Nobody is here right now. Leave us a message and we will answer as soon as we can.",
                "Personne n'est disponible pour l'instant. Laissez-nous un message, nous répondrons dès que possible.",
            ),
            rules: "default".to_owned(),
        }
    }
}

impl LiveChat {
    /// The document that does what the short form says.
    pub fn document(&self) -> Value {
        let mut actions = Vec::new();
        if !self.greeting.is_empty() {
            actions.push(json!({ "type": "send_text", "text": by_locale(&self.greeting) }));
        }
        let mut transfer = json!({ "type": "transfer", "rules": self.rules });
        for (name, texts) in [("available", &self.available), ("unavailable", &self.unavailable)] {
            if !texts.is_empty() {
                transfer[name] = by_locale(texts);
            }
        }
        actions.push(transfer);
        json!({
            "spec_version": "1.0",
            "languages": self.languages(),
            "start": "welcome",
            "nodes": { "welcome": actions }
        })
    }

    /// Every locale that a text is written in, those of the greeting first.
    fn languages(&self) -> Vec<&str> {
        let mut languages = Vec::new();
        for (locale, _) in [&self.greeting, &self.available, &self.unavailable].into_iter().flatten() {
            if !languages.contains(&locale.as_str()) {
                languages.push(locale.as_str());
            }
        }
        languages
    }
}

fn by_locale(texts: &Texts) -> Value {
    texts.iter().map(|(locale, text)| (locale.clone(), Value::from(text.as_str()))).collect::<Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(locale, text)| (locale.to_string(), text.to_string())).collect()
    }

    #[test]
    fn the_short_form_says_the_greeting_and_then_transfers() {
        let short = LiveChat {
            greeting: texts(&[("fr", "Bonjour !"), ("en", "Hello!")]),
            available: texts(&[("en", "Someone is coming.")]),
            unavailable: vec![],
            rules: "returns".into(),
        };
        let document = short.document();
        assert_eq!(
            document,
            json!({
                "spec_version": "1.0",
                "languages": ["fr", "en"],
                "start": "welcome",
                "nodes": { "welcome": [
                    { "type": "send_text", "text": { "fr": "Bonjour !", "en": "Hello!" } },
                    { "type": "transfer", "rules": "returns", "available": { "en": "Someone is coming." } },
                ] }
            })
        );
    }

    #[test]
    fn without_a_greeting_the_conversation_is_transferred_at_once() {
        let short = LiveChat { greeting: vec![], ..LiveChat::default() };
        assert_eq!(short.document()["nodes"]["welcome"][0]["type"], "transfer");
        assert_eq!(short.document()["languages"], json!(["en", "fr"]));
    }

    #[test]
    fn what_a_new_page_answers_is_free_of_issues() {
        let checked = crate::flow::check(&LiveChat::default().document(), &crate::flow::check::Env::default());
        assert!(checked.flow.is_some() && checked.issues.is_empty(), "{:?}", checked.issues);
    }
}

//! The short form of a live-chat chatflow.

use std::fmt;

use serde::Deserialize as DeriveDeserialize;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::api::extract::FieldChecks;
use crate::api::problem::Problem;
use crate::flow::live_chat::{LiveChat, Texts};

/// An instant reply, then the transfer rules. What is left out says nothing.
#[derive(Debug, Clone, DeriveDeserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiveChatBody {
    /// The instant reply by locale; the first locale is the chatflow's first language.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"fr": "Bonjour !", "en": "Hello!"}))]
    greeting: TextsBody,
    /// Said when an agent takes the conversation, or it waits for one.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    available: TextsBody,
    /// Said when nobody can take it.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    unavailable: TextsBody,
    /// The transfer rules by name; `default` is the page's own choice.
    #[serde(default = "default_rules")]
    rules: String,
}

fn default_rules() -> String {
    "default".to_owned()
}

impl LiveChatBody {
    /// `pointer`: where it stands in the body.
    pub fn read(&self, pointer: &str) -> Result<LiveChat, Problem> {
        let mut checks = FieldChecks::default();
        checks.check(!self.greeting.0.is_empty(), &format!("{pointer}/greeting"), "at least one locale with its text");
        checks.line(&self.rules, 100, &format!("{pointer}/rules"));
        checks.done()?;
        Ok(LiveChat {
            greeting: self.greeting.0.clone(),
            available: self.available.0.clone(),
            unavailable: self.unavailable.0.clone(),
            rules: self.rules.clone(),
        })
    }
}

/// Texts by locale, in the order in which they were written.
#[derive(Debug, Clone, Default)]
struct TextsBody(Texts);

impl<'de> Deserialize<'de> for TextsBody {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct ByLocale;
        impl<'de> Visitor<'de> for ByLocale {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("texts by locale")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = Texts::new();
                while let Some((locale, text)) = map.next_entry::<String, String>()? {
                    if texts.iter().any(|(known, _)| *known == locale) {
                        return Err(A::Error::custom(format!("`{locale}` is given twice")));
                    }
                    texts.push((locale, text));
                }
                Ok(texts)
            }
        }
        input.deserialize_map(ByLocale).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locales_keep_the_order_of_the_body() {
        let body: LiveChatBody = serde_json::from_str(r#"{"greeting":{"fr":"Bonjour !","en":"Hello!"}}"#).unwrap();
        let short = body.read("").unwrap();
        assert_eq!(short.greeting.iter().map(|(locale, _)| locale.as_str()).collect::<Vec<_>>(), ["fr", "en"]);
        assert_eq!((short.available.len(), short.rules.as_str()), (0, "default"));
    }

    #[test]
    fn a_short_form_that_loses_words_is_refused() {
        for body in [r#"{"greeting":{"en":"a","en":"b"}}"#, r#"{"greeting":{"en":7}}"#, r#"{"greeting":"Hello"}"#, r#"{"greting":{}}"#] {
            assert!(serde_json::from_str::<LiveChatBody>(body).is_err(), "{body}");
        }
        let empty: LiveChatBody = serde_json::from_str(r#"{"greeting":{}}"#).unwrap();
        assert!(empty.read("").is_err());
    }
}

//! Which of the server's own texts a flow may say, and in which of its languages the server has no words for them.
//!
//! Whatever says such a text notes it while it is read ([`OwnTexts`]); the check warns, and the table for translators
//! lists what is missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::issue::Code;
use super::read::Reader;
use super::text::{TextKey, primary};

/// What was noted while a document was read.
#[derive(Debug, Default)]
pub struct OwnTexts {
    said: BTreeSet<TextKey>,
    /// Said after an answer that does not fit, unless the flow has a fallback.
    missed: BTreeSet<TextKey>,
}

impl OwnTexts {
    pub fn say(&mut self, keys: &[TextKey]) {
        self.said.extend(keys);
    }

    pub fn say_unless_fallback(&mut self, key: TextKey) {
        self.missed.insert(key);
    }

    /// Those that the document may say and has no words of its own for.
    pub fn absent(&self, document: &Value) -> Vec<TextKey> {
        let fallback = document.get("fallback").and_then(Value::as_array).is_some_and(|steps| !steps.is_empty());
        let explains = document.pointer("/session/stale_choice").is_none_or(|choice| choice == "explain");
        let may_be_said = |key: TextKey| match key {
            TextKey::Error => true,
            TextKey::StaleChoice => explains,
            key => self.said.contains(&key) || (!fallback && self.missed.contains(&key)),
        };
        let given = |key: TextKey| document.get("texts").is_some_and(|texts| texts.get(key.word()).is_some());
        TextKey::ALL.iter().copied().filter(|&key| may_be_said(key) && !given(key)).collect()
    }
}

/// The server has words of its own in this language.
pub fn speaks(locale: &str) -> bool {
    matches!(primary(locale), "fr" | "en")
}

/// One warning for each language that the server does not speak.
pub fn check(r: &mut Reader<'_>, document: &Value) {
    let absent: Vec<&str> = r.found.own_texts.absent(document).into_iter().map(TextKey::word).collect();
    if absent.is_empty() {
        return;
    }
    let foreign = r.languages.iter().enumerate().filter(|(_, language)| !speaks(language));
    let foreign: Vec<(usize, String)> = foreign.map(|(index, language)| (index, language.clone())).collect();
    for (index, language) in foreign {
        let message = format!("the server has no words in `{language}` for {}", absent.join(", "));
        let hint = "write them under `texts`; until then they are said in English";
        r.issue_at(Code::MissingTranslation, format!("/languages/{index}"), message, hint);
    }
}

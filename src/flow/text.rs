//! What is said, by language; and the texts that the server says on its own where a flow has none.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::expression::Scope;
use super::issue::Code;
use super::limits;
use super::read::{Read, Reader, TextPlace, shorten};
use super::template::{Holes, Template};
use super::words::normalise;

/// `fr-ca` and `fr_CA` are one; Meta writes `fr_CA`.
pub fn normalise_locale(locale: &str) -> String {
    match locale.trim().split_once(['-', '_']) {
        Some((language, region)) => format!("{}_{}", language.to_lowercase(), region.to_uppercase()),
        None => locale.trim().to_lowercase(),
    }
}

/// `fr` of `fr_CA`.
pub fn primary(locale: &str) -> &str {
    locale.split('_').next().unwrap_or(locale)
}

/// The language to speak to a locale: `fr_CA` → `fr` → another French → the first.
pub fn pick(languages: &[String], locale: &str) -> usize {
    let exact = languages.iter().position(|language| language == locale);
    let plain = || languages.iter().position(|language| language == primary(locale));
    let cousin = || languages.iter().position(|language| primary(language) == primary(locale));
    exact.or_else(plain).or_else(cousin).unwrap_or(0)
}

/// A text of the flow: the same in every language, or one by language.
#[derive(Debug)]
pub struct Text {
    templates: Vec<Template>,
    /// For each of the flow's languages, which of the templates.
    by_language: Vec<u8>,
}

impl Text {
    pub fn template(&self, language: usize) -> &Template {
        let index = self.by_language.get(language).copied().unwrap_or(0);
        &self.templates[usize::from(index)]
    }

    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// # Errors
    /// As [`Template::render`].
    pub fn render(&self, language: usize, scope: &Scope<'_>, holes: &mut Holes) -> Result<String, String> {
        self.template(language).render(scope, holes)
    }

    /// The longest of its constant texts, in characters.
    pub fn longest(&self) -> usize {
        self.templates.iter().filter_map(|template| Some(template.constant()?.chars().count())).max().unwrap_or(0)
    }
}

impl Read for Text {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let pointer = r.pointer().to_owned();
        r.found.texts.push(TextPlace { pointer, most: limits::AUTHORED_CHARS });
        match value {
            Value::Object(by_locale) => read_by_locale(r, by_locale),
            Value::String(text) if text.trim().is_empty() => {
                r.issue(Code::EmptyText, "the text is empty", "");
                None
            }
            Value::String(_) | Value::Number(_) => {
                let template = Template::read(r, value)?;
                Some(Self { templates: vec![template], by_language: Vec::new() })
            }
            other => r.wrong_type("a text, or an object of texts by language", other),
        }
    }
}

fn read_by_locale(r: &mut Reader<'_>, by_locale: &serde_json::Map<String, Value>) -> Option<Text> {
    if by_locale.is_empty() {
        r.issue(Code::EmptyText, "the text has no language", "");
        return None;
    }
    if by_locale.len() > limits::LANGUAGES {
        r.issue(Code::TooLarge, format!("a text in more than {} languages", limits::LANGUAGES), "");
        return None;
    }
    let (mut keys, mut templates, mut good) = (Vec::new(), Vec::new(), true);
    for (locale, value) in by_locale {
        let key = normalise_locale(locale);
        r.at(locale, |r| {
            if keys.contains(&key) {
                r.issue(Code::DuplicateKey, format!("the text is given twice in `{key}`"), "");
                good = false;
            }
            if !r.languages.contains(&key) {
                let message = format!("the flow does not speak `{}`", shorten(locale));
                r.issue(Code::UndeclaredLanguage, message, "add it to `languages`");
            }
            if value.as_str().is_some_and(|text| text.trim().is_empty()) {
                r.issue(Code::EmptyText, "the text is empty", "");
                good = false;
            } else if let Some(template) = Template::read(r, value) {
                keys.push(key);
                templates.push(template);
            } else {
                good = false;
            }
        });
    }
    let spoken: Vec<String> = by_locale.keys().map(|locale| normalise_locale(locale)).collect();
    let missing: Vec<String> = r
        .languages
        .iter()
        .filter(|language| !spoken.iter().any(|other| other == *language || other == primary(language)))
        .cloned()
        .collect();
    if !missing.is_empty() {
        let fallback = spoken.get(pick(&spoken, r.languages.first().map_or("", String::as_str))).cloned().unwrap_or_default();
        r.issue(
            Code::MissingTranslation,
            format!("not translated to: {}", missing.join(", ")),
            format!("`{fallback}` will be said instead"),
        );
    }
    if !good {
        return None;
    }
    let default = pick(&keys, r.languages.first().map_or("", String::as_str));
    let index = |language: &String| {
        let found = pick(&keys, language);
        if primary(&keys[found]) == primary(language) { found } else { default }
    };
    let by_language = r.languages.iter().map(|language| u8::try_from(index(language)).unwrap_or(0)).collect();
    Some(Text { templates, by_language })
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let template = generator.subschema_for::<Template>();
        json_schema!({
            "description": "A text, or one by language: `{ \"fr\": \"…\", \"en\": \"…\" }`. `fr_CA` falls back to `fr`, then to the first language.",
            "anyOf": [template, { "type": "object", "additionalProperties": template, "minProperties": 1 }],
        })
    }
}

/// A text of so many characters at most; what expressions make longer is told when it is said.
#[derive(Debug)]
pub struct Short<const MOST: usize>(pub Text);

impl<const MOST: usize> Read for Short<MOST> {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let text = Text::read(r, value)?;
        r.limit_text(MOST);
        let longest = text.longest();
        if longest > MOST {
            let message = format!("the text has {longest} characters, more than {MOST}");
            r.issue(Code::TextTooLong, message, "Messenger refuses it, and it is never cut: shorten it");
        }
        Some(Self(text))
    }
}

impl<const MOST: usize> JsonSchema for Short<MOST> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ShortText".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Text>()
    }
}

/// What stands on a quick reply or button: at most 20 characters, never cut.
#[derive(Debug)]
pub struct Title {
    pub text: Text,
    /// Its constant texts, as a visitor may say them; normalised.
    pub words: Vec<String>,
}

impl Read for Title {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let text = match value {
            Value::String(title) if title.trim().is_empty() => return Self::absent(r, ""),
            other => Text::read(r, other)?,
        };
        r.limit_text(limits::TITLE_CHARS);
        let mut words = Vec::new();
        for template in text.templates() {
            let Some(title) = template.constant() else { continue };
            let length = title.chars().count();
            if length > limits::TITLE_CHARS {
                let hint = "Messenger refuses it, and it is never cut: shorten it, and say more in the question's text";
                let message = format!("the title `{title}` has {length} characters, more than {}", limits::TITLE_CHARS);
                r.issue(Code::TitleTooLong, message, hint);
            }
            words.push(normalise(title));
        }
        Some(Self { text, words })
    }

    fn absent(r: &mut Reader<'_>, _: &str) -> Option<Self> {
        r.issue(Code::OptionWithoutTitle, "the option has no title", "the title is what the visitor sees and taps");
        None
    }
}

impl JsonSchema for Title {
    fn schema_name() -> Cow<'static, str> {
        "Title".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Text::json_schema(generator);
        schema.insert("description".into(), "What stands on the button, by language: at most 20 characters, never cut.".into());
        schema
    }
}

macro_rules! text_keys {
    ($($(#[doc = $doc:literal])* $name:ident $word:literal $fr:literal $en:literal;)*) => {
        /// The texts that the server says on its own. A flow may have its own under `texts`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum TextKey { $($(#[doc = $doc])* $name),* }

        impl TextKey {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            pub fn word(self) -> &'static str { match self { $(Self::$name => $word),* } }
            pub fn about(self) -> &'static str { match self { $(Self::$name => concat!($($doc),*).trim_ascii()),* } }
            /// It stands on a quick reply: at most 20 characters.
            pub fn on_button(self) -> bool {
                matches!(self, Self::Yes | Self::No | Self::More | Self::Back | Self::NoneOfThese | Self::FormBack | Self::FormCancel | Self::FormSkip)
            }
            /// In the locale's language where that is French, else in English.
            pub fn built_in(self, locale: &str) -> &'static str {
                let french = primary(locale) == "fr";
                match self { $(Self::$name => if french { $fr } else { $en }),* }
            }
        }
    };
}

text_keys! {
    /// Something in the flow went wrong.
    Error "error" "Un souci technique, réessayez." "Something went wrong, please try again.";
    /// An HTTP call failed that says nothing of its own (`failed`); nothing is said unless the flow has this text.
    CalloutFailed "callout_failed" "" "";
    /// A choice of an earlier question was tapped (`stale_choice: explain`).
    StaleChoice "stale_choice" "Ce choix n'est plus d'actualité." "That choice is no longer open.";
    /// No option was recognised.
    InvalidOption "invalid_option" "Je n'ai pas compris. Choisissez une des réponses proposées." "I did not get that. Please pick one of the answers.";
    /// An answer to a `text` question that is no text, or does not match its pattern.
    InvalidText "invalid_text" "Cette réponse ne convient pas." "That answer does not fit.";
    /// No e-mail address was recognised.
    InvalidEmail "invalid_email" "Cette adresse e-mail ne semble pas valide." "That does not look like an e-mail address.";
    /// No phone number was recognised.
    InvalidPhone "invalid_phone" "Ce numéro de téléphone ne semble pas valide." "That does not look like a phone number.";
    /// No number was recognised, or it is out of range.
    InvalidNumber "invalid_number" "J'attends un nombre." "Please answer with a number.";
    /// No date was recognised.
    InvalidDate "invalid_date" "J'attends une date, par exemple 24/12/2026." "Please answer with a date, for example 2026-12-24.";
    /// No time was recognised.
    InvalidTime "invalid_time" "J'attends une heure, par exemple 14 h 30." "Please answer with a time, for example 14:30.";
    /// Neither yes nor no was recognised.
    InvalidYesNo "invalid_yes_no" "Répondez par oui ou par non." "Please answer yes or no.";
    /// No web address was recognised.
    InvalidUrl "invalid_url" "J'attends une adresse web, par exemple https://example.org." "Please answer with a web address, for example https://example.org.";
    /// No place was recognised.
    InvalidLocation "invalid_location" "Indiquez un lieu ou une adresse." "Please share a place or type an address.";
    /// No attachment, or one of another kind.
    InvalidAttachment "invalid_attachment" "Joignez un fichier ou une image." "Please attach a file or an image.";
    /// No rating was recognised, or it is out of range.
    InvalidRating "invalid_rating" "Choisissez une des notes proposées." "Please pick one of the ratings.";
    /// The answer yes.
    Yes "yes" "Oui" "Yes";
    /// The answer no.
    No "no" "Non" "No";
    /// The quick reply that shows more options.
    More "more" "Plus de choix" "More choices";
    /// The quick reply that shows the options before.
    Back "back" "Choix précédents" "Earlier choices";
    /// Over several interrupts that are meant equally.
    WhichOne "which_one" "Que voulez-vous dire ?" "Which one do you mean?";
    /// The quick reply beside them: none is meant.
    NoneOfThese "none_of_these" "Rien de tout cela" "None of these";
    /// The quick reply of a form that goes back to the question before.
    FormBack "form_back" "Retour" "Back";
    /// The quick reply of a form that leaves it.
    FormCancel "form_cancel" "Annuler" "Cancel";
    /// The quick reply of a form that leaves an optional question out.
    FormSkip "form_skip" "Passer" "Skip";
    /// A form was cancelled.
    FormCancelled "form_cancelled" "C'est annulé." "Cancelled.";
    /// The visitor did not confirm a form.
    FormChange "form_change" "Que voulez-vous changer ?" "What would you like to change?";
    /// Over options whose question was too long to stand over them.
    Choose "choose" "Votre choix :" "Your choice:";
}

/// The flow's own texts.
#[derive(Debug, Default)]
pub struct Texts(Vec<(TextKey, Text)>);

impl Texts {
    pub fn get(&self, key: TextKey) -> Option<&Text> {
        self.0.iter().find(|(other, _)| *other == key).map(|(_, text)| text)
    }
}

impl Read for Texts {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        let object = r.object(value)?;
        let words: Vec<&str> = TextKey::ALL.iter().map(|key| key.word()).collect();
        r.no_others(object, &words);
        let mut texts = Vec::new();
        for &key in TextKey::ALL {
            let Some(value) = object.get(key.word()) else { continue };
            let short = key.on_button();
            let text = r.at(key.word(), |r| if short { Title::read(r, value).map(|title| title.text) } else { Text::read(r, value) });
            texts.extend(text.map(|text| (key, text)));
        }
        Some(Self(texts))
    }
}

impl JsonSchema for Texts {
    fn schema_name() -> Cow<'static, str> {
        "Texts".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = serde_json::Map::new();
        for &key in TextKey::ALL {
            let mut schema = generator.subschema_for::<Text>();
            schema.insert("description".into(), key.about().into());
            properties.insert(key.word().into(), schema.to_value());
        }
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_falls_back_to_its_language_then_to_a_cousin_then_to_the_first() {
        let languages: Vec<String> = ["en", "fr", "pt_BR"].map(String::from).into();
        for (locale, expected) in [("fr_CA", 1), ("fr", 1), ("pt_PT", 2), ("pt_BR", 2), ("de_DE", 0), ("", 0), ("en_GB", 0)] {
            assert_eq!(pick(&languages, locale), expected, "{locale}");
        }
        assert_eq!(normalise_locale("fr-ca"), "fr_CA");
    }
}

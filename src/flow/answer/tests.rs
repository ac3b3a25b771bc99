use serde_json::{Value, json};

use super::*;
use crate::domain::event::Attachment;

fn said(kind: AnswerType, text: &str) -> Option<Value> {
    said_in(kind, text, "fr_FR")
}

fn said_in(kind: AnswerType, text: &str, locale: &str) -> Option<Value> {
    let message = MessageIn { text: Some(text.into()), ..MessageIn::default() };
    let (min, max) = if kind == AnswerType::Rating { (Some(1.0), Some(5.0)) } else { (None, None) };
    read(kind, &message, &Reading { locale, today: jiff::civil::date(2026, 8, 15), min, max, accept: &[] })
}

#[test]
fn answers_are_read_as_people_write_them() {
    use AnswerType as T;
    for (kind, text, expected) in [
        (T::Text, "  bonjour ", json!("bonjour")),
        (T::Email, "Ana@Example.org", json!("Ana@Example.org")),
        (T::Email, "mon adresse est <ana.b+x@exemple.fr>.", json!("ana.b+x@exemple.fr")),
        (T::Phone, "06 12 34 56 78", json!("0612345678")),
        (T::Phone, "+33 (0)6 12-34.56/78", json!("+33612345678")),
        (T::Phone, "0033612345678", json!("+33612345678")),
        (T::Phone, "c'est le 06.12.34.56.78 merci", json!("0612345678")),
        (T::Number, "12", json!(12)),
        (T::Number, "0", json!(0)),
        (T::Number, "-3,5", json!(-3.5)),
        (T::Number, "1 000", json!(1000)),
        (T::Number, "1,234.5", json!(1234.5)),
        (T::Number, "1.234,5", json!(1234.5)),
        (T::Rating, "5", json!(5)),
        (T::Date, "2026-12-24", json!("2026-12-24")),
        (T::Date, "24/12/2026", json!("2026-12-24")),
        (T::Date, "24.12.26", json!("2026-12-24")),
        (T::Date, "le 24 décembre", json!("2026-12-24")),
        (T::Date, "1er mai", json!("2027-05-01")),
        (T::Date, "December 24th, 2026", json!("2026-12-24")),
        (T::Date, "29 février", json!("2028-02-29")),
        (T::Date, "demain", json!("2026-08-16")),
        (T::Date, "Aujourd’hui", json!("2026-08-15")),
        (T::Time, "14:30", json!("14:30")),
        (T::Time, "à 14h30", json!("14:30")),
        (T::Time, "9 h", json!("09:00")),
        (T::Time, "9 heures 05", json!("09:05")),
        (T::Time, "2:30 pm", json!("14:30")),
        (T::Time, "12 am", json!("00:00")),
        (T::Time, "midi", json!("12:00")),
        (T::YesNo, "Oui !", json!(true)),
        (T::YesNo, "yes, please", json!(true)),
        (T::YesNo, "non merci", json!(false)),
        (T::YesNo, "👍", json!(true)),
        (T::Url, "example.org/a?b=c", json!("https://example.org/a?b=c")),
        (T::Url, "http://example.org", json!("http://example.org/")),
        (T::Location, "12 rue de la Paix", json!({ "lat": null, "long": null, "title": "12 rue de la Paix" })),
    ] {
        assert_eq!(said(kind, text), Some(expected), "{text} as {}", kind.word());
    }
    assert_eq!(said_in(T::Date, "12/24/2026", "en_US"), Some(json!("2026-12-24")));
}

#[test]
fn what_is_no_answer_of_the_type_is_none() {
    use AnswerType as T;
    for (kind, text) in [
        (T::Text, "   "),
        (T::Email, "ana"),
        (T::Email, "ana@exemple"),
        (T::Email, "@exemple.fr"),
        (T::Email, "a@b.fr et c@d.fr"),
        (T::Email, "a..b@c.fr"),
        (T::Phone, "12345"),
        (T::Phone, "123456789012345678"),
        (T::Phone, "appelez 06 ou 07 au 12345678"),
        (T::Phone, "+"),
        (T::Number, "douze"),
        (T::Number, "1e5"),
        (T::Number, "NaN"),
        (T::Number, "1,2,3"),
        (T::Rating, "6"),
        (T::Rating, "0"),
        (T::Rating, "4.5"),
        (T::Date, "31/02/2026"),
        (T::Date, "bientôt"),
        (T::Date, "99/99/9999"),
        (T::Time, "25:00"),
        (T::Time, "14"),
        (T::Time, "14:60"),
        (T::Time, "13 pm"),
        (T::YesNo, "peut-être"),
        (T::YesNo, "yes and no"),
        (T::YesNo, "oui mais plus tard"),
        (T::Url, "ana@exemple.fr"),
        (T::Url, "bonjour"),
        (T::Url, "javascript://x.y"),
        (T::Location, "ok"),
        (T::Attachment, "photo"),
    ] {
        assert_eq!(said(kind, text), None, "{text} as {}", kind.word());
    }
}

#[test]
fn places_and_files_come_as_attachments() {
    let place = Attachment {
        kind: "location".into(),
        url: None,
        title: Some("Paris".into()),
        raw: json!({ "coordinates": { "lat": 48.8, "long": 2.3 } }),
    };
    let picture = Attachment { kind: "image".into(), url: Some("https://x.y/z".into()), title: None, raw: Value::Null };
    let message = MessageIn { attachments: vec![place, picture], ..MessageIn::default() };
    let none: &[String] = &[];
    let videos: &[String] = &["video".into()];
    let reading = |accept| Reading { locale: "fr", today: jiff::civil::date(2026, 8, 15), min: None, max: None, accept };
    assert_eq!(read(AnswerType::Location, &message, &reading(none)), Some(json!({ "lat": 48.8, "long": 2.3, "title": "Paris" })));
    assert_eq!(read(AnswerType::Attachment, &message, &reading(none)), Some(json!({ "kind": "image", "url": "https://x.y/z" })));
    assert_eq!(read(AnswerType::Attachment, &message, &reading(videos)), None);
}

#[test]
fn the_thumb_beside_the_composer_is_a_yes() {
    let reading = Reading { locale: "fr", today: jiff::civil::date(2026, 8, 15), min: None, max: None, accept: &[] };
    let sticker = |raw: Value| Attachment { kind: "sticker".into(), url: None, title: None, raw };
    for (raw, expected) in [
        (json!({ "sticker_id": 369_239_263_222_822_u64 }), Some(json!(true))),
        (json!({ "sticker_id": "369239263222822" }), Some(json!(true))),
        (json!({ "payload": { "sticker_id": "369239263222822" } }), Some(json!(true))),
        (json!({ "sticker_id": 1 }), None),
        (Value::Null, None),
    ] {
        let message = MessageIn { attachments: vec![sticker(raw)], ..MessageIn::default() };
        assert_eq!(read(AnswerType::YesNo, &message, &reading), expected);
    }
}

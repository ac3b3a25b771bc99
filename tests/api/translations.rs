//! The texts of a draft as one table: read, sent to translators, written back, or refused with everything that is wrong.

use serde_json::{Value, json};

use super::office::{Office, PAGE};

fn flow() -> Value {
    json!({
        "spec_version": "1.0", "languages": ["fr", "en"], "start": "a",
        "nodes": { "a": [
            { "type": "send_text", "text": { "fr": "Bonjour {{ contact.first_name }}" } },
            { "type": "ask", "text": { "fr": "Et ?", "en": "So?" }, "options": [{ "title": { "fr": "Oui", "en": "Yes" } }] }
        ] }
    })
}

const HELLO: &str = "/nodes/a/0/text";

#[actix_web::test]
async fn a_table_is_read_translated_and_written_back() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", flow()).await;
    let place = format!("{path}/translations/en");
    let answer = office.get(&place).send().await;
    let tag = answer.header("etag").to_owned();
    let mut table = answer.expect(200);
    assert_eq!((&table["source_locale"], &table["translated"], &table["missing"]), (&json!("fr"), &json!(2), &json!(1)));
    let first =
        json!({ "pointer": HELLO, "source": "Bonjour {{ contact.first_name }}", "target": null, "max_length": 5000, "state": "missing" });
    assert_eq!((&table["texts"][0], &table["texts"][2]["max_length"]), (&first, &json!(20)));
    table["texts"][0]["target"] = json!("Hello {{ contact.first_name }}");
    let saved = office.put(&place).header("if-match", &tag).json(table.clone()).send().await;
    assert_ne!(saved.header("etag"), tag);
    assert_eq!(saved.expect(200)["missing"], 0);
    let draft = office.show(&format!("{path}/draft")).await;
    assert_eq!(draft.pointer(HELLO).unwrap()["en"], "Hello {{ contact.first_name }}");
    office.put(&place).header("if-match", &tag).json(table).send().await.refused(412, "stale");
}

#[actix_web::test]
async fn translators_get_files_and_give_them_back() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", flow()).await;
    let place = format!("{path}/translations/de_DE");
    let csv = office.get(&place).header("accept", "text/csv").send().await;
    assert!(csv.header("content-type").starts_with("text/csv") && csv.header("content-disposition").contains("de_DE.csv"));
    let translated = csv.text.replace("Et ?,,", "Et ?,Und?,");
    let saved = office.put(&place).header("content-type", "text/csv").body(translated).send().await.expect(200);
    assert_eq!((&saved["translated"], &saved["texts"][1]["target"]), (&json!(1), &json!("Und?")));
    let xliff = office.get(&format!("{place}?format=xliff")).send().await;
    assert!(
        xliff.text.contains("target-language=\"de-DE\"") && xliff.text.contains("<target state=\"translated\">Und?</target>"),
        "{}",
        xliff.text
    );
    let translated =
        xliff.text.replace("maxwidth=\"20\" size-unit=\"char\">\n", "maxwidth=\"20\" size-unit=\"char\">\n<target>Ja</target>");
    let saved = office.put(&place).header("content-type", "application/xliff+xml").body(translated).send().await.expect(200);
    assert_eq!(saved["translated"], 2);
    let draft = office.show(&format!("{path}/draft")).await;
    assert_eq!(draft["languages"], json!(["fr", "en", "de_DE"]));
    assert_eq!(draft["nodes"]["a"][1]["options"][0]["title"], json!({ "fr": "Oui", "en": "Yes", "de_DE": "Ja" }));
}

#[actix_web::test]
async fn what_cannot_be_taken_is_refused_at_once_and_changes_nothing() {
    let office = Office::with_page().await;
    let path = office.chatflow(PAGE, "menu", flow()).await;
    let place = format!("{path}/translations/en");
    let texts = json!([
        { "pointer": HELLO, "target": "Hello" },
        { "pointer": "/nodes/b/0/text", "target": "x" },
        { "pointer": "/nodes/a/1/text", "source": "Eh ?", "target": "So what?" },
        { "pointer": "/nodes/a/1/options/0/title", "target": "a title that is longer than it may be" }
    ]);
    let problem = office.put(&place).json(json!({ "texts": texts })).send().await.refused(422, "invalid_body");
    let found: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    let expected =
        [("/texts/0", "lost_placeholder"), ("/texts/1", "unknown_key"), ("/texts/2", "changed_source"), ("/texts/3", "too_long")];
    assert_eq!(found, expected);
    assert_eq!(office.show(&format!("{path}/draft")).await, flow());
    let sent = |kind: &'static str, body: &'static str| office.put(&place).header("content-type", kind).body(body).send();
    sent("text/csv", "a,b\n").await.refused(422, "invalid_body");
    sent("application/xliff+xml", "<a/>").await.refused(422, "invalid_body");
    sent("text/plain", "x").await.refused(415, "unsupported_media_type");
    office.put(&place).json(json!({ "texts": [], "locale": "de" })).send().await.refused(422, "invalid_body");
    office.get(&format!("{path}/translations/english")).send().await.refused(400, "invalid_path");
}

use serde_json::{Value, json};

use super::{Change, State, apply, csv, table, xliff};
use crate::flow::check::Env;

fn document() -> Value {
    json!({
        "spec_version": "1.0", "languages": ["fr", "en", "fr_CA"], "start": "a",
        "variables": { "order": { "default": "x" } },
        "texts": { "error": "Oups" },
        "nodes": { "a": [
            { "type": "send_text", "text": { "fr": "Commande {{ order }} & \"co\" <3\r\n=fin", "en": "Order {{ order }}" } },
            { "type": "ask", "text": { "fr": "Où ?" }, "options": [{ "title": { "fr": "Ici", "en": "Here" } }] }
        ] }
    })
}

const SAID: &str = "/nodes/a/0/text";
const WHERE: &str = "/nodes/a/1/text";
const TITLE: &str = "/nodes/a/1/options/0/title";

fn change(pointer: &str, target: &str) -> Change {
    Change { place: format!("#{pointer}"), pointer: pointer.into(), source: None, target: Some(target.into()) }
}

fn refused(locale: &str, changes: &[Change]) -> Vec<(String, &'static str)> {
    let refusals = apply(&document(), locale, &Env::default(), changes).unwrap_err();
    refusals.into_iter().map(|refusal| (refusal.place, refusal.code)).collect()
}

#[test]
fn every_text_stands_in_the_table_with_its_state() {
    let states = |locale: &str| table(&document(), locale).texts.iter().map(|row| row.state).collect::<Vec<_>>();
    assert_eq!(states("fr"), [State::Translated; 4]);
    assert_eq!(states("en"), [State::Shared, State::Translated, State::Missing, State::Translated]);
    assert_eq!(states("fr_CA"), [State::Shared, State::Fallback, State::Fallback, State::Fallback]);
    let english = table(&document(), "en");
    let pointers: Vec<&str> = english.texts.iter().map(|row| row.pointer.as_str()).collect();
    assert_eq!(pointers, ["/texts/error", SAID, WHERE, TITLE]);
    assert_eq!((english.source_locale.as_str(), english.texts[3].max_length, english.texts[0].max_length), ("fr", 20, 5_000));
    assert_eq!((english.texts[2].source.as_str(), english.texts[2].target.as_deref()), ("Où ?", None));
}

#[test]
fn a_file_that_comes_back_as_it_went_changes_nothing() {
    for locale in ["fr", "en", "fr_CA", "de"] {
        let before = table(&document(), locale);
        for (name, changes) in [("csv", csv::read(&csv::write(&before))), ("xliff", xliff::read(&xliff::write(&before), &before))] {
            let changes = changes.unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
            assert_eq!(changes.len(), before.texts.len(), "{name}");
            let after = apply(&document(), locale, &Env::default(), &changes).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
            assert_eq!(after, document(), "{name} {locale}");
        }
    }
}

#[test]
fn translations_go_where_they_belong() {
    let changes = [change("/texts/error", "Oops"), change(WHERE, "Where?"), change(SAID, "{{order}}: order"), change(TITLE, " ")];
    let after = apply(&document(), "en", &Env::default(), &changes).unwrap();
    assert_eq!(after["texts"]["error"], json!({ "fr": "Oups", "en": "Oops" }));
    assert_eq!(after.pointer(WHERE).unwrap()["en"], "Where?");
    assert_eq!(after.pointer(SAID).unwrap()["en"], "{{order}}: order");
    assert_eq!(after.pointer(TITLE).unwrap(), &json!({ "fr": "Ici" }), "an empty target is none");
    assert_eq!(after["languages"], document()["languages"]);
    let german = apply(&document(), "de", &Env::default(), &[change(WHERE, "Wo?")]).unwrap();
    assert_eq!(german["languages"], json!(["fr", "en", "fr_CA", "de"]));
    let source = apply(&document(), "fr", &Env::default(), &[change("/texts/error", "Zut"), change(WHERE, "Où donc ?")]).unwrap();
    assert_eq!((&source["texts"]["error"], &source.pointer(WHERE).unwrap()["fr"]), (&json!("Zut"), &json!("Où donc ?")));
}

#[test]
fn what_the_server_says_on_its_own_is_translated_where_it_has_no_words() {
    let own = |locale: &str| -> Vec<String> {
        let rows = table(&document(), locale).texts.into_iter().skip(4);
        rows.map(|row| format!("{} {} {:?}", row.pointer, row.source, row.state)).collect()
    };
    let french = [
        "/texts/stale_choice Ce choix n'est plus d'actualité. Missing",
        "/texts/invalid_option Je n'ai pas compris. Choisissez une des réponses proposées. Missing",
    ];
    assert_eq!((own("de").as_slice(), own("en").len(), own("fr").len()), (&french.map(str::to_owned)[..], 0, 0));
    let after = apply(&document(), "de", &Env::default(), &[change("/texts/invalid_option", "Wie bitte?")]).unwrap();
    let texts = &after["texts"]["invalid_option"];
    assert_eq!((&texts["de"], &texts["en"]), (&json!("Wie bitte?"), &json!("I did not get that. Please pick one of the answers.")));
    assert_eq!(texts.as_object().unwrap().keys().collect::<Vec<_>>(), ["fr", "en", "fr_CA", "de"], "the others are told what they were");
    assert_eq!(after["languages"], json!(["fr", "en", "fr_CA", "de"]));
    let german = json!({ "spec_version": "1.0", "languages": ["de"], "start": "a", "nodes": { "a": [
        { "type": "ask", "text": "Ja?", "answer": "yes_no" }] } });
    let after = apply(&german, "de", &Env::default(), &[change("/texts/yes", "Ja")]).unwrap();
    assert_eq!(after["texts"], json!({ "yes": { "de": "Ja" } }));
    let long = change("/texts/no", "Nein, ganz und gar nicht");
    assert_eq!(apply(&german, "de", &Env::default(), &[long]).unwrap_err()[0].code, "too_long");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let stale = Change { source: Some("Où ça ?".into()), ..change(WHERE, "Where?") };
    let changes = [
        change("/nodes/b/0/text", "x"),
        change(SAID, "Your order"),
        stale,
        change(WHERE, "again"),
        change(TITLE, "a title that is far too long"),
        change("/texts/error", "{{ nobody }}"),
    ];
    let found = refused("en", &changes);
    let expected = [
        ("#/nodes/b/0/text", "unknown_key"),
        ("#/nodes/a/0/text", "lost_placeholder"),
        ("#/nodes/a/1/text", "changed_source"),
        ("#/nodes/a/1/text", "duplicate_key"),
        ("#/nodes/a/1/options/0/title", "too_long"),
        ("#/texts/error", "unset_variable"),
    ];
    assert_eq!(found.iter().map(|(place, code)| (place.as_str(), *code)).collect::<Vec<_>>(), expected);
    assert_eq!(refused("fr", &[change(WHERE, "")]), [(format!("#{WHERE}"), "source_removed")]);
    assert_eq!(refused("english", &[])[0].1, "wrong_locale");
    assert_eq!(refused("en", &[change(WHERE, "{{ broken")]), [(format!("#{WHERE}"), "bad_template")]);
}

#[test]
fn a_spreadsheet_may_write_the_file_back_in_its_own_way() {
    let semicolons = "\u{feff}pointer;target;source\r\n/nodes/a/1/text;\"Where; \"\"exactly\"\"?\";Où ?\r\n";
    let changes = csv::read(semicolons).unwrap();
    assert_eq!(changes[0].target.as_deref(), Some("Where; \"exactly\"?"));
    let codes = |text: &str| csv::read(text).unwrap_err().into_iter().map(|refusal| (refusal.place, refusal.code)).collect::<Vec<_>>();
    assert_eq!(codes("pointer,target,note\n"), [("#row=1".into(), "wrong_column"), ("#row=1".into(), "wrong_column")]);
    assert_eq!(codes("pointer,source,target\na,b\nc,d,e\nf,g,h,i\n"), [("#row=2".into(), "unreadable"), ("#row=4".into(), "unreadable")]);
}

#[test]
fn what_a_tool_does_to_a_placeholder_does_not_matter_unless_it_is_lost() {
    let english = table(&document(), "en");
    let file = xliff::write(&english);
    assert!(file.contains("Commande <ph id=\"1\">{{ order }}</ph> &amp; &quot;co&quot; &lt;3&#13;\n=fin"), "{file}");
    let translated = |target: &str| file.replace("Order <ph id=\"1\">{{ order }}</ph>", target);
    let said = |target: &str| xliff::read(&translated(target), &english).map(|changes| changes[1].target.clone().unwrap());
    assert_eq!(said("<g id=\"9\">No. <x id=\"1\"/></g><![CDATA[ & ]]>&#233;").unwrap(), "No. {{ order }} & é");
    assert_eq!(said("<ph id=\"2\"/>").unwrap_err()[0].code, "lost_placeholder");
    let lost = xliff::read(&translated("Order"), &english).unwrap();
    assert_eq!(apply(&document(), "en", &Env::default(), &lost).unwrap_err()[0].code, "lost_placeholder");
}

#[test]
fn a_file_of_another_kind_or_locale_is_refused() {
    let english = table(&document(), "en");
    let german = table(&document(), "de");
    assert_eq!(xliff::read(&xliff::write(&german), &english).unwrap_err()[0].code, "wrong_locale");
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><xliff version=\"1.2\" xmlns=\"urn:oasis:names:tc:xliff:document:1.2\">&a;</xliff>";
    let deep = "<a>".repeat(200_000);
    for text in ["", "{}", "<a/>", "<xliff version=\"2.0\"/>", entities, &deep] {
        assert_eq!(xliff::read(text, &english).unwrap_err()[0].code, "unreadable");
    }
}

#[test]
fn what_xml_cannot_hold_survives() {
    let mut odd = document();
    odd["nodes"]["a"][1]["text"] = json!({ "fr": "a\u{7}b\u{ffff}" });
    let before = table(&odd, "en");
    let end = "<ph id=\"2\">\u{fffd}</ph></source>";
    let file = xliff::write(&before).replace(end, &format!("{end}<target>x<ph id=\"2\"/>y<ph id=\"1\"/></target>"));
    let row = xliff::read(&file, &before).unwrap().into_iter().find(|change| change.pointer == WHERE).unwrap();
    assert_eq!((row.source.as_deref(), row.target.as_deref()), (Some("a\u{7}b\u{ffff}"), Some("x\u{ffff}y\u{7}")));
}

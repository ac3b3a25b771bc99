use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::ids::Psid;
use crate::domain::message::WebLink;

fn sent(message: &MessageOut) -> Value {
    let request = request(message, &Psid::from("P1"), Permission::Response, "ms_1").unwrap();
    serde_json::from_slice(&request.body).unwrap()
}

fn texts(message: MessageOut) -> Vec<String> {
    split(message)
        .into_iter()
        .map(|part| match part.content {
            Content::Text { text } | Content::Buttons { text, .. } => text,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_text_with_quick_replies_is_written_as_the_send_api_wants_it() {
    let message = MessageOut {
        quick_replies: vec![QuickReply::Text { title: "Oui".into(), payload: "t1".into() }, QuickReply::PhoneNumber, QuickReply::Email],
        ..MessageOut::text("Ça va ?")
    };
    assert_eq!(
        sent(&message),
        json!({
            "recipient": {"id": "P1"},
            "messaging_type": "RESPONSE",
            "message": {
                "text": "Ça va ?",
                "quick_replies": [
                    {"content_type": "text", "title": "Oui", "payload": "t1"},
                    {"content_type": "user_phone_number"},
                    {"content_type": "user_email"},
                ],
                "metadata": "ms_1",
            },
        })
    );
}

#[test]
fn media_buttons_cards_and_raw_messages_are_written_as_the_send_api_wants_them() {
    let buttons = vec![
        Button::Postback { title: "Yes".into(), payload: "Y".into() },
        Button::Url { title: "Site".into(), url: "https://x.test".into(), height: Some(WebviewHeight::Tall) },
        Button::Phone { title: "Call".into(), number: "+3312345678".into() },
    ];
    let button_bodies = json!([
        {"type": "postback", "title": "Yes", "payload": "Y"},
        {"type": "web_url", "title": "Site", "url": "https://x.test", "webview_height_ratio": "tall"},
        {"type": "phone_number", "title": "Call", "payload": "+3312345678"},
    ]);
    let card = Card {
        title: "T".into(),
        subtitle: Some("S".into()),
        image_url: Some("https://x.test/i.png".into()),
        default_action: Some(WebLink { url: "https://x.test/t".into(), height: None }),
        buttons: buttons.clone(),
    };
    let cases = [
        (
            Content::Media { media: MediaKind::Image, url: "https://x.test/i.png".into() },
            json!({"attachment": {"type": "image", "payload": {"url": "https://x.test/i.png"}}, "metadata": "ms_1"}),
        ),
        (
            Content::Buttons { text: "Choose".into(), buttons },
            json!({
                "attachment": {"type": "template", "payload": {"template_type": "button", "text": "Choose", "buttons": button_bodies}},
                "metadata": "ms_1",
            }),
        ),
        (
            Content::Cards { cards: vec![card] },
            json!({
                "attachment": {"type": "template", "payload": {"template_type": "generic", "elements": [
                    {"title": "T", "subtitle": "S", "image_url": "https://x.test/i.png",
                        "default_action": {"type": "web_url", "url": "https://x.test/t"}, "buttons": button_bodies},
                ]}},
                "metadata": "ms_1",
            }),
        ),
        (Content::Raw { message: json!({"sticker_id": "369239263222822"}) }, json!({"sticker_id": "369239263222822", "metadata": "ms_1"})),
    ];
    for (content, expected) in cases {
        let message = MessageOut { content, quick_replies: vec![] };
        assert_eq!(sent(&message)["message"], expected);
    }
}

#[test]
fn quick_replies_of_a_raw_message_are_kept() {
    let content = Content::Raw { message: json!({"text": "?"}) };
    let message = MessageOut { content, quick_replies: vec![QuickReply::Email] };
    assert_eq!(sent(&message)["message"]["quick_replies"], json!([{"content_type": "user_email"}]));
}

#[test]
fn a_persons_late_answer_carries_the_human_agent_tag() {
    let request = request(&MessageOut::text("Hi"), &Psid::from("P1"), Permission::HumanAgent, "ms_1").unwrap();
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&body["messaging_type"], &body["tag"]), (&json!("MESSAGE_TAG"), &json!("HUMAN_AGENT")));
}

#[test]
fn what_the_guard_or_the_limits_forbid_makes_no_request() {
    let refused = request(&MessageOut::text("Hi"), &Psid::from("P1"), Permission::Refused(Refusal::NeverOpened), "ms_1");
    assert_eq!(refused, Err(Unsendable::Refused(Refusal::NeverOpened)));
    let empty = request(&MessageOut::text(""), &Psid::from("P1"), Permission::Response, "ms_1");
    assert_eq!(empty.unwrap_err().to_string(), "Messenger would refuse it: the text is empty at `/text`");
}

#[test]
fn a_sender_action_stands_alone() {
    let body: Value = serde_json::from_slice(&action(&Psid::from("P1"), SenderAction::TypingOn).body).unwrap();
    assert_eq!(body, json!({"recipient": {"id": "P1"}, "sender_action": "typing_on"}));
}

#[test]
fn a_long_text_is_cut_after_a_sentence_and_its_quick_replies_go_last() {
    let sentence = format!("{}.", "word ".repeat(60).trim_end());
    let text = [sentence.as_str(); 12].join(" ");
    let message = MessageOut { quick_replies: vec![QuickReply::Email], ..MessageOut::text(text.clone()) };
    let parts = split(message.clone());
    assert_eq!(parts.iter().map(|part| part.quick_replies.len()).collect::<Vec<_>>(), [0, 1]);
    let texts = texts(message);
    assert!(texts.iter().all(|part| part.ends_with('.')), "{texts:?}");
    assert_eq!(texts.join(" "), text);
}

#[test]
fn a_paragraph_is_a_better_place_than_a_sentence_and_a_word_is_the_last_resort() {
    let paragraph = format!("{}\n\n{}", "a".repeat(1_500), "Short. ".repeat(200).trim_end());
    assert_eq!(texts(MessageOut::text(paragraph))[0], "a".repeat(1_500));
    let words = texts(MessageOut::text("abcdefgh ".repeat(400)));
    assert!(words.iter().all(|part| part.split(' ').all(|word| word == "abcdefgh")), "{words:?}");
    assert_eq!(texts(MessageOut::text("x".repeat(4_000))).iter().map(String::len).collect::<Vec<_>>(), [1_990, 1_990, 20]);
}

#[test]
fn a_family_emoji_is_not_torn_apart() {
    let family = "👨\u{200d}👩\u{200d}👧";
    for part in texts(MessageOut::text(family.repeat(500))) {
        assert!(part.starts_with('👨') && part.ends_with('👧'), "{part}");
    }
}

#[test]
fn a_long_text_above_buttons_goes_before_them() {
    let text = format!("{} What now?", "This is a sentence. ".repeat(150).trim_end());
    let button = Button::Postback { title: "Go".into(), payload: "G".into() };
    let parts = split(MessageOut { content: Content::Buttons { text: text.clone(), buttons: vec![button] }, quick_replies: vec![] });
    assert!(parts.iter().all(|part| limits::problems(part).is_empty()));
    let kinds: Vec<bool> = parts.iter().map(|part| matches!(part.content, Content::Buttons { .. })).collect();
    assert_eq!(kinds, [false, false, true]);
    let Content::Buttons { text: last, .. } = &parts[2].content else { panic!() };
    assert!(last.ends_with("What now?"));
}

#[test]
fn more_buttons_and_cards_than_fit_continue_in_further_bubbles() {
    let button = |n: usize| Button::Postback { title: format!("B{n}"), payload: "p".into() };
    let parts = split(MessageOut {
        content: Content::Buttons { text: "Pick".into(), buttons: (0..7).map(button).collect() },
        quick_replies: vec![],
    });
    let counts: Vec<usize> = parts
        .iter()
        .map(|part| match &part.content {
            Content::Buttons { buttons, .. } => buttons.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [3, 3, 1]);
    let card = Card { title: "T".into(), subtitle: Some("S".into()), image_url: None, default_action: None, buttons: vec![] };
    let parts = split(MessageOut { content: Content::Cards { cards: vec![card; 23] }, quick_replies: vec![] });
    assert_eq!(parts.len(), 3);
}

proptest! {
    #[test]
    fn cutting_loses_no_letter_and_every_part_fits(text in "[a-zé😀 .\\n]{0,6000}") {
        prop_assume!(!text.trim().is_empty());
        let parts = texts(MessageOut::text(text.clone()));
        let solid = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
        prop_assert_eq!(solid(&parts.concat()), solid(&text));
        for part in &parts {
            prop_assert!(limits::problems(&MessageOut::text(part.clone())).is_empty());
        }
    }

    #[test]
    fn cutting_above_buttons_loses_no_letter_and_every_part_fits(text in "[a-zé😀 .\\n]{1,3000}") {
        prop_assume!(!text.trim().is_empty());
        let button = Button::Postback { title: "Go".into(), payload: "G".into() };
        let parts = split(MessageOut { content: Content::Buttons { text: text.clone(), buttons: vec![button] }, quick_replies: vec![] });
        for part in &parts {
            prop_assert!(limits::problems(part).is_empty(), "{part:?}");
        }
    }
}

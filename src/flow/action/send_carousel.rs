//! The action `send_carousel`.

use serde_json::Value;

use crate::domain::message::limits::unmendable;
use crate::domain::message::{Card, Content, MessageOut};
use crate::flow::expression::Expression;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::{AnsweredTarget, OfItem, Save, Whole};
use crate::flow::run::{Arrived, Next, Run};
use crate::flow::session::Wait;
use crate::flow::text::{Short, Text};
use crate::flow::web_url::LinkUrl;

use super::ask::Choice;
use super::buttons::{self, ButtonSpec, Height, Key, Showing, Waiting};
use super::{Behaviour, Shape};

document! {
    /// Shows cards side by side: written out, or one for each element of a list.
    ///
    /// In `card`, `item` is the element and `number` counts from 1. More than ten cards become several carousels. Where a
    /// button leads to the flow, it waits for a tap, or for a message that says a button, a card's title, or its number. A
    /// button that is tapped later counts too, as long as the session runs; after that it is a stale choice.
    ///
    /// ```json
    /// { "type": "send_carousel", "cards": [
    ///   { "title": "Brume", "subtitle": "Table lamp, 89 €", "image": "https://shop.example/brume.jpg",
    ///     "url": "https://shop.example/brume", "buttons": [ { "title": "Order", "goto": "menu" } ] },
    ///   { "title": "Aurore", "subtitle": "Floor lamp, 149 €" } ] }
    /// ```
    ///
    /// ```json
    /// { "type": "send_carousel", "each": "state.lamps", "save": "lamp", "empty": "We are sold out.",
    ///   "card": { "title": "{{ item.name }}", "subtitle": "{{ item.price }} €", "image": "{{ item.picture }}",
    ///     "buttons": [ { "title": "Order", "value": "{{ item.id }}", "goto": "menu" } ] } }
    /// ```
    pub struct SendCarousel {
        /// The cards.
        pub cards: Vec<CardSpec> = Vec::new(),
        /// Instead: a list, and
        pub each: Option<Expression>,
        /// the card for each of its elements; at most 30 are shown.
        pub card: Option<OfItem<CardSpec>>,
        /// Said where the list has no elements.
        pub empty: Option<Text>,
        /// Quick replies under it.
        pub options: Vec<Choice> = Vec::new(),
        /// The variable that gets the value of what was tapped.
        pub save: Option<Save>,
        /// Wait for a tap before the next action; true where something can be tapped that leads to the flow.
        pub wait: Option<bool>,
        /// How often a message that says none of them is answered with `invalid`; 3 where `exhausted` says what follows.
        pub attempts: Option<Whole<1, 20>>,
        /// Said when a message says none of them.
        pub invalid: Option<Text>,
        /// Where to go on when no attempt is left.
        pub exhausted: Option<AnsweredTarget>,
    }
}

document! {
    /// A card: its title, and at least one thing more.
    pub struct CardSpec {
        /// At most 80 characters.
        pub title: Short<80>,
        /// At most 80 characters.
        pub subtitle: Option<Short<80>>,
        /// The picture over it.
        pub image: Option<LinkUrl>,
        /// The web page that a tap on the card opens.
        pub url: Option<LinkUrl>,
        /// How much of the screen that page takes.
        pub height: Option<Height>,
        /// At most three.
        pub buttons: Vec<ButtonSpec> = Vec::new(),
    }
}

impl Behaviour for SendCarousel {
    fn settle(&mut self, r: &mut Reader<'_>) {
        match (self.cards.len(), &self.each, &self.card) {
            (0, None, None) => r.issue(Code::MissingField, "there are no cards", "write `cards`, or `each` and `card`"),
            (1.., None, None) | (0, Some(_), Some(_)) => {}
            (1.., _, _) => r.issue(Code::WrongValue, "`cards` and `each` exclude each other", ""),
            (_, Some(_), None) => r.issue(Code::MissingField, "`card` is missing", "it is the card for each element"),
            (_, None, Some(_)) => r.issue(Code::MissingField, "`each` is missing", "it is the list whose elements become cards"),
        }
        if self.empty.is_some() && self.each.is_none() {
            r.at("empty", |r| r.issue(Code::NoEffect, "`empty` means nothing without `each`", ""));
        }
        r.at("cards", |r| match self.cards.len() {
            count if count > limits::CARDS => r.issue(Code::TooLarge, format!("more than {} cards", limits::CARDS), ""),
            count if count > limits::CARDS_IN_ONE => {
                let message = format!("Messenger shows at most {} cards in one carousel: they become several", limits::CARDS_IN_ONE);
                r.issue(Code::CarouselSplit, message, "people rarely look at more");
            }
            _ => {}
        });
        for (i, card) in self.cards.iter().enumerate() {
            r.at("cards", |r| r.at(&i.to_string(), |r| card.check(r)));
        }
        if let Some(card) = &self.card {
            r.at("card", |r| card.0.check(r));
        }
        let cards = self.cards.iter().chain(self.card.as_ref().map(|card| &card.0));
        let keys: Vec<Key> = cards.flat_map(|card| &card.buttons).filter_map(ButtonSpec::key).collect();
        self.wait = Some(buttons::settle_wait(r, self.wait, self.save.as_ref(), &self.options, &keys));
        if self.wait == Some(true) && self.invalid.is_none() {
            buttons::note_own_texts(r, self.attempts.is_some() || self.exhausted.is_some());
        }
    }

    fn shape(&self) -> Shape {
        Shape { waits: self.waits() && self.each.is_none(), speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        if self.show(run) && self.waits() { Next::Wait(Wait::Answer { attempt: 0 }) } else { Next::On }
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        let said = matches!(arrived, Arrived::Said(_));
        let goto = |index: usize| self.button(index).and_then(|button| button.goto).map(|target| target.0);
        self.keys().arrived(run, arrived, goto, |run, own| {
            if said {
                // The cards still stand above and can be tapped.
                let words = buttons::invalid_words(run, own);
                self.repeat_options(run, words);
            } else {
                self.show(run);
            }
        })
    }

    fn waiting(&self) -> Option<Waiting<'_>> {
        Some(self.keys())
    }
}

impl CardSpec {
    fn check(&self, r: &mut Reader<'_>) {
        if self.subtitle.is_none() && self.image.is_none() && self.url.is_none() && self.buttons.is_empty() {
            let hint = "add `subtitle`, `image`, `url` or `buttons`";
            r.issue(Code::MissingField, "Messenger refuses a card that has only a title", hint);
        }
        if self.height.is_some() && self.url.is_none() {
            r.at("height", |r| r.issue(Code::NoEffect, "`height` means nothing without `url`", ""));
        }
        buttons::check(r, &self.buttons);
    }

    /// `None`: it cannot be shown, and that is told.
    fn show(&self, run: &mut Run<'_>, showing: &mut Showing, place: usize) -> Option<Card> {
        let title = run.text(&self.title.0)?;
        let subtitle = self.subtitle.as_ref().and_then(|text| run.text(&text.0));
        let image_url = self.image.as_ref().and_then(|url| run.plain(&url.0)).filter(|url| !url.is_empty());
        let default_action = buttons::link(run, self.url.as_ref(), self.height);
        let first = place * limits::BUTTONS;
        let shown = |(i, button)| showing.button(run, button, first + i, Some(&title));
        let buttons = self.buttons.iter().enumerate().filter_map(shown).collect();
        if self.buttons.iter().filter_map(ButtonSpec::key).count() == 1 {
            showing.also(&title);
        }
        Some(Card { title, subtitle, image_url, default_action, buttons })
    }
}

impl SendCarousel {
    fn waits(&self) -> bool {
        self.wait.unwrap_or(false)
    }

    fn keys(&self) -> Waiting<'_> {
        Waiting {
            save: self.save.as_ref(),
            attempts: self.attempts,
            invalid: self.invalid.as_ref(),
            exhausted: self.exhausted,
            options: &self.options,
        }
    }

    fn button(&self, index: usize) -> Option<&ButtonSpec> {
        let card = match &self.card {
            Some(card) => &card.0,
            None => self.cards.get(index / limits::BUTTONS)?,
        };
        card.buttons.get(index % limits::BUTTONS)
    }

    /// Whether cards were shown.
    fn show(&self, run: &mut Run<'_>) -> bool {
        let mut showing = Showing::new(run);
        let mut cards = Vec::new();
        match (&self.each, &self.card) {
            (Some(list), Some(card)) => {
                let Some(items) = self.items(run, list) else { return false };
                for (place, item) in items.into_iter().enumerate() {
                    let shown = run.with_item(item, place + 1, |run| card.0.show(run, &mut showing, place));
                    keep_good(run, &mut cards, place, shown);
                }
            }
            _ => {
                for (place, card) in self.cards.iter().enumerate() {
                    let shown = card.show(run, &mut showing, place);
                    keep_good(run, &mut cards, place, shown);
                }
            }
        }
        let chips = showing.chips(run, &self.options);
        showing.keep(run);
        if cards.is_empty() {
            run.say_error();
            return false;
        }
        run.say_within_limits(Content::Cards { cards }, chips)
    }

    /// `None`: there are none, and that is said.
    fn items(&self, run: &mut Run<'_>, list: &Expression) -> Option<Vec<Value>> {
        let mut items = match run.value(list) {
            Some(Value::Array(items)) => items,
            None => Vec::new(),
            Some(_) => {
                run.report("wrong_type", format!("`{}` is no list: no cards were shown", list.source()));
                return None;
            }
        };
        if items.len() > limits::CARDS {
            run.report("too_many_cards", format!("the list has {} elements: only the first {} are shown", items.len(), limits::CARDS));
            items.truncate(limits::CARDS);
        }
        if items.is_empty() {
            match &self.empty {
                Some(text) => run.say_text(text),
                None => run.report("empty_list", format!("`{}` has no elements: no cards were shown", list.source())),
            }
            return None;
        }
        Some(items)
    }

    fn repeat_options(&self, run: &mut Run<'_>, words: String) {
        let place = run.place_key();
        let Some(offer) = run.offer(&place).cloned() else { return run.say(Content::Text { text: words }, Vec::new()) };
        let chips = buttons::chips_again(run, &offer, &self.options);
        run.say(Content::Text { text: words }, chips);
    }
}

/// A card that Messenger would refuse would take the others with it.
fn keep_good(run: &mut Run<'_>, cards: &mut Vec<Card>, place: usize, card: Option<Card>) {
    let Some(card) = card else { return };
    let message = MessageOut { content: Content::Cards { cards: vec![card.clone()] }, quick_replies: Vec::new() };
    let problems: Vec<String> = unmendable(&message).iter().map(ToString::to_string).collect();
    if problems.is_empty() {
        cards.push(card);
    } else {
        let told = format!("Messenger would refuse card {}, it is left out: {}", place + 1, problems.join("; "));
        run.report("send_api_limit", told);
    }
}

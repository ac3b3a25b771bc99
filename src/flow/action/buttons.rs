//! Lasting buttons of bubbles: how a document writes them, how they are shown, what a tap or a word for one does.
//!
//! Used by the actions that say something with buttons. A tap's option is the round of the showing and, below it, the
//! button's index among everything that can be tapped there.

use serde_json::Value;

use crate::domain::event::MessageIn;
use crate::domain::message::limits::{CHOICE_TITLE, chars};
use crate::domain::message::{Button, QuickReply, WebLink, WebviewHeight};
use crate::flow::answer::options;
use crate::flow::issue::Code;
use crate::flow::limits;
use crate::flow::read::{Reader, document, words};
use crate::flow::read_types::{AnsweredTarget, Save, Whole};
use crate::flow::run::{Arrived, Heard, Next, Run};
use crate::flow::session::{Offer, OfferedKey, Wait};
use crate::flow::template::{Json, Template};
use crate::flow::text::{Text, TextKey, Title};
use crate::flow::web_url::LinkUrl;
use crate::flow::words::normalise;

use super::ask::Choice;

words! {
    /// How much of the screen a web page opened from a message takes.
    pub enum Height {
        /// Half of it.
        Compact = "compact",
        /// Three quarters.
        Tall = "tall",
        /// All of it.
        Full = "full",
    }
}

document! {
    /// A button. With `url` it opens a web page, with `phone` it calls; else a tap is told to the flow.
    pub struct ButtonSpec {
        /// What stands on it: at most 20 characters.
        pub title: Title,
        /// The node to go on at when it is tapped.
        pub goto: Option<AnsweredTarget>,
        /// What `save` gets when it is tapped; its title unless said otherwise.
        pub value: Option<Json>,
        /// The web page that it opens.
        pub url: Option<LinkUrl>,
        /// How much of the screen that page takes; Messenger's own choice unless said otherwise.
        pub height: Option<Height>,
        /// The number that it calls, with its country: `+33123456789`.
        pub phone: Option<Template>,
    }
}

/// Something whose tap is told to the flow.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub leads: bool,
    pub valued: bool,
}

/// Quick replies come after all buttons that one message may have.
const FIRST_OPTION: usize = 100;

impl ButtonSpec {
    /// `None`: a tap on it is not told to the flow.
    pub fn key(&self) -> Option<Key> {
        let told = self.url.is_none() && self.phone.is_none();
        told.then(|| Key { leads: self.goto.is_some(), valued: self.value.is_some() })
    }

    pub fn check(&self, r: &mut Reader<'_>) {
        let own = self.goto.is_some() || self.value.is_some();
        if u8::from(own) + u8::from(self.url.is_some()) + u8::from(self.phone.is_some()) > 1 {
            r.issue(Code::WrongValue, "the button leads to more than one thing", "keep one of `goto`, `url` and `phone`");
        }
        if self.height.is_some() && self.url.is_none() {
            r.at("height", |r| r.issue(Code::NoEffect, "`height` means nothing without `url`", ""));
        }
        if self.phone.as_ref().and_then(Template::constant).is_some_and(|number| !number.starts_with('+')) {
            r.at("phone", |r| r.issue(Code::WrongValue, "the number does not begin with `+` and the country", "write `+33123456789`"));
        }
    }
}

/// At most three, each in order.
pub fn check(r: &mut Reader<'_>, buttons: &[ButtonSpec]) {
    r.at("buttons", |r| {
        if buttons.len() > limits::BUTTONS {
            r.issue(Code::TooLarge, format!("Messenger shows at most {} buttons", limits::BUTTONS), "use `options`, or a carousel");
        }
        for (i, button) in buttons.iter().enumerate() {
            r.at(&i.to_string(), |r| button.check(r));
        }
    });
}

pub fn height(height: Option<Height>) -> Option<WebviewHeight> {
    height.map(|height| match height {
        Height::Compact => WebviewHeight::Compact,
        Height::Tall => WebviewHeight::Tall,
        Height::Full => WebviewHeight::Full,
    })
}

pub fn link(run: &mut Run<'_>, url: Option<&LinkUrl>, tall: Option<Height>) -> Option<WebLink> {
    Some(WebLink { url: run.plain(&url?.0)?, height: height(tall) })
}

/// What is shown now, as it is gathered.
pub struct Showing {
    place: String,
    round: u8,
    keys: Vec<OfferedKey>,
}

impl Showing {
    pub fn new(run: &Run<'_>) -> Self {
        let place = run.place_key();
        let round = run.offer(&place).map_or(0, |offer| offer.round.wrapping_add(1));
        Self { place, round, keys: Vec::new() }
    }

    /// The payload of a key.
    pub fn key(&mut self, run: &Run<'_>, index: usize, words: Vec<String>, value: Value) -> String {
        let index = u8::try_from(index).unwrap_or(u8::MAX);
        self.keys.push(OfferedKey { index, words, value });
        run.token(u16::from(self.round) << 8 | u16::from(index))
    }

    /// `None`: it cannot be shown, and that is told. `around` are further words for it, such as its card's title.
    pub fn button(&mut self, run: &mut Run<'_>, spec: &ButtonSpec, index: usize, around: Option<&str>) -> Option<Button> {
        let title = run.text(&spec.title.text)?;
        if chars(&title) > CHOICE_TITLE {
            run.report("title_too_long", format!("the title of button {} has more than 20 characters: the button is left out", index + 1));
            return None;
        }
        if let Some(url) = &spec.url {
            return Some(Button::Url { title, url: run.plain(&url.0)?, height: height(spec.height) });
        }
        if let Some(phone) = &spec.phone {
            return Some(Button::Phone { title, number: run.plain(phone)?.replace([' ', '.', '-', '\u{a0}'], "") });
        }
        let value = spec.value.as_ref().map_or_else(|| Some(title.as_str().into()), |value| run.json(value))?;
        let mut words = vec![normalise(&title)];
        words.extend(around.map(|card| normalise(&format!("{card} {title}"))));
        let payload = self.key(run, index, words, value);
        Some(Button::Postback { title, payload })
    }

    pub fn chips(&mut self, run: &mut Run<'_>, options: &[Choice]) -> Vec<QuickReply> {
        let mut chips = Vec::new();
        for (i, option) in options.iter().enumerate() {
            let Some(title) = run.text(&option.title.text) else { continue };
            if chars(&title) > CHOICE_TITLE {
                run.report("title_too_long", format!("the title of option {} has more than 20 characters: it is left out", i + 1));
                continue;
            }
            let value = option.value.as_ref().map_or_else(|| title.as_str().into(), |said| said.value.clone());
            let mut words: Vec<String> = option.words().map(str::to_owned).collect();
            words.push(normalise(&title));
            let payload = self.key(run, FIRST_OPTION + i, words, value);
            chips.push(QuickReply::Text { title, payload });
        }
        chips
    }

    /// Another word for the key that was added last: its card's title, where it is the card's only key.
    pub fn also(&mut self, word: &str) {
        if let Some(key) = self.keys.last_mut() {
            key.words.push(normalise(word));
        }
    }

    pub fn keep(self, run: &mut Run<'_>) {
        if !self.keys.is_empty() {
            run.keep_offer(Offer { place: self.place, round: self.round, keys: self.keys });
        }
    }
}

/// What an action with buttons does with what comes.
pub struct Waiting<'a> {
    pub save: Option<&'a Save>,
    pub attempts: Option<Whole<1, 20>>,
    pub invalid: Option<&'a Text>,
    pub exhausted: Option<AnsweredTarget>,
    pub options: &'a [Choice],
}

impl Waiting<'_> {
    /// `goto` finds where a key leads, by its index; `again` shows everything anew.
    pub fn arrived(
        &self,
        run: &mut Run<'_>,
        arrived: Arrived<'_>,
        goto: impl Fn(usize) -> Option<u32>,
        again: impl Fn(&mut Run<'_>, Option<&Text>),
    ) -> Next {
        let attempt = run.attempt();
        let index = match arrived {
            Arrived::Tapped { option } => Some(usize::from(option & 0xFF)),
            Arrived::Said(message) => self.meant(run, message),
            _ => {
                again(run, None);
                return Next::Wait(Wait::Answer { attempt });
            }
        };
        let Some(index) = index else { return self.not_understood(run, attempt, again) };
        run.trace("button", true, &format!("number {}", index + 1));
        let place = run.place_key();
        let value =
            run.offer(&place).and_then(|offer| offer.keys.iter().find(|key| usize::from(key.index) == index)).map(|key| key.value.clone());
        if let Some((save, value)) = self.save.zip(value) {
            run.set(&save.0, value);
        }
        let target = match index.checked_sub(FIRST_OPTION) {
            Some(option) => self.options.get(option).and_then(|option| option.goto).map(|target| target.0),
            None => goto(index),
        };
        target.map_or(Next::On, Next::Goto)
    }

    fn not_understood(&self, run: &mut Run<'_>, attempt: u32, again: impl Fn(&mut Run<'_>, Option<&Text>)) -> Next {
        let attempt = attempt.saturating_add(1);
        run.trace("button", false, &format!("none was meant, attempt {attempt}"));
        if self.attempts.or(self.exhausted.map(|_| Whole(3))).is_some_and(|most| attempt >= most.0) {
            return self.exhausted.map_or(Next::On, |target| Next::Goto(target.0));
        }
        again(run, self.invalid);
        Next::Wait(Wait::Answer { attempt })
    }

    /// The key that the visitor's words mean. Words of several keys mean none of them.
    fn meant(&self, run: &Run<'_>, message: &MessageIn) -> Option<usize> {
        let said = normalise(message.text.as_deref()?);
        let place = run.place_key();
        let keys = &run.offer(&place)?.keys;
        let shared = |word: &str| keys.iter().filter(|key| key.words.iter().any(|other| other == word)).count() > 1;
        let words: Vec<options::Words<'_>> =
            keys.iter().map(|key| key.words.iter().filter(|word| !shared(word)).map(|word| word.as_str().into()).collect()).collect();
        options::find(&said, &words).and_then(|found| keys.get(found)).map(|key| usize::from(key.index))
    }

    /// It says itself what follows a message that means none of its keys.
    pub fn minds_misses(&self) -> bool {
        self.invalid.is_some() || self.attempts.is_some() || self.exhausted.is_some()
    }

    pub fn fits(&self, run: &Run<'_>, message: &MessageIn) -> bool {
        self.meant(run, message).is_some()
    }

    pub fn hears(&self, run: &Run<'_>, normalised: &str) -> Heard {
        let place = run.place_key();
        let exact = run.offer(&place).is_some_and(|offer| offer.keys.iter().any(|key| key.words.iter().any(|word| word == normalised)));
        if exact { Heard::Sure } else { Heard::Unsure }
    }
}

/// The quick replies of a showing that still counts.
pub fn chips_again(run: &mut Run<'_>, offer: &Offer, options: &[Choice]) -> Vec<QuickReply> {
    let mut chips = Vec::new();
    for (i, option) in options.iter().enumerate() {
        let index = FIRST_OPTION + i;
        let Some(title) = run.text(&option.title.text) else { continue };
        if offer.keys.iter().any(|key| usize::from(key.index) == index) {
            let option = u16::from(offer.round) << 8 | u16::try_from(index).unwrap_or(0xFF);
            chips.push(QuickReply::Text { title, payload: run.token(option) });
        }
    }
    chips
}

/// What is said over or instead of buttons when nothing was understood.
pub fn invalid_words(run: &mut Run<'_>, own: Option<&Text>) -> String {
    own.and_then(|text| run.text(text)).unwrap_or_else(|| run.own_text(TextKey::InvalidOption))
}

/// What the server says where nothing was understood; `counts`: the action counts the misses itself, whatever the fallback.
pub fn note_own_texts(r: &mut Reader<'_>, counts: bool) {
    let own = &mut r.found.own_texts;
    if counts { own.say(&[TextKey::InvalidOption]) } else { own.say_unless_fallback(TextKey::InvalidOption) }
}

/// Whether the action waits, and what may be wrong with that.
pub fn settle_wait(r: &mut Reader<'_>, wait: Option<bool>, save: Option<&Save>, options: &[Choice], told: &[Key]) -> bool {
    let keys = !options.is_empty() || !told.is_empty();
    let idle = save.is_none() && told.iter().any(|key| !key.leads);
    let waits = wait.unwrap_or(keys);
    if options.len() > limits::QUICK_REPLIES {
        let message = format!("Messenger shows at most {} quick replies", limits::QUICK_REPLIES);
        r.at("options", |r| r.issue(Code::TooLarge, message, "`ask` shows more, in pages"));
    }
    if !waits && !options.is_empty() {
        r.at("wait", |r| r.issue(Code::WrongValue, "quick replies vanish when more is said: the action must wait", "leave `wait` out"));
    } else if waits && !keys {
        r.at("wait", |r| r.issue(Code::NoEffect, "there is nothing to wait for: no button leads back to the flow", ""));
    } else if !waits && idle {
        r.issue(
            Code::NoEffect,
            "a button without `goto` does nothing when the action does not wait",
            "give it a `goto`, or `save` its value",
        );
    }
    if save.is_none() && told.iter().any(|key| key.valued) {
        r.issue(Code::NoEffect, "`value` means nothing without `save`", "");
    }
    waits && keys
}

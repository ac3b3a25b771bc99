//! What a step says: bubbles in order, within Messenger's limits and the step's own.

use super::effect::Effect;
use super::limits;
use super::run::Run;
use super::text::{Text, TextKey};
use crate::domain::message::limits::unmendable;
use crate::domain::message::{Content, MessageOut, QuickReply};

impl Run<'_> {
    /// Says a text; what cannot be computed becomes the flow's error text.
    pub fn say_text(&mut self, text: &Text) {
        self.failed = false;
        match self.text(text) {
            Some(words) => self.say(Content::Text { text: words }, Vec::new()),
            None if self.failed => self.say_error(),
            None => {}
        }
    }

    pub fn say_error(&mut self) {
        let text = self.own_text(TextKey::Error);
        self.say(Content::Text { text }, Vec::new());
    }

    /// A text of the server's own that is said only where the flow has words for it.
    pub fn say_if_given(&mut self, key: TextKey) {
        let flow = self.flow.clone();
        if let Some(text) = flow.texts.get(key) {
            self.say_text(text);
        }
    }

    /// As `say`, where expressions may have broken a limit that cutting does not mend: told, and the error text instead.
    /// Whether it was said.
    pub fn say_within_limits(&mut self, content: Content, quick_replies: Vec<QuickReply>) -> bool {
        let message = MessageOut { content, quick_replies };
        let problems = unmendable(&message);
        if problems.is_empty() {
            self.say(message.content, message.quick_replies);
            return true;
        }
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        self.report("send_api_limit", format!("Messenger would refuse the message: {}", told.join("; ")));
        self.say_error();
        false
    }

    pub fn say(&mut self, content: Content, quick_replies: Vec<QuickReply>) {
        if self.bubbles == limits::BUBBLES_PER_STEP {
            self.overflowed = true;
            return;
        }
        let between = if self.bubbles == 0 { 0 } else { self.flow.pause_ms };
        let pause_ms = between.max(std::mem::take(&mut self.pause_ms)).max(self.typed(&content));
        self.bubbles += 1;
        self.effects.push(Effect::Send { message: MessageOut { content, quick_replies }, pause_ms });
    }

    /// How long a person would type it.
    fn typed(&self, content: &Content) -> u32 {
        let (Content::Text { text } | Content::Buttons { text, .. }) = content else { return 0 };
        if self.flow.typing_ms == 0 {
            return 0;
        }
        let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let most = u32::try_from(limits::LONGEST_PAUSE_MS).unwrap_or(u32::MAX);
        characters.saturating_mul(self.flow.typing_ms).min(most)
    }

    /// Whether a bubble too many was to be said; once it has been asked, one more may be said.
    pub(super) fn take_overflow(&mut self) -> bool {
        let overflowed = std::mem::take(&mut self.overflowed);
        if overflowed {
            self.bubbles -= 1;
        }
        overflowed
    }

    /// Typing before the next bubble.
    pub fn pause(&mut self, millis: u32) {
        self.pause_ms = self.pause_ms.max(millis);
    }
}

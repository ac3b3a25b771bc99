//! Back, cancel and skip: their words, their quick replies; and how a form numbers what can be tapped.

use crate::domain::message::QuickReply;
use crate::flow::read::{Reader, words};
use crate::flow::run::Run;
use crate::flow::text::TextKey;
use crate::flow::words::normalise;

use super::Form;

words! {
    /// What a visitor may do beside answering.
    pub enum Control {
        /// Answer the question before again.
        Back = "back",
        /// Leave the form; what it collected is emptied.
        Cancel = "cancel",
        /// Leave this question out, where it is optional.
        Skip = "skip",
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Back,
    Cancel,
    Skip,
}

/// The byte above an option says what it belongs to: a field, or one of these.
pub const CONFIRM: u16 = 0xF000;
pub const CHANGE: u16 = 0xF100;
const COMMAND: u16 = 0xF200;

pub fn field_base(field: usize) -> u16 {
    u16::try_from(field).unwrap_or(0) << 8
}

const WORDS: [(Command, &[&str]); 3] = [
    (Command::Back, &["back", "go back", "previous", "retour", "revenir", "precedent", "en arriere"]),
    (Command::Cancel, &["cancel", "stop", "quit", "abort", "never mind", "annuler", "annule", "abandonner", "arreter", "laisse tomber"]),
    (Command::Skip, &["skip", "next", "pass", "passer", "passe", "suivant", "ignorer"]),
];

impl Control {
    pub fn command(self) -> Command {
        match self {
            Self::Back => Command::Back,
            Self::Cancel => Command::Cancel,
            Self::Skip => Command::Skip,
        }
    }
}

impl Command {
    pub fn key(self) -> TextKey {
        match self {
            Self::Back => TextKey::FormBack,
            Self::Cancel => TextKey::FormCancel,
            Self::Skip => TextKey::FormSkip,
        }
    }

    pub fn option(self) -> u16 {
        COMMAND | self as u16
    }

    pub fn of_option(option: u16) -> Option<Self> {
        [Self::Back, Self::Cancel, Self::Skip].into_iter().find(|command| command.option() == option)
    }
}

pub fn chip(run: &mut Run<'_>, key: TextKey, option: u16) -> QuickReply {
    let title = run.own_text(key);
    QuickReply::Text { title, payload: run.token(option) }
}

impl Form {
    /// What the server may say for it.
    pub(super) fn note_own_texts(&self, r: &mut Reader<'_>) {
        let own = &mut r.found.own_texts;
        own.say(&[TextKey::FormCancelled]);
        for control in &self.controls {
            own.say(&[control.command().key()]);
        }
        if self.confirm.is_some() {
            own.say(&[TextKey::Yes, TextKey::No, TextKey::InvalidYesNo, TextKey::FormChange, TextKey::InvalidOption]);
        }
    }

    /// The flow's own words for it, and those of the languages.
    pub(super) fn command(&self, run: &Run<'_>, said: &str) -> Option<Command> {
        let built_in = WORDS.iter().find(|(_, words)| words.contains(&said)).map(|(command, _)| *command);
        let own = |command: &Command| normalise(&run.quiet_own_text(command.key())) == said;
        built_in.or_else(|| [Command::Back, Command::Cancel, Command::Skip].into_iter().find(own))
    }
}

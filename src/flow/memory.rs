//! The small things that a session remembers for actions: counters and lasting buttons by place, pages, tokens.

use super::action::FormState;
use super::limits;
use super::run::Run;
use super::session::{Offer, Wait};
use super::token::Tap;
use crate::domain::ids::ChatflowId;
use crate::domain::message::QuickReply;

impl Run<'_> {
    /// A number from the turn's seed.
    pub fn random(&mut self) -> usize {
        usize::try_from(self.ids.next_u64() >> 33).unwrap_or(0)
    }

    /// A number of this very place, 0 at first.
    pub fn counter(&mut self) -> &mut u32 {
        let key = self.place_key();
        self.session.counters.entry(key).or_insert(0)
    }

    fn chatflow(&self) -> ChatflowId {
        self.session.frames.last().map_or(self.session.chatflow, |frame| frame.chatflow)
    }

    /// This very place, for what the session remembers of it.
    pub fn place_key(&self) -> String {
        self.session.place(self.chatflow(), self.node_name(), self.action)
    }

    /// This very place, told apart from those of all other chatflows.
    pub fn place_name(&self) -> String {
        format!("{}/{}#{}", self.chatflow(), self.node_name(), self.action)
    }

    /// How often the waiting question was answered wrongly.
    pub fn attempt(&self) -> u32 {
        match self.session.wait {
            Some(Wait::Answer { attempt }) => attempt,
            _ => 0,
        }
    }

    /// The lasting buttons of a place, as they were shown last.
    pub fn offer(&self, place: &str) -> Option<&Offer> {
        self.session.offers.iter().find(|offer| offer.place == place)
    }

    pub fn keep_offer(&mut self, offer: Offer) {
        let offers = &mut self.session.offers;
        offers.retain(|other| other.place != offer.place);
        if offers.len() == limits::OFFERS {
            offers.remove(0);
        }
        offers.push(offer);
    }

    /// Where the form of this place stands.
    pub fn form(&self) -> Option<&FormState> {
        self.session.forms.get(&self.place_key())
    }

    pub fn keep_form(&mut self, state: FormState) {
        let key = self.place_key();
        self.session.forms.insert(key, state);
    }

    pub fn forget_form(&mut self) {
        let key = self.place_key();
        self.session.forms.remove(&key);
    }

    /// Options of what `say` says are counted from `base`, and further quick replies stand under its last bubble.
    pub fn with_options(&mut self, base: u16, under: Vec<QuickReply>, say: impl FnOnce(&mut Self)) {
        (self.option_base, self.under) = (base, under);
        say(self);
        self.option_base = 0;
        self.under.clear();
    }

    /// Quick replies that belong under the question that is said, where there is room.
    pub fn take_under(&mut self) -> Vec<QuickReply> {
        std::mem::take(&mut self.under)
    }

    /// The page of options that was shown last.
    pub fn page(&self) -> usize {
        self.session.counters.get("page").map_or(0, |page| *page as usize)
    }

    pub fn turn_to(&mut self, page: usize) {
        self.session.counters.insert("page".into(), u32::try_from(page).unwrap_or(0));
    }

    /// The signed payload of an option of the running question.
    pub fn token(&self, option: u16) -> String {
        let frame = self.session.frames.last();
        let (chatflow, version) = frame.map_or((self.session.chatflow, self.session.version), |frame| (frame.chatflow, frame.version));
        let action = u16::try_from(self.action).unwrap_or(u16::MAX);
        let tap = Tap {
            session: self.session.id,
            chatflow,
            version,
            node: self.node_name().to_owned(),
            action,
            option: self.option_base + option,
        };
        tap.sign(self.world.token_key)
    }
}

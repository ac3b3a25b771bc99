//! What all sends of one page share: its slots, its pace, its token, and why its queue stands still.
//!
//! Here is when a message may leave; that it leaves is [`super::sending`]'s. Start with [`Gate::place`].

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::domain::Timestamp;
use crate::domain::ids::PageId;

/// A blocked page is probed with one message after this, where nothing better is known; a dead token costs one call.
const PROBE_EVERY: SignedDuration = SignedDuration::from_mins(30);
/// Meta counts calls per second.
const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// Audio and video have a limit of their own, 10 calls a second for a page (Send API, rate limiting). Below it, as calls
/// do not arrive as evenly as they leave.
const MEDIA_PER_SECOND: u32 = 8;

pub struct Gate {
    pub page: PageId,
    /// Sends under way.
    pub slots: Semaphore,
    pub state: Mutex<GateState>,
}

#[derive(Default)]
pub struct GateState {
    /// Read once; forgotten when the page is read anew.
    pub token: Option<SecretString>,
    /// Meta asked to wait, or its usage headers did.
    pub throttled_until: Option<Timestamp>,
    /// How often in a row Meta found that there were too many calls.
    pub throttles: u32,
    words: Pace,
    media: Pace,
    /// Nothing leaves until someone mends it, or until its probe.
    pub blocked: Option<Blocked>,
}

#[derive(Debug, Clone, Copy)]
pub struct Blocked {
    pub probe_at: Option<Timestamp>,
}

/// Which of Meta's two limits a message counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Everything else; the page's own setting is its limit.
    Words,
    /// Audio and video.
    Media,
}

/// When a message may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Now,
    /// Its place is kept.
    At(Timestamp),
    /// Beyond what its claim leaves: it is to be put back until then, and no place is kept.
    Later(Timestamp),
}

impl Gate {
    pub fn new(page: PageId, slots: usize) -> Self {
        Self { page, slots: Semaphore::new(slots), state: Mutex::default() }
    }

    pub fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next place at the page's pace and not while it is throttled, if that is not after `deadline`.
    pub fn place(&self, lane: Lane, per_second: u32, now: Timestamp, deadline: Timestamp) -> Place {
        let mut state = self.state();
        let earliest = state.throttled_until.map_or(now, |until| until.max(now));
        let place = match lane {
            Lane::Words => state.words.place(per_second, earliest, deadline),
            Lane::Media => state.media.place(per_second.min(MEDIA_PER_SECOND), earliest, deadline),
        };
        if place == Place::At(now) { Place::Now } else { place }
    }

    /// A small sign, such as typing, may leave this instant; it then counts as a send, as Meta counts it.
    pub fn has_room(&self, per_second: u32, now: Timestamp) -> bool {
        let mut state = self.state();
        state.throttled_until.is_none_or(|until| until <= now) && state.words.has_room(per_second, now)
    }

    /// Until when Meta wants to hear nothing from this page, where that is not over.
    pub fn throttled(&self, now: Timestamp) -> Option<Timestamp> {
        self.state().throttled_until.filter(|until| *until > now)
    }

    /// The page is silent for `wait` from now on, or longer where it was to be already.
    pub fn throttle(&self, now: Timestamp, wait: SignedDuration) -> Timestamp {
        let mut state = self.state();
        let until = state.throttled_until.map_or(now + wait, |earlier| earlier.max(now + wait));
        state.throttled_until = Some(until);
        until
    }

    /// A probe is due: a held message may be released and try. `since`: the blockade, as the page's state has it.
    pub fn probe_is_due(&self, since: Timestamp, now: Timestamp) -> bool {
        self.state().blockade(since).probe_at.is_some_and(|at| at <= now)
    }

    /// True for one message each time a probe is due: whether the page is still blocked is Meta's to say.
    pub fn may_probe(&self, since: Timestamp, now: Timestamp) -> bool {
        let mut state = self.state();
        let blocked = state.blockade(since);
        let due = blocked.probe_at.is_some_and(|at| at <= now);
        if due {
            blocked.probe_at = Some(now + PROBE_EVERY);
        }
        due
    }

    /// The page was read anew. What Meta said of its pace holds all the same, and so does a blockade that still stands.
    pub fn refresh(&self, still_blocked: bool) {
        let mut state = self.state();
        state.token = None;
        if !still_blocked {
            state.blocked = None;
        }
    }
}

impl GateState {
    /// After a restart the memory of the blockade is only in the page's state.
    fn blockade(&mut self, since: Timestamp) -> &mut Blocked {
        self.blocked.get_or_insert(Blocked { probe_at: Some(since + PROBE_EVERY) })
    }
}

/// At most so many sends within any second.
#[derive(Default)]
struct Pace {
    /// When the sends of the last second left, and when those to come will; in order.
    leaving: VecDeque<Timestamp>,
    /// Where the last message was put that found no place. They are spread, or they would all come back at once.
    put_off: Option<Timestamp>,
}

impl Pace {
    fn place(&mut self, per_second: u32, earliest: Timestamp, deadline: Timestamp) -> Place {
        let at = self.next(per_second, earliest);
        if at <= deadline {
            self.leaving.push_back(at);
            return Place::At(at);
        }
        let gap = SECOND / i32::try_from(per_second.max(1)).unwrap_or(i32::MAX);
        let later = self.put_off.map_or(at, |last| at.max(last + gap));
        self.put_off = Some(later);
        Place::Later(later)
    }

    fn has_room(&mut self, per_second: u32, now: Timestamp) -> bool {
        let room = self.next(per_second, now) <= now;
        if room {
            self.leaving.push_back(now);
        }
        room
    }

    /// Never before one that was given out: the places are in order.
    fn next(&mut self, per_second: u32, earliest: Timestamp) -> Timestamp {
        while self.leaving.front().is_some_and(|left| *left + SECOND <= earliest) {
            self.leaving.pop_front();
        }
        let limit = usize::try_from(per_second.max(1)).unwrap_or(usize::MAX);
        let full = self.leaving.len().checked_sub(limit).and_then(|index| self.leaving.get(index));
        let at = full.map_or(earliest, |left| earliest.max(*left + SECOND));
        self.leaving.back().map_or(at, |last| at.max(*last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_780_000_000_000 + ms).unwrap()
    }

    fn gate() -> Gate {
        Gate::new(PageId::new("1001"), 1)
    }

    fn places(gate: &Gate, lane: Lane, count: usize, now: i64, deadline: i64) -> Vec<Place> {
        (0..count).map(|_| gate.place(lane, 3, ms(now), ms(deadline))).collect()
    }

    #[test]
    fn no_second_has_more_sends_than_the_limit() {
        let gate = gate();
        let at = |time| Place::At(ms(time));
        assert_eq!(places(&gate, Lane::Words, 2, 0, 5_000), [Place::Now; 2]);
        assert_eq!(
            places(&gate, Lane::Words, 5, 400, 5_000),
            [Place::Now, at(1_000), at(1_000), at(1_400), at(2_000)],
            "each a second after the third before it"
        );
        assert_eq!(places(&gate, Lane::Words, 1, 1_300, 5_000), [at(2_000)], "places that are kept count");
        assert_eq!(places(&gate, Lane::Words, 4, 9_000, 9_000)[..3], [Place::Now; 3], "the past does not");
    }

    #[test]
    fn what_finds_no_place_is_spread_behind_the_rest_and_keeps_none() {
        let gate = gate();
        places(&gate, Lane::Words, 6, 0, 1_000);
        let later = |time| Place::Later(ms(time));
        let gap = i64::try_from((SECOND / 3).as_millis()).unwrap();
        let put_off = places(&gate, Lane::Words, 2, 0, 1_000);
        assert_eq!(put_off[0], later(2_000));
        assert!(matches!(put_off[1], Place::Later(at) if at >= ms(2_000 + gap)), "{put_off:?}");
        assert_eq!(places(&gate, Lane::Words, 1, 2_000, 3_000), [Place::Now], "its time has come, and its place is free");
    }

    #[test]
    fn audio_and_video_have_a_limit_of_their_own() {
        let gate = gate();
        let videos = || gate.place(Lane::Media, 250, ms(0), ms(5_000));
        assert!((0..MEDIA_PER_SECOND).all(|_| videos() == Place::Now));
        assert_eq!(videos(), Place::At(ms(1_000)));
        assert_eq!(gate.place(Lane::Words, 250, ms(0), ms(5_000)), Place::Now);
    }

    #[test]
    fn a_throttled_page_is_silent_and_a_reload_changes_nothing_about_it() {
        let gate = gate();
        places(&gate, Lane::Words, 2, 0, 5_000);
        assert_eq!(gate.throttle(ms(0), SignedDuration::from_secs(60)), ms(60_000));
        assert_eq!(gate.throttle(ms(0), SignedDuration::from_secs(1)), ms(60_000), "a shorter wait does not shorten it");
        gate.refresh(false);
        assert_eq!(gate.throttled(ms(59_999)), Some(ms(60_000)));
        assert!(!gate.has_room(3, ms(1)));
        assert_eq!(places(&gate, Lane::Words, 1, 1, 5_000), [Place::Later(ms(60_000))]);
        assert_eq!(gate.throttled(ms(60_000)), None);
        assert_eq!(places(&gate, Lane::Words, 1, 60_000, 65_000), [Place::Now]);
        assert!(gate.has_room(3, ms(60_000)), "typing counts as a send");
        assert!(gate.has_room(3, ms(60_000)));
        assert!(!gate.has_room(3, ms(60_000)));
    }

    #[test]
    fn looking_whether_a_probe_is_due_does_not_use_it_up() {
        let gate = gate();
        let (since, due) = (ms(0), ms(30 * 60_000));
        assert!(!gate.probe_is_due(since, ms(1)));
        assert!(!gate.may_probe(since, ms(1)));
        assert!(gate.probe_is_due(since, due) && gate.probe_is_due(since, due));
        gate.refresh(true);
        assert!(gate.may_probe(since, due));
        assert!(!gate.may_probe(since, due), "one message");
        gate.refresh(true);
        assert!(!gate.probe_is_due(since, due), "a reload does not forget when the next one is due");
    }
}

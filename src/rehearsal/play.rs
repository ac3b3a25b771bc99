//! A script happens on the stage, step by step. HTTP calls that a fake fits are answered at once.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::stage::{Happened, Refused, Stage};
use crate::domain::event::CalloutResult;
use crate::flow::effect::CalloutRequest;
use crate::flow::script::{Answer, Fake, FlowTest, Opening, Step};

/// Turns that one run may take, all its tests together.
pub const TURNS: usize = 10_000;

/// What came of one step.
#[derive(Debug, Default)]
pub struct Seen {
    pub turns: Vec<Happened>,
    /// The step cannot happen as it is written.
    pub refused: Option<Refused>,
}

/// After each step: its number, what was seen of it, and the stage as it stands then.
pub trait Watcher: FnMut(usize, &Step, &Seen, &Stage) -> ControlFlow<()> {}
impl<F: FnMut(usize, &Step, &Seen, &Stage) -> ControlFlow<()>> Watcher for F {}

/// How far it came: steps that happened.
pub type Played = usize;

/// Lets everything happen until the end, a step that cannot happen, or the watcher's word.
pub fn play(stage: &mut Stage, test: &FlowTest, mut watch: impl Watcher) -> Played {
    let mut fakes = Fakes::new(&test.callouts);
    for (number, step) in test.steps.iter().enumerate() {
        let mut seen = Seen::default();
        if let Err(refused) = act(stage, step, &mut fakes, &mut seen.turns) {
            seen.refused = Some(refused);
        }
        let ends = seen.refused.is_some();
        if watch(number, step, &seen, stage).is_break() || ends {
            return number + usize::from(!ends);
        }
    }
    test.steps.len()
}

fn act(stage: &mut Stage, step: &Step, fakes: &mut Fakes<'_>, turns: &mut Vec<Happened>) -> Result<(), Refused> {
    let happened = match step {
        Step { open: Some(Opening::GetStarted), .. } => stage.get_started()?,
        Step { open: Some(Opening::Link(link)), .. } => stage.follow(link)?,
        Step { say: Some(text), .. } => stage.say(text)?,
        Step { tap: Some(title), .. } => stage.tap(title)?,
        Step { postback: Some(payload), .. } => stage.postback(payload)?,
        Step { attach: Some(attached), .. } => stage.attach(attached)?,
        Step { react: Some(emoji), .. } => stage.react(emoji)?,
        Step { callout: Some(end), .. } => stage.callout_returns(result(end.answer.as_ref(), end.fails.as_deref()))?,
        Step { agent: Some(act), .. } => stage.agent_acts(*act)?,
        Step { wait: Some(time), .. } => {
            let until = stage.at.checked_add(time.0).unwrap_or(Timestamp::MAX);
            while let Some(happened) = stage.wait(until)? {
                turns.push(happened);
                answer_calls(stage, fakes, turns)?;
            }
            return Ok(());
        }
        // A step without an act does not check.
        _ => return Ok(()),
    };
    turns.push(happened);
    answer_calls(stage, fakes, turns)
}

fn answer_calls(stage: &mut Stage, fakes: &mut Fakes<'_>, turns: &mut Vec<Happened>) -> Result<(), Refused> {
    while let Some(result) = stage.waiting_callout().and_then(|request| fakes.take(request)) {
        turns.push(stage.callout_returns(result)?);
    }
    Ok(())
}

/// Of `answer`, `fails` and `times_out` exactly one is there.
fn result(answer: Option<&Answer>, fails: Option<&str>) -> CalloutResult {
    match (answer, fails) {
        (Some(answer), _) => {
            let status = u16::try_from(answer.status.0).unwrap_or(200);
            CalloutResult::Answered { status, body: answer.body.0.clone() }
        }
        (None, Some(reason)) => CalloutResult::Failed { reason: reason.to_owned() },
        (None, None) => CalloutResult::TimedOut,
    }
}

/// The fakes of a script, with how often each may still be used.
struct Fakes<'a>(Vec<(&'a Fake, u32)>);

impl<'a> Fakes<'a> {
    fn new(fakes: &'a [Fake]) -> Self {
        Self(fakes.iter().map(|fake| (fake, fake.times.map_or(u32::MAX, |times| times.0))).collect())
    }

    /// The first that fits.
    fn take(&mut self, request: &CalloutRequest) -> Option<CalloutResult> {
        let fits = |fake: &Fake| {
            let method = fake.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method));
            method && matches(&fake.url, &request.url)
        };
        let (fake, left) = self.0.iter_mut().find(|(fake, left)| *left > 0 && fits(fake))?;
        *left = left.saturating_sub(u32::from(fake.times.is_some()));
        Some(result(fake.answer.as_ref(), fake.fails.as_deref()))
    }
}

/// `*` stands for anything, also for nothing. Time is the product of both lengths at worst.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = pattern.rsplit('*').next().filter(|_| pattern.contains('*')) else { return rest.is_empty() };
    let middle: Vec<&str> = parts.collect();
    for part in middle.iter().take(middle.len().saturating_sub(1)) {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        let cases = [
            ("https://a.example/x", "https://a.example/x", true),
            ("https://a.example/x", "https://a.example/xy", false),
            ("https://a.example/*", "https://a.example/", true),
            ("https://a.example/*/state", "https://a.example/1/2/state", true),
            ("https://a.example/*/state", "https://a.example/state", false),
            ("*", "anything", true),
            ("*b*c", "abbc", true),
            ("*b*c", "acb", false),
            ("", "", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}

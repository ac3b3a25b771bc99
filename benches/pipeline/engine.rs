//! `flow::step` alone: the example flow, from the greeting to the state of an order, and again.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use causerie::clock::{Clock, SystemClock};
use causerie::domain::Timestamp;
use causerie::domain::contact::{Contact, Profile};
use causerie::domain::event::{CalloutResult, MessageIn};
use causerie::domain::ids::{ChatflowId, IdMaker};
use causerie::domain::transfer::RuleSet;
use causerie::flow::check::{Env, check};
use causerie::flow::effect::Effect;
use causerie::flow::session::{Entry, Session};
use causerie::flow::step::{Input, Library, Outcome, Rules, World};
use causerie::flow::token::{Tap, TokenKey};
use causerie::flow::{Flow, open, step};
use serde_json::json;

use crate::report::{Aim, Report};
use crate::{allocations, seed};

const EXAMPLE: &str = include_str!("../../tests/flows/example.json");
const TURNS: u32 = 4;
const ROUNDS: u32 = 20_000;

struct Shelf {
    id: ChatflowId,
    flow: Arc<Flow>,
}

impl Library for Shelf {
    fn flow(&self, chatflow: ChatflowId, _: Option<u32>) -> Option<(u32, Arc<Flow>)> {
        (chatflow == self.id).then(|| (1, self.flow.clone()))
    }

    fn by_name(&self, _: &str) -> Option<ChatflowId> {
        None
    }
}

impl Rules for Shelf {
    fn rule_set(&self, _: &str) -> Option<&RuleSet> {
        None
    }
}

pub fn measure(report: &mut Report) -> Result<()> {
    report.part("Engine", "the example flow: greeting and question, a tap, an order number, the shop's answer");
    let document = serde_json::from_str(EXAMPLE)?;
    let flow = check(&document, &Env::default()).flow.context("the example flow does not check")?;
    let now = SystemClock.now();
    let mut ids = IdMaker::new(now, 1);
    let shelf = Shelf { id: ids.next(), flow };
    let key = TokenKey::new(&[7; 32]);
    let contact = contact(&mut ids, now);
    let world = World {
        at: now,
        seed: 42,
        contact: &contact,
        page_name: "Maison Lenoir",
        flows: &shelf,
        roster: None,
        last_agent: None,
        window_opened_at: None,
        rules: &shelf,
        pipelines: &[],
        token_key: &key,
        explain: true,
    };
    let chat = Chat { world: &world, shelf: &shelf, answer: CalloutResult::Answered { status: 200, body: json!({ "state": "shipped" }) } };
    let waiting = chat.run()?;
    let turns = per_round(ROUNDS, || chat.run())? / f64::from(TURNS);
    report.add("step, per turn", turns, "ns", Some(Aim::AtMost(5_000.0)));
    let count = allocations::during(|| drop(black_box(chat.run())));
    report.add("  allocations per turn", f64::from(u32::try_from(count)?) / f64::from(TURNS), "", None);
    beside(report, &waiting)
}

/// What the libraries under it take for themselves.
fn beside(report: &mut Report, session: &Session) -> Result<()> {
    let mut templates = minijinja::Environment::new();
    templates.add_template("greeting", "Hello {{ contact.first_name | default('') }}!")?;
    let template = templates.get_template("greeting")?;
    let words = minijinja::context! { contact => minijinja::context! { first_name => "Ada" } };
    let render = per_round(ROUNDS, || Ok(template.render(&words)?))?;
    report.add("beside it: minijinja renders one text", render, "ns", None);
    let text = serde_json::to_string(session)?;
    let parse = per_round(ROUNDS, || Ok(serde_json::from_str::<Session>(black_box(&text))?))?;
    report.add(&format!("beside it: serde_json reads the session ({} bytes)", text.len()), parse, "ns", None);
    let write = per_round(ROUNDS, || Ok(serde_json::to_string(black_box(session))?))?;
    report.add("beside it: serde_json writes the session", write, "ns", None);
    Ok(())
}

fn contact(ids: &mut IdMaker, now: Timestamp) -> Contact {
    let mut contact = Contact::new(ids.next(), seed::PAGE.into(), "2400000000000001".into(), now);
    contact.profile = Profile { first_name: Some("Ada".into()), locale: Some("en_US".into()), ..Profile::default() };
    contact
}

struct Chat<'a> {
    world: &'a World<'a>,
    shelf: &'a Shelf,
    answer: CalloutResult,
}

impl Chat<'_> {
    /// Four turns. Returns the session as it waited for the shop.
    fn run(&self) -> Result<Session> {
        let id = self.shelf.id;
        let new = open(uuid::Uuid::from_u128(7).into(), id, 1, &self.shelf.flow, Entry::default(), self.world.contact, self.world.at);
        let asked = step(self.world, new, &Input::Started).session;
        let frame = asked.frames.last().context("the flow ended early")?;
        let action = u16::try_from(frame.action)?;
        let tap = Tap { session: asked.id, chatflow: id, version: 1, node: frame.node.clone(), action, option: 0 };
        let tapped = step(self.world, asked, &Input::Tapped { tap: &tap, title: Some("My order") }).session;
        let order = MessageIn { mid: "m_1".into(), text: Some("FR123456".into()), ..MessageIn::default() };
        let Outcome { session, effects, .. } = step(self.world, tapped, &Input::Said(&order));
        let call = effects.iter().find_map(|effect| if let Effect::Callout { id, .. } = effect { Some(*id) } else { None });
        let callout = call.context("the shop was not asked")?;
        // Kept for the figures beside; a few dozen nanoseconds of the four turns.
        let waiting = session.clone();
        let end = step(self.world, session, &Input::CalloutReturned { callout, result: &self.answer });
        anyhow::ensure!(black_box(end).session.finished, "the flow did not end");
        Ok(waiting)
    }
}

/// Nanoseconds of one round.
fn per_round<T>(rounds: u32, mut round: impl FnMut() -> Result<T>) -> Result<f64> {
    for _ in 0..rounds / 10 {
        black_box(round()?);
    }
    let begun = Instant::now();
    for _ in 0..rounds {
        black_box(round()?);
    }
    Ok(begun.elapsed().as_secs_f64() * 1e9 / f64::from(rounds))
}

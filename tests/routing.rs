//! Design §5 as data: who answers. Each file of `tests/routing/` is a conversation with one page, turn by turn; between
//! turns the session goes through JSON, as it does in the store.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use causerie::domain::Timestamp;
use causerie::domain::access::Role;
use causerie::domain::command::{Assignee, Command, Order};
use causerie::domain::conversation::Owner;
use causerie::domain::event::{CalloutResult, Inbound, InboundEvent, SendRefusal};
use causerie::domain::ids::{CalloutId, ChatflowId, IdMaker, PageId, Psid, TimerId, UserId};
use causerie::domain::link::Link;
use causerie::domain::message::{Content, MessageBody, MessageOut, MessageStatus, QuickReply};
use causerie::domain::page::{Page, PageBinding, PageSettings, PageState};
use causerie::domain::people::{Agent, OnDuty, Presence, Roster};
use causerie::domain::transfer::{Otherwise, Rule, RuleSet, Strategy, Target};
use causerie::flow;
use causerie::flow::token::TokenKey;
use causerie::messenger::webhook;
use causerie::store::turns::{Ending, Loaded};
use causerie::turn::situation::{BoundFlow, referral_of};
use causerie::turn::{Draft, LinkLookup, PageWorld, Situation, TicketLookup, Turn, obey, take};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    settings: PageSettings,
    #[serde(default)]
    paused: bool,
    flows: Vec<BoundCase>,
    #[serde(default)]
    links: Vec<LinkCase>,
    #[serde(default)]
    bindings: Vec<BindingCase>,
    turns: Vec<TurnCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoundCase {
    name: String,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    primary: bool,
    document: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkCase {
    r#ref: String,
    flow: String,
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    revoked: bool,
    #[serde(default)]
    variables: std::collections::BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BindingCase {
    #[serde(default)]
    payload: Option<String>,
    #[serde(default)]
    keywords: Vec<String>,
    flow: String,
    #[serde(default)]
    node: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TurnCase {
    /// Since the turn before, as jiff reads spans: `1m`, `25h`.
    #[serde(default)]
    after: Option<String>,
    /// The element of Meta's `messaging` array without sender, recipient and time.
    #[serde(default)]
    event: Option<Value>,
    #[serde(default)]
    standby: bool,
    /// Taps the quick reply with this title of an earlier turn (0: the first).
    #[serde(default)]
    tap: Option<(usize, String)>,
    /// Meta refused a send of ours.
    #[serde(default)]
    refused_send: Option<SendRefusal>,
    /// The timer that is due first fires.
    #[serde(default)]
    timer: bool,
    /// The call that was made last ends so.
    #[serde(default)]
    answer: Option<CalloutResult>,
    /// An order of the agent Ana.
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    expect: Expect,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Expect {
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    owner: Option<String>,
    /// `done`, or `ignored:reason`.
    #[serde(default)]
    ending: Option<String>,
    /// Events of system lines, in order.
    #[serde(default)]
    lines: Vec<String>,
    #[serde(default)]
    refused: Option<String>,
    /// Parts of what the explanation says.
    #[serde(default)]
    considers: Vec<String>,
    /// How many calls are made.
    #[serde(default)]
    calls: usize,
    /// The flow that runs or ran last.
    #[serde(default)]
    flow: Option<String>,
}

fn yes() -> bool {
    true
}

const PAGE: &str = "1001";
const APP: &str = "77";

struct Stage {
    world: PageWorld,
    links: Vec<Link>,
    roster: Roster,
    ana: UserId,
    key: TokenKey,
    now: Timestamp,
    loaded: Option<Loaded>,
    said: Vec<Vec<MessageOut>>,
    timers: Vec<(Timestamp, TimerId)>,
    called: Option<CalloutId>,
    seed: u64,
}

impl Stage {
    fn of(case: &Case) -> Self {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let mut ids = IdMaker::new(now, 1);
        let page = PageId::from(PAGE);
        let (mut chatflows, mut by_name, mut primary) = (HashMap::new(), HashMap::new(), None);
        for bound in &case.flows {
            let id: ChatflowId = ids.next();
            let checked = flow::check(&bound.document, &flow::check::Env::default());
            let flow = checked.flow.unwrap_or_else(|| panic!("flow `{}`: {:?}", bound.name, checked.issues));
            chatflows.insert(id, BoundFlow::new(bound.name.clone(), bound.active, 1, flow));
            by_name.insert(bound.name.clone(), id);
            primary = primary.or(bound.primary.then_some(id));
        }
        let ana: UserId = ids.next();
        let agent = Agent {
            user: ana,
            name: "Ana".into(),
            presence: Presence::Online,
            seen_at: None,
            capacity: 2,
            languages: vec![],
            last_assigned_at: None,
            revision: 1,
        };
        let rule = Rule {
            name: "ana".into(),
            when: None,
            target: Target::Agent { agent: ana },
            strategy: Strategy::LeastBusy,
            only_online: true,
            otherwise: Otherwise::Queue,
        };
        let rules = RuleSet { id: ids.next(), name: "default".into(), page: None, rules: vec![rule], revision: 1, created_at: now };
        let bindings = case.bindings.iter().map(|binding| PageBinding {
            payload: binding.payload.clone(),
            keywords: binding.keywords.clone(),
            chatflow: by_name[&binding.flow],
            node: binding.node.clone(),
        });
        let state = if case.paused { PageState::Paused } else { PageState::Active };
        let record = Page {
            id: page.clone(),
            name: "Lumen".into(),
            username: None,
            state,
            primary,
            rules: None,
            settings: PageSettings { bindings: bindings.collect(), ..case.settings.clone() },
            revision: 1,
            created_at: now,
        };
        let world = PageWorld { page: record, chatflows, rules: HashMap::from([("default".to_owned(), rules)]), pipelines: Vec::new() };
        let links = case.links.iter().map(|link| Link {
            id: ids.next(),
            page: page.clone(),
            chatflow: by_name[&link.flow],
            r#ref: link.r#ref.clone(),
            label: None,
            direct: true,
            variables: link.variables.clone(),
            locale: None,
            node: link.node.clone(),
            expires_at: None,
            revoked: link.revoked,
            revision: 1,
            created_at: now,
        });
        let links = links.collect();
        let roster = Roster { agents: vec![OnDuty { agent, load: 0 }], teams: vec![] };
        Self {
            world,
            links,
            roster,
            ana,
            key: TokenKey::new(&[3; 32]),
            now,
            loaded: None,
            said: Vec::new(),
            timers: Vec::new(),
            called: None,
            seed: 9,
        }
    }

    fn situation<'a>(&'a self, older: &'a HashMap<(ChatflowId, u32), Arc<flow::Flow>>, link: LinkLookup) -> Situation<'a> {
        Situation {
            loaded: self.loaded.as_ref(),
            world: &self.world,
            older,
            link,
            profile: None,
            roster: Some(&self.roster),
            ticket: TicketLookup::None,
            at: self.now,
            seed: self.seed,
            token_key: &self.key,
            explain: true,
            our_app: Some(APP),
        }
    }

    /// What Meta would send, read as a webhook is read.
    fn event(&self, turn: &TurnCase) -> InboundEvent {
        let timer = || self.timers.iter().min().expect("no timer is under way").1;
        let what = match (turn.refused_send, turn.timer, &turn.answer) {
            (Some(why), ..) => Some(Inbound::SendRefused { why }),
            (_, true, _) => Some(Inbound::TimerFired { timer: timer() }),
            (.., Some(result)) => Some(Inbound::CalloutReturned { callout: self.called.unwrap(), result: result.clone() }),
            _ => None,
        };
        if let Some(what) = what {
            return InboundEvent {
                page: PageId::from(PAGE),
                psid: Some(Psid::from("2002")),
                at: self.now,
                dedupe: "r".into(),
                standby: false,
                what,
            };
        }
        let mut event = match &turn.tap {
            Some((earlier, title)) => {
                json!({"message": {"mid": format!("m{}", self.seed), "text": title, "quick_reply": {"payload": self.payload(*earlier, title)}}})
            }
            None => turn.event.clone().unwrap(),
        };
        let echo = event["message"]["is_echo"] == true;
        let (sender, recipient) = if echo { (PAGE, "2002") } else { ("2002", PAGE) };
        event["sender"] = json!({"id": sender});
        event["recipient"] = json!({"id": recipient});
        event["timestamp"] = json!(self.now.as_millisecond());
        if let Some(message) = event.get_mut("message").and_then(Value::as_object_mut) {
            message.entry("mid").or_insert(json!(format!("m{}", self.seed)));
        }
        let field = if turn.standby { "standby" } else { "messaging" };
        let body = json!({"object": "page", "entry": [{"id": PAGE, "time": self.now.as_millisecond(), field: [event]}]});
        webhook::parse(body.to_string().as_bytes(), self.now).unwrap().events.remove(0)
    }

    fn payload(&self, earlier: usize, title: &str) -> String {
        let mut replies = self.said[earlier].iter().flat_map(|message| &message.quick_replies);
        let payload = replies.find_map(|reply| match reply {
            QuickReply::Text { title: shown, payload } if shown == title => Some(payload.clone()),
            _ => None,
        });
        payload.unwrap_or_else(|| panic!("no option `{title}` in turn {earlier}"))
    }

    fn run(&mut self, turn: &TurnCase) -> Result<Draft, String> {
        self.seed += 1;
        if let Some(after) = &turn.after {
            self.now += after.parse::<SignedDuration>().unwrap();
        }
        let older = HashMap::new();
        if let Some(order) = &turn.order {
            let what = match order.split_once(' ').unwrap_or((order, "")) {
                ("claim", _) => Order::Claim,
                ("release", _) => Order::Release,
                ("close", _) => Order::Close,
                ("queue", _) => Order::Assign { to: Assignee::Queue { team: None } },
                ("reply", text) => Order::Reply { body: MessageOut::text(text) },
                other => panic!("no order {other:?}"),
            };
            let command = Command { by: self.ana, by_name: "Ana".into(), role: Role::Agent, what };
            let turn = obey(&self.situation(&older, LinkLookup::NoRef), self.loaded.as_ref().unwrap(), &command);
            return turn.map(ready).map_err(|refused| refused.to_string());
        }
        let event = self.event(turn);
        if let Inbound::TimerFired { timer } = event.what {
            self.timers.retain(|(_, waiting)| *waiting != timer);
        }
        let text = referral_of(&event).and_then(|referral| referral.r#ref);
        let link = match text {
            None => LinkLookup::NoRef,
            Some(text) => match self.links.iter().find(|link| link.r#ref == text) {
                Some(link) => LinkLookup::Found(Box::new(link.clone())),
                None => LinkLookup::Unknown(text),
            },
        };
        Ok(ready(take(&self.situation(&older, link), &event)))
    }

    fn keep(&mut self, draft: Draft) {
        self.timers.extend(draft.set_timers.iter().map(|timer| (timer.due_at, timer.id)));
        self.timers.retain(|(_, timer)| !draft.cancel_timers.contains(timer));
        self.called = draft.callouts.last().map(|call| call.id).or(self.called);
        self.said.push(draft.outbox.iter().map(|item| item.body.clone()).collect());
        let (_, mut after) = draft.commit(|_| causerie::store::turns::Take::Nothing, None);
        after.session = after.session.map(|session| serde_json::from_value(serde_json::to_value(session).unwrap()).unwrap());
        self.loaded = Some(after);
    }
}

fn ready(turn: Turn) -> Draft {
    match turn {
        Turn::Ready(draft) => *draft,
        other => panic!("{other:?}"),
    }
}

fn words(message: &MessageOut) -> String {
    match &message.content {
        Content::Text { text } | Content::Buttons { text, .. } => text.clone(),
        other => format!("{other:?}"),
    }
}

fn check_turn(stage: &Stage, draft: &Draft, expect: &Expect, place: &str) {
    let says: Vec<String> = draft.outbox.iter().map(|item| words(&item.body)).collect();
    assert_eq!(says, expect.says, "{place}: says");
    let lines: Vec<&str> = draft
        .messages
        .iter()
        .filter_map(|(_, message)| match (&message.body, message.status) {
            (MessageBody::Line { event, .. }, MessageStatus::Internal) => Some(event.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(lines, expect.lines, "{place}: lines");
    assert_eq!(draft.callouts.len(), expect.calls, "{place}: calls");
    for part in &expect.considers {
        assert!(draft.trace.iter().any(|line| line.because.contains(part)), "{place}: nothing says `{part}` in {:#?}", draft.trace);
    }
    if let Some(owner) = &expect.owner {
        assert_eq!(draft.conversation.owner.word(), owner, "{place}: owner");
    }
    if let Some(ending) = &expect.ending {
        let is = match &draft.ending {
            Ending::Done => "done".to_owned(),
            Ending::Ignored { reason } => format!("ignored:{reason}"),
            Ending::Parked { error } => format!("parked:{error}"),
        };
        assert_eq!(&is, ending, "{place}: ending");
    }
    if let Some(flow) = &expect.flow {
        let name = draft.conversation.chatflow.map(|id| stage.world.chatflows[&id].name.as_str());
        assert_eq!(name, Some(flow.as_str()), "{place}: flow");
    }
    if draft.conversation.owner != Owner::Bot && expect.says.is_empty() {
        assert!(draft.outbox.is_empty(), "{place}: the bot speaks over people");
    }
}

#[test]
fn the_right_chatflow_answers_in_every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/routing");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "the cases are gone");
    let failed: Vec<_> = files.iter().filter(|file| std::panic::catch_unwind(|| run_case(file)).is_err()).collect();
    assert!(failed.is_empty(), "{} of {} cases failed: {failed:#?}", failed.len(), files.len());
}

fn run_case(file: &Path) {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let case: Case = serde_json::from_slice(&fs::read(file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut stage = Stage::of(&case);
    for (number, turn) in case.turns.iter().enumerate() {
        let place = format!("{name}, turn {number}");
        match (stage.run(turn), &turn.expect.refused) {
            (Ok(draft), None) => {
                check_turn(&stage, &draft, &turn.expect, &place);
                stage.keep(draft);
            }
            (Err(why), Some(expected)) => assert!(why.contains(expected), "{place}: refused with `{why}`"),
            (Ok(_), Some(_)) => panic!("{place}: was not refused"),
            (Err(why), None) => panic!("{place}: refused: {why}"),
        }
    }
}

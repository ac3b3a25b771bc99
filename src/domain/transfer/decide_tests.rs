//! Who gets it: one table of teams, rules and expected answers.

use uuid::Uuid;

use super::super::*;
use super::decide;
use crate::domain::Timestamp;
use crate::domain::people::{Agent, OnDuty, Presence, Roster, Team};

fn user(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

fn team(n: u128) -> TeamId {
    Uuid::from_u128(n).into()
}

/// `"Ana online 1/4 @30"`: presence, load of capacity, and when a rule last gave them one.
fn person(n: u128, text: &str) -> OnDuty {
    let words: Vec<&str> = text.split(' ').collect();
    let (load, capacity) = words[2].split_once('/').unwrap();
    let presence = match words[1] {
        "online" => Presence::Online,
        "away" => Presence::Away,
        _ => Presence::Offline,
    };
    let last = words.get(3).map(|at| Timestamp::from_second(at.trim_start_matches('@').parse().unwrap()).unwrap());
    let agent = Agent {
        user: user(n),
        name: words[0].into(),
        presence,
        seen_at: None,
        capacity: capacity.parse().unwrap(),
        languages: vec![],
        last_assigned_at: last,
        revision: 0,
    };
    OnDuty { agent, load: load.parse().unwrap() }
}

/// Team 1, Returns, has these people in this order as users 1, 2, 3, …; team 2 is empty.
fn roster(people: &[&str]) -> Roster {
    let agents: Vec<OnDuty> = people.iter().zip(1..).map(|(text, n)| person(n, text)).collect();
    let members = agents.iter().map(|on_duty| on_duty.agent.user).collect();
    let make = |n, name: &str, members| Team { id: team(n), name: name.into(), members, revision: 0, created_at: Timestamp::UNIX_EPOCH };
    Roster { teams: vec![make(1, "Returns", members), make(2, "Empty", vec![])], agents }
}

fn rule(name: &str, target: Target) -> Rule {
    Rule { name: name.into(), when: None, target, strategy: Strategy::LeastBusy, only_online: true, otherwise: Otherwise::NextRule }
}

fn answer(rules: Vec<Rule>, people: &[&str], last_agent: Option<UserId>, seed: u64) -> Decision {
    let set = RuleSet {
        id: Uuid::from_u128(9).into(),
        name: "default".into(),
        page: None,
        rules,
        revision: 0,
        created_at: Timestamp::UNIX_EPOCH,
    };
    let holds = |when: &str| match when {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("unknown word `{other}`")),
    };
    decide(&set, &Facts { roster: &roster(people), last_agent, holds: &holds, seed })
}

const TEAM: [&str; 3] = ["Ana online 1/4 @30", "Bob online 2/9 @10", "Cai online 1/2 @20"];

#[test]
fn a_strategy_picks_among_the_free_and_says_how() {
    for (strategy, seed, people, expected) in [
        (
            Strategy::LeastBusy,
            0,
            &["Ana online 1/4", "Bob online 3/9", "Cai online 2/4"][..],
            "team Returns, least busy of 3 online: Ana (1 of 4)",
        ),
        (Strategy::LeastBusy, 0, &TEAM, "team Returns, least busy of 3 online: Cai (1 of 2)"),
        (Strategy::RoundRobin, 0, &TEAM, "team Returns, longest without one of 3 online: Bob (2 of 9)"),
        (Strategy::RoundRobin, 0, &["Ana online 0/4 @1", "Bob online 2/9"], "team Returns, longest without one of 2 online: Bob (2 of 9)"),
        (
            Strategy::FirstAvailable,
            0,
            &["Ana away 0/4", "Bob online 2/2", "Cai online 1/2"],
            "team Returns, first of 1 online: Cai (1 of 2)",
        ),
        (Strategy::Random, 4, &TEAM, "team Returns, one at random of 3 online: Bob (2 of 9)"),
        (Strategy::Random, 5, &TEAM, "team Returns, one at random of 3 online: Cai (1 of 2)"),
    ] {
        let rules = vec![Rule { strategy, ..rule("returns", Target::Team { team: team(1) }) }];
        let decision = answer(rules, people, None, seed);
        assert_eq!(decision.because, [format!("rule 1 `returns`: {expected}")]);
        assert_eq!(decision.rule, Some(0));
        let Destination::Agent { agent, capacity } = decision.destination else { panic!("{decision:?}") };
        let chosen = &roster(people).agents.into_iter().find(|on_duty| on_duty.agent.user == agent).unwrap();
        assert!(expected.contains(&chosen.agent.name) && capacity == chosen.agent.capacity, "{expected}: {chosen:?}");
    }
}

#[test]
fn when_nobody_can_take_it_the_rule_says_what_happens() {
    let people = ["Ana offline 0/4", "Bob online 2/2"];
    let why = "team Returns, nobody can take it (Ana is offline, Bob is full, 2 of 2)";
    for (otherwise, destination, end) in [
        (Otherwise::Queue, Destination::Queue { team: Some(team(1)) }, "the queue of team Returns"),
        (Otherwise::Away, Destination::Away, "the bot keeps it"),
        (Otherwise::Ticket, Destination::TicketAndQueue { team: Some(team(1)) }, "a ticket and the queue of team Returns"),
    ] {
        let decision = answer(vec![Rule { otherwise, ..rule("a", Target::Team { team: team(1) }) }], &people, None, 0);
        assert_eq!(decision, Decision { destination, rule: Some(0), because: vec![format!("rule 1 `a`: {why}: {end}")] });
    }
    let next = answer(vec![rule("a", Target::Team { team: team(1) }), rule("b", Target::PageInbox)], &people, None, 0);
    assert_eq!((next.destination, next.rule), (Destination::PageInbox, Some(1)));
    assert_eq!(next.because, [format!("rule 1 `a`: {why}: next rule"), "rule 2 `b`: the Page inbox".into()]);
}

#[test]
fn each_target_is_found_or_explained() {
    let someone = |agent, capacity| Destination::Agent { agent: user(agent), capacity };
    let open = Destination::Queue { team: None };
    let cases = [
        (Target::Agent { agent: user(2) }, None, someone(2, 9), "Bob (2 of 9)"),
        (
            Target::Agent { agent: user(77) },
            None,
            open.clone(),
            "nobody can take it (`us_0000000000000000000000002d` has no service seat): next rule",
        ),
        (Target::LastAgent, Some(user(1)), someone(1, 4), "last agent, Ana (1 of 4)"),
        (Target::LastAgent, None, open.clone(), "last agent, nobody can take it (no agent had this conversation before): next rule"),
        (Target::Team { team: team(2) }, None, open.clone(), "team Empty, nobody can take it (no member has a service seat): next rule"),
        (
            Target::Team { team: team(3) },
            None,
            open.clone(),
            "nobody can take it (team `te_00000000000000000000000003` does not exist): next rule",
        ),
        (Target::Queue { team: None }, None, open, "the open queue"),
        (Target::Queue { team: Some(team(1)) }, None, Destination::Queue { team: Some(team(1)) }, "the queue of team Returns"),
        (Target::Nobody, None, Destination::Away, "nobody, the bot keeps it"),
    ];
    for (target, last_agent, destination, line) in cases {
        let decision = answer(vec![rule("r", target)], &TEAM, last_agent, 0);
        assert_eq!((decision.because[0].as_str(), decision.destination), (format!("rule 1 `r`: {line}").as_str(), destination));
    }
}

#[test]
fn the_first_rule_whose_condition_holds_wins_and_a_failing_condition_is_explained() {
    let when = |word: &str, target| Rule { when: Some(word.into()), ..rule(word, target) };
    let rules = vec![
        when("no", Target::Nobody),
        when("hmm", Target::Nobody),
        when("yes", Target::Agent { agent: user(3) }),
        rule("rest", Target::Nobody),
    ];
    let decision = answer(rules, &TEAM, None, 0);
    assert_eq!(decision.rule, Some(2));
    assert_eq!(
        decision.because,
        [
            "rule 1 `no`: `no` does not hold",
            "rule 2 `hmm`: `hmm` could not be evaluated and counts as false: unknown word `hmm`",
            "rule 3 `yes`: Cai (1 of 2)"
        ]
    );
}

#[test]
fn without_a_rule_that_takes_it_the_conversation_waits_in_the_open_queue() {
    for rules in [vec![], vec![rule("a", Target::LastAgent)]] {
        let decision = answer(rules, &TEAM, None, 0);
        assert_eq!((decision.destination, decision.rule), (Destination::Queue { team: None }, None));
        assert_eq!(decision.because.last().unwrap(), "no rule of `default` took it: the open queue");
    }
}

#[test]
fn an_away_agent_counts_where_the_rule_does_not_ask_for_online() {
    let rules = vec![Rule { only_online: false, ..rule("a", Target::Team { team: team(1) }) }];
    let decision = answer(rules, &["Ana away 0/4"], None, 0);
    assert_eq!(decision.because, ["rule 1 `a`: team Returns, least busy of 1: Ana (0 of 4)"]);
}

#[test]
fn rules_may_only_name_agents_with_a_seat_and_teams_that_exist() {
    let rules = vec![
        rule("ok", Target::Agent { agent: user(1) }),
        rule(" ", Target::Agent { agent: user(77) }),
        rule("t", Target::Queue { team: Some(team(3)) }),
        rule("u", Target::Team { team: team(2) }),
    ];
    let set = RuleSet {
        id: Uuid::from_u128(9).into(),
        name: "default".into(),
        page: None,
        rules,
        revision: 0,
        created_at: Timestamp::UNIX_EPOCH,
    };
    let found: Vec<_> = set.problems(&roster(&TEAM)).into_iter().map(|problem| (problem.rule, problem.field(), problem.wrong)).collect();
    assert_eq!(
        found,
        [(1, "name", Wrong::NoName), (1, "target/agent", Wrong::NoSeat(user(77))), (2, "target/team", Wrong::UnknownTeam(team(3)))]
    );
    assert_eq!(
        (set.rules_naming_user(user(77)), set.rules_naming_team(team(3)), set.rules_naming_team(team(2))),
        (vec![1], vec![2], vec![3])
    );
}

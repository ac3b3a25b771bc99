//! What a pipeline must keep to before it is stored.

use std::collections::BTreeSet;

use super::Pipeline;

/// At most this many statuses: more is no pipeline.
const MOST_STATUSES: usize = 50;
const LONGEST_KEY: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineProblem {
    /// A JSON pointer into the pipeline, e.g. `/statuses/1/next/0`.
    pub at: String,
    pub text: String,
}

/// Whether this may name a pipeline or a status: lowercase letters, digits, `_` and `-`, at most 40.
pub fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_KEY
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-')
}

const KEY_HINT: &str = "must be 1 to 40 of a-z, 0-9, `_` and `-`";

impl Pipeline {
    /// Everything that is wrong at once.
    pub fn problems(&self) -> Vec<PipelineProblem> {
        let mut problems = Problems(Vec::new());
        if !is_key(&self.key) {
            problems.say("/key".to_owned(), KEY_HINT.to_owned());
        }
        if self.name.trim().is_empty() {
            problems.say("/name".to_owned(), "must not be empty".to_owned());
        }
        if self.statuses.is_empty() || self.statuses.len() > MOST_STATUSES {
            problems.say("/statuses".to_owned(), format!("must be 1 to {MOST_STATUSES} statuses"));
            return problems.0;
        }
        self.look_at_each_status(&mut problems);
        if problems.0.is_empty() {
            self.look_for_dead_ends(&mut problems);
        }
        problems.0
    }

    fn look_at_each_status(&self, problems: &mut Problems) {
        let mut seen = BTreeSet::new();
        for (index, status) in self.statuses.iter().enumerate() {
            if !is_key(&status.key) {
                problems.say(format!("/statuses/{index}/key"), KEY_HINT.to_owned());
            } else if !seen.insert(&status.key) {
                problems.say(format!("/statuses/{index}/key"), format!("`{}` is there twice", status.key));
            }
            if status.name.trim().is_empty() {
                problems.say(format!("/statuses/{index}/name"), "must not be empty".to_owned());
            }
            for (at, next) in status.next.iter().enumerate() {
                let place = format!("/statuses/{index}/next/{at}");
                if *next == status.key {
                    problems.say(place, "a status does not lead to itself".to_owned());
                } else if self.status(next).is_none() {
                    problems.say(place, format!("there is no status `{next}`"));
                } else if status.next[..at].contains(next) {
                    problems.say(place, format!("`{next}` is there twice"));
                }
            }
        }
    }

    /// A ticket that can never be closed would stay for ever.
    fn look_for_dead_ends(&self, problems: &mut Problems) {
        if !self.statuses.iter().any(|status| status.closed) {
            problems.say("/statuses".to_owned(), "at least one status must be `closed`".to_owned());
            return;
        }
        let mut closing: BTreeSet<&str> = self.statuses.iter().filter(|status| status.closed).map(|status| status.key.as_str()).collect();
        loop {
            let found: Vec<&str> = self
                .statuses
                .iter()
                .filter(|status| !closing.contains(status.key.as_str()) && status.next.iter().any(|next| closing.contains(next.as_str())))
                .map(|status| status.key.as_str())
                .collect();
            if found.is_empty() {
                break;
            }
            closing.extend(found);
        }
        for (index, status) in self.statuses.iter().enumerate() {
            if !closing.contains(status.key.as_str()) {
                problems.say(format!("/statuses/{index}/next"), format!("from `{}` no closed status can be reached", status.key));
            }
        }
    }
}

struct Problems(Vec<PipelineProblem>);

impl Problems {
    fn say(&mut self, at: String, text: String) {
        self.0.push(PipelineProblem { at, text });
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::tests::pipeline;

    #[test]
    fn a_pipeline_is_refused_with_everything_that_is_wrong_and_where() {
        for (matrix, expected) in [
            ("new>open open>done done*>open", vec![]),
            ("done*", vec![]),
            ("", vec!["/statuses must be 1 to 50 statuses"]),
            ("new", vec!["/statuses at least one status must be `closed`"]),
            (
                "new>wait,done wait>pause pause>wait done*",
                vec![
                    "/statuses/1/next from `wait` no closed status can be reached",
                    "/statuses/2/next from `pause` no closed status can be reached",
                ],
            ),
            (
                "new>done,done,gone,new done*",
                vec![
                    "/statuses/0/next/1 `done` is there twice",
                    "/statuses/0/next/2 there is no status `gone`",
                    "/statuses/0/next/3 a status does not lead to itself",
                ],
            ),
            (
                "Neu>done done* done*",
                vec!["/statuses/0/key must be 1 to 40 of a-z, 0-9, `_` and `-`", "/statuses/2/key `done` is there twice"],
            ),
        ] {
            let found: Vec<String> =
                pipeline(matrix).problems().into_iter().map(|problem| format!("{} {}", problem.at, problem.text)).collect();
            assert_eq!(found, expected, "{matrix}");
        }
    }
}

//! The action `call`: there and back.

use crate::domain::ids::ChatflowId;
use crate::flow::issue::Code;
use crate::flow::read::{Reader, document, shorten};
use crate::flow::read_types::CallTarget;
use crate::flow::run::{Next, Run};

use super::Behaviour;

document! {
    /// Runs another node, or another chatflow of the page, and comes back. Variables are shared.
    ///
    /// A called chatflow speaks with its own texts and languages, and its own `interrupts`, `uninterruptible` and `fallback`
    /// hold while it runs; the interrupts of the session's own chatflow are taken too, where none of its own is meant. All
    /// that belongs to a session is the session's own chatflow's: `session` with its timeouts, `on_timeout`, `burst`,
    /// `stale_choice` and `on_complete`, and `on_session_start`, which does not run for a call.
    ///
    /// A session that stands in a called chatflow stays on the version that was called. Where a later one is published with
    /// `migrate`, it goes on there; with `restart`, the call begins anew with the visitor's next message, and the caller
    /// waits as before.
    ///
    /// ```json
    /// { "type": "call", "node": "greet" }
    /// ```
    ///
    /// ```json
    /// { "type": "call", "chatflow": "Opening hours" }
    /// ```
    pub struct Call {
        /// A node of this document.
        pub node: Option<CallTarget>,
        /// A chatflow of the page, by its name or id; it runs from its start, in its published version.
        pub chatflow: Option<String>,
    }
}

impl Behaviour for Call {
    fn settle(&mut self, r: &mut Reader<'_>) {
        match (&self.node, &self.chatflow) {
            (None, None) => r.issue(Code::MissingField, "`node` is missing", "or `chatflow`"),
            (Some(_), Some(_)) => r.issue(Code::NoEffect, "`node` and `chatflow` exclude each other", "only the node is called"),
            (None, Some(name)) if r.env.chatflows.as_ref().is_some_and(|known| !known.contains(name)) => {
                let message = format!("the page has no chatflow `{}`", shorten(name));
                r.at("chatflow", |r| r.issue(Code::UnknownChatflow, message, "name it as the page's list of chatflows does, or by its id"));
            }
            (None, Some(name)) if r.env.unpublished.as_ref().is_some_and(|drafts| drafts.contains(name)) => {
                let message = format!("the chatflow `{}` was never published", shorten(name));
                let hint = "publish it first: until then the call is left out, and the flow goes on after it";
                r.at("chatflow", |r| r.issue(Code::UnpublishedChatflow, message, hint));
            }
            _ => {}
        }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        if let Some(node) = self.node {
            return Next::Call { chatflow: None, node: Some(node.0) };
        }
        let name = self.chatflow.as_deref().unwrap_or_default();
        let found: Option<ChatflowId> = name.parse().ok().or_else(|| run.world().flows.by_name(name));
        match found {
            Some(chatflow) => Next::Call { chatflow: Some(chatflow), node: None },
            None => {
                run.report("unknown_chatflow", format!("there is no chatflow `{name}` to call"));
                Next::On
            }
        }
    }
}

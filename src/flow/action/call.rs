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

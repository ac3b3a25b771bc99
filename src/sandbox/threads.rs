//! Conversation Routing: who has a thread, and the calls that change it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::error::GraphError;
use super::events::{self, Hook};
use super::limits;
use super::send::recipient;
use super::world::{Control, World};

impl World {
    /// `pass_thread_control`, `take_…`, `request_…`, `release_…`, `extend_…`.
    pub fn control(
        &mut self,
        page: &str,
        call: &str,
        params: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<(Value, Vec<Hook>), GraphError> {
        let psid = recipient(params)?;
        let word = |key: &str| params.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let (target, metadata) = (word("target_app_id"), word("metadata"));
        if metadata.as_ref().is_some_and(|metadata| metadata.chars().count() > 1000) {
            return Err(GraphError::parameter("Length of param metadata must be less than or equal to 1000"));
        }
        let own = self.app.id.clone();
        let routing = self.pages.get(page).is_some_and(|page| page.routing);
        let thread = self.threads.get_mut(&psid).filter(|thread| thread.page == page && thread.started);
        let thread = thread.ok_or_else(GraphError::no_user)?;
        let ours = thread.owner_app.as_ref().is_none_or(|owner| *owner == own);
        let mut hooks = Vec::new();
        match call {
            "pass_thread_control" => {
                let target = target.clone().ok_or_else(|| GraphError::parameter("The parameter target_app_id is required"))?;
                if routing && !ours {
                    return Err(not_owner());
                }
                let previous = thread.owner_app.replace(target.clone());
                if target == own {
                    let body = json!({ "previous_owner_app_id": previous, "new_owner_app_id": own, "metadata": metadata });
                    hooks.push(events::handover(thread, call, body, now));
                }
            }
            "take_thread_control" if routing => thread.owner_app = Some(own),
            "take_thread_control" => return Err(GraphError::new(10, None, "This app may not take thread control")),
            "release_thread_control" if routing && !ours => return Err(not_owner()),
            "release_thread_control" => thread.owner_app = None,
            "extend_thread_control" if !ours => return Err(not_owner()),
            "extend_thread_control" => {
                let seconds = params.get("duration").and_then(Value::as_i64).unwrap_or_default();
                if !(1..=7 * 24 * 3600).contains(&seconds) {
                    return Err(GraphError::parameter("Param duration must be between 1 and 604800"));
                }
            }
            _ => {}
        }
        self.controls.push(Control { at: now, page: page.to_owned(), call: call.to_owned(), psid, target_app: target, metadata });
        Ok((json!({ "success": true }), hooks))
    }

    /// `GET /{page}/thread_owner?recipient=PSID`: empty while idle.
    pub fn thread_owner(&self, page: &str, params: &Map<String, Value>) -> Result<Value, GraphError> {
        let asked = params.get("recipient").unwrap_or(&Value::Null);
        let psid = match asked.as_str() {
            Some(psid) => psid.to_owned(),
            None => {
                limits::object(asked, "recipient").map(|object| object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned())?
            }
        };
        let thread = self.threads.get(&psid).filter(|thread| thread.page == page).ok_or_else(GraphError::no_user)?;
        Ok(match &thread.owner_app {
            Some(owner) => json!({ "data": [{ "thread_owner": { "app_id": owner } }] }),
            None => json!({ "data": [] }),
        })
    }
}

fn not_owner() -> GraphError {
    GraphError::new(100, Some(2_534_037), "This app is not the owner of the thread")
}

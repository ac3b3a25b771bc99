//! A chatflow is born with its direct link; some are born published.

use serde_json::Value;

use crate::api::caller::Caller;
use crate::api::extract::FieldChecks;
use crate::api::links::random_ref;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::chatflow::{Chatflow, ChatflowKind, ChatflowVersion, MAX_NAME_CHARS};
use crate::domain::ids::PageId;
use crate::domain::link::Link;
use crate::domain::rollout::SessionPolicy;
use crate::store::chatflows::NewChatflow;

/// What a new chatflow is made of.
pub struct Birth {
    pub page: PageId,
    pub name: String,
    pub kind: ChatflowKind,
    pub document: Value,
}

impl Birth {
    /// A draft: unpublished and inactive.
    pub fn draft(self, api: &Api) -> Result<NewChatflow, Problem> {
        let mut checks = FieldChecks::default();
        checks.line(&self.name, MAX_NAME_CHARS, "/name");
        checks.done()?;
        let (now, mut ids) = (api.clock.now(), api.ids()?);
        let chatflow = Chatflow {
            id: ids.next(),
            page: self.page,
            name: self.name,
            kind: self.kind,
            active: false,
            draft: self.document,
            published: None,
            rollout: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        let link = Link::direct(ids.next(), chatflow.page.clone(), chatflow.id, random_ref()?, now);
        Ok(NewChatflow { chatflow, version: None, link })
    }

    /// Active, and its document is version 1. The document must have been checked.
    pub fn published(self, api: &Api, caller: &Caller, note: &str) -> Result<NewChatflow, Problem> {
        let mut new = self.draft(api)?;
        new.version = Some(ChatflowVersion {
            chatflow: new.chatflow.id,
            number: 1,
            document: new.chatflow.draft.clone(),
            note: Some(note.to_owned()),
            published_by: Some(caller.user.id),
            published_at: new.chatflow.created_at,
            policy: SessionPolicy::Keep,
            withdrawn: None,
        });
        new.chatflow.published = Some(1);
        new.chatflow.active = true;
        Ok(new)
    }
}

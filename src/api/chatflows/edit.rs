//! Finding and changing a chatflow.

use crate::api::etag::IfMatch;
use crate::api::pages;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::chatflow::{Chatflow, IsPrimary, NeverPublished};
use crate::domain::ids::ChatflowId;
use crate::domain::rollout::RolloutRefused;
use crate::store::StoreError;

/// For a change without `If-Match` that another one overtakes: it is made anew on what the chatflow is then.
const ATTEMPTS: usize = 5;

/// Of the path: 404 where it does not exist.
pub async fn find(api: &Api, chatflow: ChatflowId) -> Result<Chatflow, Problem> {
    api.store.chatflow(chatflow).await?.ok_or_else(|| Problem::not_found("chatflow", chatflow))
}

/// Of the body: 422 at `pointer` where it does not exist.
pub async fn named(api: &Api, chatflow: ChatflowId, pointer: &str) -> Result<Chatflow, Problem> {
    let found = api.store.chatflow(chatflow).await?;
    found.ok_or_else(|| missing(pointer, format!("no chatflow `{chatflow}`")))
}

/// Something that the body names does not exist.
pub fn missing(pointer: &str, detail: String) -> Problem {
    Problem::new(Code::MissingReference, detail.clone()).field(pointer, "missing_reference", detail)
}

/// Changes the chatflow by `change`, which may refuse, and has the actors read its page anew.
pub async fn edit(
    api: &Api,
    chatflow: ChatflowId,
    if_match: &IfMatch,
    change: impl Fn(&mut Chatflow) -> Result<(), Problem>,
) -> Result<Chatflow, Problem> {
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let mut found = find(api, chatflow).await?;
        if_match.guards(found.revision)?;
        change(&mut found)?;
        found.updated_at = api.clock.now();
        match api.store.update_chatflow(&found).await {
            Ok(revision) => {
                pages::reload(api, &found.page).await;
                return Ok(Chatflow { revision, ..found });
            }
            Err(StoreError::Conflict { what: "chatflow" }) if attempts > 0 => {}
            Err(error) => return Err(refused(error, &found)),
        }
    }
}

/// What the store refused about this chatflow.
pub fn refused(error: StoreError, chatflow: &Chatflow) -> Problem {
    match error {
        StoreError::Conflict { what: "chatflow" } => {
            Problem::new(Code::Stale, "it has changed meanwhile; read it again and repeat the change")
        }
        StoreError::Conflict { what: "chatflow name" } => {
            let detail = format!("the page has another chatflow named `{}`", chatflow.name);
            Problem::new(Code::Conflict, detail.clone()).field("/name", "taken", detail)
        }
        StoreError::InUse { what: "primary chatflow" } => IsPrimary(chatflow.id).into(),
        StoreError::Missing { what: "rollout" } => RolloutRefused::None(chatflow.id).into(),
        StoreError::Missing { what: "chatflow" } => Problem::not_found("chatflow", chatflow.id),
        other => other.into(),
    }
}

impl From<IsPrimary> for Problem {
    fn from(refused: IsPrimary) -> Self {
        let detail = format!("{refused} with `PUT /v1/pages/{{id}}/primary-chatflow`");
        Self::new(Code::IsPrimary, detail)
    }
}

impl From<RolloutRefused> for Problem {
    fn from(refused: RolloutRefused) -> Self {
        let code = match refused {
            RolloutRefused::None(_) => Code::NoRollout,
            RolloutRefused::UnderWay { .. } => Code::RolloutUnderWay,
            RolloutRefused::FirstVersion(_) => Code::NeverPublished,
        };
        Self::new(code, refused.to_string())
    }
}

impl From<NeverPublished> for Problem {
    fn from(refused: NeverPublished) -> Self {
        Self::new(Code::NeverPublished, refused.to_string())
    }
}

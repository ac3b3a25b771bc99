use actix_web::get;
use actix_web::web::Data;
use serde::{Deserialize, Deserializer};

use super::view::ConversationView;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::conversation::ConversationStatus;
use crate::domain::ids::{PageId, TeamId, UserId};
use crate::store::inbox::{ConversationFilter, ListPlace, OwnerKind};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ConversationsQuery {
    /// Only of this page.
    page: Option<PageId>,
    /// Only those that such an owner has.
    #[param(inline)]
    owner: Option<OwnerKind>,
    /// Only those that this agent has: a user's id, or `me`.
    #[param(value_type = Option<String>)]
    agent: Option<Who>,
    /// Only those that wait in this team's queue.
    team: Option<TeamId>,
    /// Only open ones, or only closed ones.
    #[param(inline)]
    status: Option<ConversationStatus>,
}

#[derive(Debug)]
enum Who {
    Me,
    User(UserId),
}

impl<'de> Deserialize<'de> for Who {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        if text == "me" { Ok(Self::Me) } else { text.parse().map(Self::User).map_err(serde::de::Error::custom) }
    }
}

/// Conversations, newest activity first
#[utoipa::path(
    tag = "inbox",
    operation_id = "list_conversations",
    params(ConversationsQuery, Paging),
    responses((status = OK, body = List<ConversationView>)),
    security(("bearer" = ["read"]))
)]
#[get("/conversations")]
pub async fn list_conversations(
    api: Data<Api>,
    caller: Caller,
    query: Query<ConversationsQuery>,
    paging: Paging,
) -> Reply<List<ConversationView>> {
    let Query(ConversationsQuery { page, owner, agent, team, status }) = query;
    let agent = agent.map(|who| match who {
        Who::Me => caller.user.id,
        Who::User(user) => user,
    });
    let filter = ConversationFilter { page, owner, agent, team, status };
    let found = api.store.conversations(&filter, paging.after()?, paging.fetch()).await?;
    Ok(Answer::ok(paging.list(
        found,
        |listed| ListPlace { last_activity_at: listed.conversation.last_activity_at, id: listed.conversation.id },
        |listed| ConversationView::new(listed.conversation, &listed.contact),
    )))
}

use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;

use super::order;
use super::view::ConversationView;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::command::{Assignee, Order};
use crate::domain::ids::{ConversationId, TeamId, UserId};

/// To whom.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "to", rename_all = "snake_case", deny_unknown_fields)]
pub enum AssignBody {
    /// Somebody with a service seat.
    Agent { agent: UserId },
    /// Into the team's queue.
    Team { team: TeamId },
    /// Into the open queue.
    Queue {},
}

/// Give a conversation to an agent or into a queue
///
/// One that another agent has may only be given away by a lead.
#[utoipa::path(
    tag = "inbox",
    operation_id = "assign_conversation",
    params(ConversationId),
    responses((status = OK, body = ConversationView)),
    security(("bearer" = ["serve"]))
)]
#[post("/conversations/{id}/assign")]
pub async fn assign_conversation(
    api: Data<Api>,
    caller: Caller,
    id: Path<ConversationId>,
    body: Json<AssignBody>,
) -> Reply<ConversationView> {
    let to = match body.0 {
        AssignBody::Queue {} => Assignee::Queue { team: None },
        AssignBody::Team { team } => match api.store.team(team).await? {
            Some(_) => Assignee::Queue { team: Some(team) },
            None => return Err(Problem::invalid("/team", "unknown", format!("no team `{team}`"))),
        },
        AssignBody::Agent { agent } => match api.store.agent(agent).await? {
            Some(on_duty) => Assignee::Agent { user: agent, name: on_duty.agent.name },
            None => return Err(Problem::invalid("/agent", "no_service_seat", format!("`{agent}` is no active user with a service seat"))),
        },
    };
    Ok(Answer::ok(order::give_and_show(&api, &caller, id.0, Order::Assign { to }).await?))
}

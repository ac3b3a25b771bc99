use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::json;

use super::TicketView;
use super::comments::comment;
use super::view::{find, saving_failed};
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::etag::IfMatch;
use crate::api::extract::{Json, Path};
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::access::Need;
use crate::domain::ids::TicketId;
use crate::domain::ticket::{IllegalMove, Source, TicketChange};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveTicketBody {
    /// A status's key.
    to: String,
    /// Move it where the matrix does not allow. Needs a lead, and stays visible in the history.
    #[serde(default)]
    r#override: bool,
    /// Said about the move, for colleagues.
    comment: Option<String>,
}

/// Move a ticket to another status
#[utoipa::path(tag = "tickets", operation_id = "move_ticket", params(TicketId), responses((status = OK, body = TicketView)), security(("bearer" = ["serve"])))]
#[post("/tickets/{id}/transitions")]
pub async fn move_ticket(
    api: Data<Api>,
    caller: Caller,
    id: Path<TicketId>,
    if_match: IfMatch,
    body: Json<MoveTicketBody>,
) -> Reply<TicketView> {
    let MoveTicketBody { to, r#override, comment: said } = body.0;
    if r#override {
        caller.need(Need::LeadTeam)?;
    }
    let mut ticket = find(&api, id.0).await?;
    if_match.guards(ticket.revision)?;
    let pipelines = api.store.pipelines().await?;
    let pipeline =
        pipelines.iter().find(|pipeline| pipeline.id == ticket.pipeline).ok_or_else(|| Problem::not_found("pipeline", ticket.pipeline))?;
    let step = pipeline.move_to(&ticket, &to, r#override).map_err(|error| illegal(&error, pipeline.allowed_from(&ticket.status)))?;
    let (by, now) = (Source::User { user: caller.user.id }, api.clock.now());
    let said = said.map(|text| comment(&api, &caller, ticket.id, text, "/comment")).transpose()?;
    let mut changes = vec![ticket.moved(&step, &by, now)];
    if said.is_some() {
        changes.push(TicketChange::commented(&ticket, &by, now));
    }
    let revision = api.store.update_ticket(&ticket, &changes, said.as_ref()).await.map_err(saving_failed)?;
    Ok(Answer::ok(TicketView::new(ticket, &pipelines)).at(revision))
}

/// Nothing was moved; `allowed` says where it could go.
fn illegal(error: &IllegalMove, allowed: &[String]) -> Problem {
    let problem = match error {
        IllegalMove::UnknownStatus { .. } => Problem::invalid("/to", "unknown", error.to_string()),
        IllegalMove::AlreadyThere(_) | IllegalMove::NotAllowed { .. } => Problem::new(Code::IllegalTransition, error.to_string()),
    };
    problem.with("allowed", json!(allowed))
}

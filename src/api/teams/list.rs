use actix_web::get;
use actix_web::web::Data;

use super::TeamView;
use crate::api::answer::{Answer, Reply};
use crate::api::paging::{List, Paging};
use crate::api::state::Api;

/// The teams, in order of creation
#[utoipa::path(tag = "people", operation_id = "list_teams", params(Paging), responses((status = OK, body = List<TeamView>)), security(("bearer" = ["read"])))]
#[get("/teams")]
pub async fn list_teams(api: Data<Api>, paging: Paging) -> Reply<List<TeamView>> {
    let found = paging.cut(api.store.teams().await?, |team| team.id)?;
    Ok(Answer::ok(paging.list(found, |team| team.id, TeamView::from)))
}

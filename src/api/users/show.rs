use actix_web::get;
use actix_web::web::Data;

use super::UserView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::ids::UserId;

/// One user
#[utoipa::path(tag = "access", operation_id = "show_user", params(UserId), responses((status = OK, body = UserView)), security(("bearer" = ["read"])))]
#[get("/users/{id}")]
pub async fn show_user(api: Data<Api>, id: Path<UserId>) -> Reply<UserView> {
    let user = api.store.user(id.0).await?.ok_or_else(|| Problem::not_found("user", id.0))?;
    let revision = user.revision;
    Ok(Answer::ok(user.into()).at(revision))
}

use actix_web::get;
use actix_web::web::Data;
use serde::Deserialize;

use super::UserView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Query;
use crate::api::paging::{List, Paging};
use crate::api::state::Api;
use crate::domain::access::Role;
use crate::store::access::UserFilter;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct UsersQuery {
    /// Only users of this role.
    role: Option<Role>,
    /// Only those who may sign in, or who may not.
    active: Option<bool>,
    /// Only those who may be given conversations, or who may not.
    service_seat: Option<bool>,
}

/// The users, in order of creation
#[utoipa::path(tag = "access", operation_id = "list_users", params(UsersQuery, Paging), responses((status = OK, body = List<UserView>)), security(("bearer" = ["read"])))]
#[get("/users")]
pub async fn list_users(api: Data<Api>, query: Query<UsersQuery>, paging: Paging) -> Reply<List<UserView>> {
    let Query(UsersQuery { role, active, service_seat }) = query;
    let found = api.store.users(UserFilter { role, active, service_seat }, paging.after()?, paging.fetch()).await?;
    Ok(Answer::ok(paging.list(found, |user| user.id, UserView::from)))
}

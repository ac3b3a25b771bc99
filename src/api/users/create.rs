use actix_web::post;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;

use super::UserView;
use super::view::check_new;
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::extract::Json;
use crate::api::password;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::access::{Need, Role, User};
use crate::store::StoreError;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUserBody {
    email: String,
    name: String,
    /// Only an owner may make an owner.
    role: Role,
    /// May be given conversations and tickets.
    #[serde(default)]
    service_seat: bool,
    /// 10 to 200 characters.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Let somebody sign in
#[utoipa::path(tag = "access", operation_id = "create_user", responses((status = CREATED, body = UserView)), security(("bearer" = ["administer"])))]
#[post("/users")]
pub async fn create_user(api: Data<Api>, caller: Caller, body: Json<CreateUserBody>) -> Reply<UserView> {
    let Json(CreateUserBody { email, name, role, service_seat, password }) = body;
    if role == Role::Owner {
        caller.need(Need::Own)?;
    }
    let email = check_new(&email, &name, &password)?;
    let hash = password::hash(password).await?;
    let user = User { id: api.ids()?.next(), email, name, role, service_seat, active: true, revision: 1, created_at: api.clock.now() };
    api.store.create_user(user.clone(), hash).await.map_err(saving_failed)?;
    Ok(Answer::created(format!("/v1/users/{}", user.id), user.into()).at(1))
}

/// What saving a user may run into.
pub(in crate::api) fn saving_failed(error: StoreError) -> Problem {
    match error {
        StoreError::Conflict { what: "email" } => {
            let detail = "another user has this e-mail address";
            Problem::new(Code::Conflict, detail).field("/email", "taken", detail)
        }
        StoreError::Conflict { what: "revision" } => {
            Problem::new(Code::Stale, "it has changed meanwhile; read it again and repeat the change")
        }
        StoreError::InUse { what: "the last owner" } => Problem::new(Code::LastOwner, "make another active owner first"),
        other => other.into(),
    }
}

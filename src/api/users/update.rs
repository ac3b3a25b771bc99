use actix_web::patch;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;

use super::UserView;
use super::create::saving_failed;
use super::view::{check_email, check_password};
use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::etag::IfMatch;
use crate::api::extract::{FieldChecks, Json, Path};
use crate::api::password;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::api::transfer_rules::breaking;
use crate::domain::access::{Need, Role, User};
use crate::domain::ids::UserId;

/// What is left out stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateUserBody {
    email: Option<String>,
    name: Option<String>,
    /// Only an owner may make an owner, or change one.
    role: Option<Role>,
    /// Cannot be taken away while a transfer rule names the user: the refusal says which.
    service_seat: Option<bool>,
    /// `false` ends all sign-ins at once. Users are not deleted: what they wrote keeps their name.
    active: Option<bool>,
    /// A new password, 10 to 200 characters. Ends all their sign-ins.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

/// Change a user, or their role
#[utoipa::path(tag = "access", operation_id = "update_user", params(UserId), responses((status = OK, body = UserView)), security(("bearer" = ["administer"])))]
#[patch("/users/{id}")]
pub async fn update_user(
    api: Data<Api>,
    caller: Caller,
    id: Path<UserId>,
    if_match: IfMatch,
    body: Json<UpdateUserBody>,
) -> Reply<UserView> {
    let user = api.store.user(id.0).await?.ok_or_else(|| Problem::not_found("user", id.0))?;
    if user.role == Role::Owner || body.0.role == Some(Role::Owner) {
        caller.need(Need::Own)?;
    }
    if_match.guards(user.revision)?;
    let expected = user.revision;
    let had_seat = user.service_seat;
    let (user, password) = changed(user, body.0)?;
    if had_seat && !user.service_seat {
        let naming = api.store.rule_sets_naming_user(user.id).await?;
        breaking(&naming, |set| set.rules_naming_user(user.id), "transfer rules name this user; change them first")?;
    }
    let hash = match password {
        Some(password) => Some(password::hash(password).await?),
        None => None,
    };
    api.store.save_user(user.clone(), expected).await.map_err(saving_failed)?;
    if let Some(hash) = hash {
        api.store.set_password(user.id, hash, None).await?;
    }
    let revision = user.revision;
    Ok(Answer::ok(user.into()).at(revision))
}

fn changed(mut user: User, body: UpdateUserBody) -> Result<(User, Option<SecretString>), Problem> {
    let UpdateUserBody { email, name, role, service_seat, active, password } = body;
    let mut checks = FieldChecks::default();
    if let Some(email) = email {
        user.email = check_email(&mut checks, &email);
    }
    if let Some(name) = name {
        checks.line(&name, 100, "/name");
        user.name = name;
    }
    if let Some(password) = &password {
        check_password(&mut checks, password, "/password");
    }
    checks.done()?;
    user.role = role.unwrap_or(user.role);
    user.service_seat = service_seat.unwrap_or(user.service_seat);
    user.active = active.unwrap_or(user.active);
    user.revision += 1;
    Ok((user, password))
}

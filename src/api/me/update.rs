use actix_web::patch;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::Deserialize;

use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::etag::IfMatch;
use crate::api::extract::{FieldChecks, Json};
use crate::api::password;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::api::users::{UserView, check_password, saving_failed};

/// What is left out stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMeBody {
    name: Option<String>,
    /// The new one, 10 to 200 characters. Ends all other sign-ins.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
    /// Needed with `password`.
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Option<SecretString>,
}

/// Change my name or password
#[utoipa::path(tag = "access", operation_id = "update_me", responses((status = OK, body = UserView)), security(("bearer" = ["signed_in"])))]
#[patch("/me")]
pub async fn update_me(api: Data<Api>, caller: Caller, if_match: IfMatch, body: Json<UpdateMeBody>) -> Reply<UserView> {
    let Json(UpdateMeBody { name, password, current_password }) = body;
    if_match.guards(caller.user.revision)?;
    let mut checks = FieldChecks::default();
    if let Some(name) = &name {
        checks.line(name, 100, "/name");
    }
    if let Some(password) = &password {
        check_password(&mut checks, password, "/password");
    }
    checks.done()?;
    if let Some(password) = password {
        change_password(&api, &caller, password, current_password).await?;
    }
    let mut user = caller.user;
    if let Some(name) = name {
        let expected = user.revision;
        user.name = name;
        user.revision += 1;
        api.store.save_user(user.clone(), expected).await.map_err(saving_failed)?;
    }
    let revision = user.revision;
    Ok(Answer::ok(user.into()).at(revision))
}

async fn change_password(api: &Api, caller: &Caller, new: SecretString, current: Option<SecretString>) -> Result<(), Problem> {
    let wrong = |code, detail| Problem::invalid("/current_password", code, detail);
    let current = current.ok_or_else(|| wrong("missing_field", "needed to change the password"))?;
    let hash = api.store.password_hash(caller.user.id).await?;
    if !password::fits(current, hash).await? {
        return Err(wrong("invalid_value", "it is not your current password"));
    }
    let hash = password::hash(new).await?;
    api.store.set_password(caller.user.id, hash, Some(caller.sign_in)).await?;
    Ok(())
}

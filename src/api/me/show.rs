use actix_web::get;

use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::users::UserView;

/// Who I am
#[utoipa::path(tag = "access", operation_id = "show_me", responses((status = OK, body = UserView)), security(("bearer" = ["signed_in"])))]
#[get("/me")]
pub async fn show_me(caller: Caller) -> Reply<UserView> {
    let revision = caller.user.revision;
    Ok(Answer::ok(caller.user.into()).at(revision))
}

use actix_web::post;
use actix_web::web::Data;

use crate::api::answer::{Answer, Reply};
use crate::api::caller::Caller;
use crate::api::state::Api;

/// Sign out: this device's tokens end at once
#[utoipa::path(tag = "access", operation_id = "logout", responses((status = NO_CONTENT)), security(("bearer" = ["signed_in"])))]
#[post("/auth/logout")]
pub async fn logout(api: Data<Api>, caller: Caller) -> Reply<()> {
    api.store.close_sign_in(caller.sign_in).await?;
    Ok(Answer::nothing())
}

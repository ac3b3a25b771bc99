use actix_web::get;
use actix_web::web::Data;

use super::SecretView;
use crate::api::answer::{Answer, Reply};
use crate::api::paging::{List, Paging};
use crate::api::state::Api;

/// The secrets by name, without their values
#[utoipa::path(tag = "secrets", operation_id = "list_secrets", params(Paging), responses((status = OK, body = List<SecretView>)), security(("bearer" = ["administer"])))]
#[get("/secrets")]
pub async fn list_secrets(api: Data<Api>, paging: Paging) -> Reply<List<SecretView>> {
    let found = paging.cut(api.store.secrets().await?, |secret| secret.name.clone())?;
    Ok(Answer::ok(paging.list(found, |secret| secret.name.clone(), SecretView::from)))
}

use actix_web::delete;
use actix_web::web::Data;

use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;

/// Forget a secret
///
/// HTTP calls that use it fail from now on, and go on at their `failed` arm.
#[utoipa::path(
    tag = "secrets",
    operation_id = "delete_secret",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT)),
    security(("bearer" = ["administer"]))
)]
#[delete("/secrets/{name}")]
pub async fn delete_secret(api: Data<Api>, name: Path<String>) -> Reply<()> {
    if !api.store.delete_secret(&name.0).await? {
        return Err(Problem::not_found("secret", &name.0));
    }
    tracing::info!(secret = %name.0, "secret `{}` was deleted", name.0);
    Ok(Answer::nothing())
}

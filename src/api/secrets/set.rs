use actix_web::put;
use actix_web::web::Data;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::SecretView;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::{Json, Path};
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::secret::is_name;

/// Bytes of a value: a key in PEM fits.
const LONGEST: usize = 16_384;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSecretBody {
    /// Never shown again.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 16384)]
    value: SecretString,
}

/// Make a secret, or replace its value
///
/// Flows use it as `{{ secrets.name }}` in the URL, headers, body and signature of their HTTP calls. Calls that begin after
/// the answer use the new value.
#[utoipa::path(
    tag = "secrets",
    operation_id = "set_secret",
    params(("name" = String, Path, description = "Lower-case letters, digits and `_`, a letter first; at most 64.")),
    responses((status = OK, body = SecretView)),
    security(("bearer" = ["administer"]))
)]
#[put("/secrets/{name}")]
pub async fn set_secret(api: Data<Api>, name: Path<String>, body: Json<SetSecretBody>) -> Reply<SecretView> {
    if !is_name(&name.0) {
        return Err(Problem::new(Code::InvalidPath, "a secret's name has lower-case letters, digits and `_`, a letter first, at most 64"));
    }
    let value = &body.0.value;
    let length = value.expose_secret().len();
    if length == 0 || length > LONGEST {
        return Err(Problem::invalid("/value", "invalid_value", format!("a secret has 1 to {LONGEST} bytes")));
    }
    let set = api.store.put_secret(&name.0, value, api.clock.now()).await?;
    tracing::info!(secret = %set.name, "secret `{}` was set", set.name);
    Ok(Answer::ok(set.into()))
}

use actix_web::delete;
use actix_web::web::Data;

use super::show::find;
use super::update::save;
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::state::Api;
use crate::domain::ids::LinkId;

/// Revoke a link
///
/// Who opens it from now on is answered by the page's primary chatflow. The link stays listed. A chatflow's own link is refused.
#[utoipa::path(tag = "links", operation_id = "revoke_link", params(LinkId), responses((status = NO_CONTENT)), security(("bearer" = ["edit_flows"])))]
#[delete("/links/{id}")]
pub async fn revoke_link(api: Data<Api>, id: Path<LinkId>, if_match: IfMatch) -> Reply<()> {
    let mut link = find(&api, id.0).await?;
    if_match.guards(link.revision)?;
    link.revoke()?;
    save(&api, link).await?;
    Ok(Answer::nothing())
}

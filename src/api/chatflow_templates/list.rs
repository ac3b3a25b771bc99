use actix_web::get;

use super::ChatflowTemplateView;
use crate::api::answer::{Answer, Reply};
use crate::api::paging::{List, Paging};
use crate::flow::gallery::{STARTERS, Starter};

/// The documents to start from, the simplest first
#[utoipa::path(tag = "chatflows", operation_id = "list_chatflow_templates", params(Paging), responses((status = OK, body = List<ChatflowTemplateView>)), security(("bearer" = ["read"])))]
#[get("/chatflow-templates")]
pub async fn list_chatflow_templates(paging: Paging) -> Reply<List<ChatflowTemplateView>> {
    let all: Vec<(usize, &'static Starter)> = STARTERS.iter().enumerate().collect();
    let found = paging.cut(all, |(place, _)| *place)?;
    Ok(Answer::ok(paging.list(found, |(place, _)| *place, |(_, starter)| starter.into())))
}

use actix_web::get;
use actix_web::web::Data;

use super::sensitive::Sensitive;
use super::session::SessionView;
use super::view::{CameFromView, ConversationView, OpenedConversationView, VisitorView};
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::Problem;
use crate::api::state::Api;
use crate::domain::contact::Contact;
use crate::domain::conversation::Conversation;
use crate::domain::ids::ConversationId;
use crate::store::tickets::TicketFilter;

/// Open tickets shown with a conversation; `GET /v1/tickets?conversation=` has them all.
const TICKETS: u32 = 20;

/// One conversation: who, why, what was collected
#[utoipa::path(
    tag = "inbox",
    operation_id = "show_conversation",
    params(ConversationId),
    responses((status = OK, body = OpenedConversationView)),
    security(("bearer" = ["read"]))
)]
#[get("/conversations/{id}")]
pub async fn show_conversation(api: Data<Api>, id: Path<ConversationId>) -> Reply<OpenedConversationView> {
    let loaded = api.store.conversation(id.0).await?.ok_or_else(|| Problem::not_found("conversation", id.0))?;
    let sensitive = Sensitive::of(&api, &loaded).await?;
    let filter = TicketFilter { conversation: Some(id.0), closed: Some(false), ..TicketFilter::default() };
    let tickets = api.store.tickets(&filter, None, TICKETS).await?;
    Ok(Answer::ok(OpenedConversationView {
        came_from: came_from(&api, &loaded.conversation).await?,
        visitor: visitor(&loaded.contact, &sensitive),
        session: loaded.session.map(|session| SessionView::new(session, &sensitive)),
        open_tickets: tickets.into_iter().map(Into::into).collect(),
        conversation: ConversationView::new(loaded.conversation, &loaded.contact),
    }))
}

fn visitor(contact: &Contact, sensitive: &Sensitive) -> VisitorView {
    VisitorView {
        first_name: contact.profile.first_name.clone(),
        last_name: contact.profile.last_name.clone(),
        locale: contact.locale.clone().or_else(|| contact.profile.locale.clone()),
        timezone: contact.profile.timezone,
        attributes: sensitive.mask(contact.attributes.clone()),
        labels: contact.labels.iter().cloned().collect(),
    }
}

async fn came_from(api: &Api, conversation: &Conversation) -> Result<CameFromView, Problem> {
    let mut came = CameFromView::default();
    if let Some(chatflow) = conversation.chatflow {
        came.chatflow_name = api.store.chatflow(chatflow).await?.map(|chatflow| chatflow.name);
    }
    if let Some(link) = conversation.link {
        let link = api.store.link(link).await?;
        came.link_ref = link.as_ref().map(|link| link.r#ref.clone());
        came.link_label = link.and_then(|link| link.label);
    }
    Ok(came)
}

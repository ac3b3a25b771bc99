//! How ids look in the OpenAPI document. `params(UserId)` describes the path's `{id}`.

use std::borrow::Cow;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::domain::ids::{
    CalloutId, ChatflowId, CommentId, ContactId, ConversationId, EmittedId, EventId, LinkId, MessageId, PageId, PipelineId, Psid,
    RuleSetId, SessionId, SignInId, TeamId, TicketId, TimerId, UserId,
};

fn text(description: &str, pattern: Option<String>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).description(Some(description)).pattern(pattern).build().into()
}

fn path_id(schema: RefOr<Schema>) -> Vec<Parameter> {
    vec![ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path).required(Required::True).schema(Some(schema)).build()]
}

macro_rules! id_schemas {
    ($($name:ident: $description:literal, $pattern:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> { text($description, $pattern) }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> { Cow::Borrowed(stringify!($name)) }
        }
        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> { path_id($name::schema()) }
        }
    )*};
}

fn typed(prefix: &str) -> Option<String> {
    Some(format!("^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$"))
}

id_schemas! {
    UserId: "a user's id", typed(UserId::PREFIX);
    ChatflowId: "a chatflow's id", typed(ChatflowId::PREFIX);
    LinkId: "a link's id", typed(LinkId::PREFIX);
    ContactId: "a contact's id", typed(ContactId::PREFIX);
    ConversationId: "a conversation's id", typed(ConversationId::PREFIX);
    SessionId: "a session's id", typed(SessionId::PREFIX);
    EmittedId: "an event's id", typed(EmittedId::PREFIX);
    EventId: "an inbound event's id", typed(EventId::PREFIX);
    MessageId: "a message's id", typed(MessageId::PREFIX);
    CalloutId: "a callout's id", typed(CalloutId::PREFIX);
    TimerId: "a timer's id", typed(TimerId::PREFIX);
    TeamId: "a team's id", typed(TeamId::PREFIX);
    RuleSetId: "a list of transfer rules' id", typed(RuleSetId::PREFIX);
    PipelineId: "a pipeline's id", typed(PipelineId::PREFIX);
    TicketId: "a ticket's id", typed(TicketId::PREFIX);
    CommentId: "a comment's id", typed(CommentId::PREFIX);
    SignInId: "a sign-in's id", typed(SignInId::PREFIX);
    PageId: "Meta's id of a Facebook Page", None;
    Psid: "Meta's page-scoped id of a visitor", None;
}

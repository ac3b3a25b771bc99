//! How an event comes to a chatflow: the link it came by, what it carries, what the page binds to it.

use super::draft::Draft;
use super::route::because;
use super::situation::{LinkLookup, Situation, referral_of};
use crate::domain::event::{Inbound, InboundEvent};
use crate::domain::ids::ChatflowId;
use crate::domain::link::Link;
use crate::domain::page::{GET_STARTED_PAYLOAD, PageBinding};
use crate::flow::session::Entry;
use crate::flow::step::Input;
use crate::flow::words::normalise;

pub(super) fn live_link<'a>(cx: &'a Situation<'_>, draft: &mut Draft) -> Option<&'a Link> {
    let (link, miss) = match &cx.link {
        LinkLookup::NoRef => return None,
        LinkLookup::Unknown(text) => (None, format!("no link has the ref `{text}`")),
        LinkLookup::Found(link) if !link.is_live(cx.at) => (None, format!("link `{}` is revoked or expired", link.id)),
        LinkLookup::Found(link) if cx.world.active(link.chatflow).is_none() => {
            (None, format!("the chatflow of link `{}` is not active", link.id))
        }
        LinkLookup::Found(link) => (Some(&**link), String::new()),
    };
    match link {
        Some(link) => because(draft, "link", true, format!("link `{}` opens its chatflow", link.id)),
        None => {
            draft.note_line("link_missed", miss.clone());
            because(draft, "link", false, miss);
        }
    }
    link
}

pub(super) fn entry_by_link(link: &Link, event: &InboundEvent) -> Entry {
    let referral = referral_of(event).unwrap_or_default();
    Entry {
        link: Some(link.id),
        r#ref: Some(link.r#ref.clone()),
        label: link.label.clone(),
        source: referral.source,
        ad_id: referral.ad_id,
        node: link.node.clone(),
        variables: link.variables.clone(),
        locale: link.locale.clone(),
    }
}

pub(super) fn entry_without_link(event: &InboundEvent) -> Entry {
    let referral = referral_of(event).unwrap_or_default();
    Entry { r#ref: referral.r#ref, source: referral.source, ad_id: referral.ad_id, ..Entry::default() }
}

pub(super) fn payload_of(event: &InboundEvent) -> Option<&str> {
    match &event.what {
        Inbound::Postback { payload, .. } => payload.as_deref(),
        Inbound::Message(message) => message.quick_reply.as_deref(),
        _ => None,
    }
}

pub(super) fn input_of(event: &InboundEvent) -> Option<Input<'_>> {
    match &event.what {
        Inbound::Message(message) => Some(Input::Said(message)),
        Inbound::Postback { title, payload, .. } => {
            Some(Input::Postback { title: title.as_deref(), payload: payload.as_deref().unwrap_or_default() })
        }
        _ => None,
    }
}

/// A first message may already ask for something: the flow's interrupts see it, else it only opens the session.
pub(super) fn first_input(event: &InboundEvent) -> Input<'_> {
    match payload_of(event) {
        Some(GET_STARTED_PAYLOAD) => Input::Started,
        _ => input_of(event).unwrap_or(Input::Started),
    }
}

/// Design §5.7: the chatflow that the page opens for this payload, and how.
pub(super) fn bound_to_payload(cx: &Situation<'_>, draft: &mut Draft, event: &InboundEvent, payload: &str) -> Option<(ChatflowId, Entry)> {
    bound(cx, draft, event, |binding| (binding.payload.as_deref() == Some(payload)).then(|| format!("payload `{payload}`")))
}

/// The same for what the visitor wrote, where it is one of the keywords and nothing else.
pub(super) fn bound_to_words(cx: &Situation<'_>, draft: &mut Draft, event: &InboundEvent) -> Option<(ChatflowId, Entry)> {
    if cx.world.page.settings.bindings.is_empty() {
        return None;
    }
    let Inbound::Message(message) = &event.what else { return None };
    let plain = normalise(message.text.as_deref().filter(|text| !text.trim().is_empty())?);
    let said =
        |binding: &PageBinding| binding.keywords.iter().find(|word| normalise(word) == plain).map(|word| format!("keyword `{word}`"));
    bound(cx, draft, event, said)
}

/// The first binding that fits and whose chatflow is active; those that are not say so.
fn bound(
    cx: &Situation<'_>,
    draft: &mut Draft,
    event: &InboundEvent,
    fits: impl Fn(&PageBinding) -> Option<String>,
) -> Option<(ChatflowId, Entry)> {
    for binding in &cx.world.page.settings.bindings {
        let Some(by) = fits(binding) else { continue };
        let Some(active) = cx.world.active(binding.chatflow) else {
            because(draft, "binding", false, format!("{by} is bound to chatflow `{}`, which is not active", binding.chatflow));
            continue;
        };
        let at = binding.node.as_ref().map(|node| format!(" at `{node}`")).unwrap_or_default();
        because(draft, "binding", true, format!("{by} is bound to `{}`{at}", active.name));
        return Some((binding.chatflow, Entry { node: binding.node.clone(), ..entry_without_link(event) }));
    }
    None
}

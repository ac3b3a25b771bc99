//! One wire event becomes domain events, with the key by which its redeliveries are known.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::loose::{Int, Text, plain};
use super::wire::{self, Event};
use crate::domain::Timestamp;
use crate::domain::event::{Attachment, Echo, Inbound, InboundEvent, MessageIn, Referral};
use crate::domain::ids::{PageId, Psid};

/// Longer ones do not serve as a key: databases bound what they index.
const LONGEST_MID: usize = 255;

/// Where an event was found.
pub(super) struct Place<'a> {
    pub page: &'a str,
    pub entry_time: Int,
    pub standby: bool,
    pub received_at: Timestamp,
}

impl Place<'_> {
    /// Turns one wire event into domain events. `None`: this version does not know it; see [`Self::unknown`].
    pub fn read(&self, event: Event, into: &mut Vec<InboundEvent>) -> Option<()> {
        let time = event.timestamp;
        let id = |party: &Option<wire::Party>| party.as_ref().and_then(|party| party.id.as_ref()).map(|id| id.0.clone());
        let sender = id(&event.sender);
        let by_page = sender.as_deref() == Some(self.page);
        let from_page = by_page || event.message.as_ref().is_some_and(|message| message.is_echo);
        let psid = if from_page { id(&event.recipient) } else { sender };
        let before = into.len();
        let understood = kinds(event, from_page, |what| into.push(self.event(psid.as_deref(), time, what)));
        if understood.is_none() {
            into.truncate(before);
        }
        understood.filter(|()| into.len() > before)
    }

    /// An event of no known kind, kept whole.
    pub fn unknown(&self, raw: Value) -> InboundEvent {
        let at = |pointer: &str| raw.pointer(pointer).and_then(Text::of);
        let sender = at("/sender/id");
        let psid = if sender.as_deref() == Some(self.page) { at("/recipient/id") } else { sender };
        let time = raw.get("timestamp").and_then(|time| serde::Deserialize::deserialize(time).ok()).unwrap_or_default();
        let envelope = ["sender", "recipient", "timestamp"];
        let keys = raw.as_object().map(|fields| fields.keys().filter(|key| !envelope.contains(&key.as_str())).cloned().collect());
        self.event(psid.as_deref(), time, Inbound::Unknown { keys: keys.unwrap_or_default(), raw })
    }

    /// A page-level notification.
    pub fn change(&self, change: wire::Change) -> InboundEvent {
        self.event(None, Int(None), Inbound::Change { field: change.field.0, raw: change.value })
    }

    fn event(&self, psid: Option<&str>, time: Int, what: Inbound) -> InboundEvent {
        InboundEvent {
            page: PageId::from(self.page),
            psid: psid.map(Psid::from),
            at: time.time().or_else(|| self.entry_time.time()).unwrap_or(self.received_at),
            dedupe: self.own_key(&what).unwrap_or_else(|| self.hash(psid, time, &what)),
            standby: self.standby,
            what,
        }
    }

    /// The key of an event without an id. Never from the time of receipt, which a redelivery does not share.
    fn hash(&self, psid: Option<&str>, time: Int, what: &Inbound) -> String {
        let time = time.0.or(self.entry_time.0).unwrap_or(0);
        let mut hash = Sha256::new();
        for part in [self.page, psid.unwrap_or("")] {
            // Length first: `("1", "23")` and `("12", "3")` are two events.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(time.to_be_bytes());
        hash.update(what.kind());
        hash.update(serde_json::to_vec(what).unwrap_or_default());
        format!("h:{}", hex::encode(&hash.finalize()[..16]))
    }

    /// An event's own id. The echo of a message and the message are two events; a message that also comes in `standby`
    /// is one. A tap is not: its copy in `standby` lacks the payload, and must not stand in the way of the whole one.
    fn own_key(&self, what: &Inbound) -> Option<String> {
        let usable = |mid: &&String| !mid.is_empty() && mid.len() <= LONGEST_MID;
        match what {
            Inbound::Message(message) => Some(&message.mid).filter(usable).cloned(),
            Inbound::Postback { mid, payload: None, .. } if self.standby => mid.as_ref().filter(usable).map(|mid| format!("standby:{mid}")),
            Inbound::Postback { mid, .. } => mid.as_ref().filter(usable).cloned(),
            Inbound::Echo(echo) => Some(&echo.mid).filter(usable).map(|mid| format!("echo:{mid}")),
            _ => None,
        }
    }
}

/// Hands every kind in the event to `give`. `None`: one of them has a shape this version does not know.
fn kinds(event: Event, from_page: bool, mut give: impl FnMut(Inbound)) -> Option<()> {
    if let Some(message) = event.message {
        give(message_in(message, from_page)?);
    }
    for (thread, kind) in [
        (event.pass_thread_control, pass as fn(wire::Thread) -> Inbound),
        (event.take_thread_control, take),
        (event.request_thread_control, request),
    ] {
        thread.map(kind).into_iter().for_each(&mut give);
    }
    let visitor_did: [Option<Inbound>; 4] =
        [event.message_edit.map(edit), event.reaction.map(reaction), event.postback.map(postback), event.delivery.map(delivery)];
    for what in visitor_did.into_iter().flatten() {
        // What the Page did itself (it can react since 2025-12) must not look like the visitor's act.
        give((!from_page).then_some(what)?);
    }
    if let Some(read) = event.read {
        give(Inbound::Read { watermark: read.watermark.time().filter(|_| !from_page)? });
    }
    if let Some(what) = event.referral {
        give(Inbound::Referral { referral: referral(what), lead: event.lead });
    }
    event.optin.map(optin).into_iter().for_each(&mut give);
    event.account_linking.map(account_linking).into_iter().for_each(&mut give);
    event.policy_enforcement.map(policy).into_iter().for_each(&mut give);
    event.response_feedback.map(response_feedback).into_iter().for_each(&mut give);
    for (raw, kind) in [
        (event.app_roles, (|raw| Inbound::AppRoles { roles: raw }) as fn(Value) -> Inbound),
        (event.messaging_feedback, |raw| Inbound::Feedback { raw }),
        (event.messaging_customer_information, |raw| Inbound::CustomerInformation { raw }),
        (event.form, |raw| Inbound::LeadForm { raw }),
        (event.order, |raw| Inbound::Order { raw }),
        (event.template, |raw| Inbound::CouponClick { raw }),
    ] {
        raw.map(kind).into_iter().for_each(&mut give);
    }
    Some(())
}

/// `None` for a message that was taken back (Instagram's shape): answering it as an empty one would be wrong.
fn message_in(message: wire::Message, from_page: bool) -> Option<Inbound> {
    if message.is_deleted {
        return None;
    }
    let mid = plain(message.mid).unwrap_or_default();
    let text = plain(message.text);
    let mut attachments: Vec<Attachment> = message.attachments.into_iter().map(attachment).collect();
    if from_page {
        let (app_id, metadata) = (plain(message.app_id), plain(message.metadata));
        return Some(Inbound::Echo(Echo { mid, app_id, metadata, text, attachments }));
    }
    if message.is_unsupported && attachments.is_empty() {
        attachments.push(Attachment { kind: "unsupported".into(), url: None, title: None, raw: Value::Null });
    }
    Some(Inbound::Message(MessageIn {
        mid,
        text,
        quick_reply: message.quick_reply.and_then(|reply| plain(reply.payload)),
        attachments,
        reply_to: message.reply_to.and_then(|to| plain(to.mid)),
        referral: message.referral.map(referral),
        commands: message.commands.into_iter().map(|command| command.name.0).collect(),
    }))
}

fn attachment(attachment: wire::Attachment) -> Attachment {
    let of = |key: &str| attachment.payload.get(key).and_then(Text::of);
    let url = of("url").or_else(|| plain(attachment.url));
    let title = of("title").or_else(|| plain(attachment.title));
    let says_more = attachment.payload.as_object().is_some_and(|fields| fields.keys().any(|key| key != "url" && key != "title"));
    let kind = plain(attachment.r#type).unwrap_or_else(|| "unknown".to_owned());
    Attachment { kind, url, title, raw: if says_more { attachment.payload } else { Value::Null } }
}

fn referral(referral: wire::Referral) -> Referral {
    Referral {
        r#ref: plain(referral.r#ref),
        source: plain(referral.source),
        r#type: plain(referral.r#type),
        ad_id: plain(referral.ad_id),
        raw: if referral.more.is_empty() { Value::Null } else { Value::Object(referral.more) },
    }
}

fn pass(thread: wire::Thread) -> Inbound {
    let (previous_app, new_app) = (plain(thread.previous_owner_app_id), plain(thread.new_owner_app_id));
    Inbound::PassThread { previous_app, new_app, metadata: plain(thread.metadata) }
}

fn take(thread: wire::Thread) -> Inbound {
    let (previous_app, new_app) = (plain(thread.previous_owner_app_id), plain(thread.new_owner_app_id));
    Inbound::TakeThread { previous_app, new_app, metadata: plain(thread.metadata) }
}

fn request(thread: wire::Thread) -> Inbound {
    Inbound::RequestThread { app: plain(thread.requested_owner_app_id), metadata: plain(thread.metadata) }
}

fn edit(edit: wire::Edit) -> Inbound {
    let num_edit = edit.num_edit.0.and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    Inbound::Edit { mid: edit.mid.0, text: plain(edit.text).unwrap_or_default(), num_edit }
}

fn reaction(reaction: wire::Reaction) -> Inbound {
    let added = reaction.action.is_none_or(|action| action.0 != "unreact");
    Inbound::Reaction { mid: reaction.mid.0, reaction: plain(reaction.reaction), emoji: plain(reaction.emoji), added }
}

fn postback(postback: wire::Postback) -> Inbound {
    Inbound::Postback {
        mid: plain(postback.mid),
        title: plain(postback.title),
        payload: plain(postback.payload),
        referral: postback.referral.map(referral),
    }
}

fn delivery(delivery: wire::Delivery) -> Inbound {
    Inbound::Delivery { mids: delivery.mids.into_iter().map(|mid| mid.0).collect(), watermark: delivery.watermark.time() }
}

fn optin(fields: Map<String, Value>) -> Inbound {
    let of = |key: &str| fields.get(key).and_then(Text::of);
    Inbound::Optin { r#ref: of("ref"), user_ref: of("user_ref"), raw: Value::Object(fields) }
}

fn account_linking(linking: wire::AccountLinking) -> Inbound {
    Inbound::AccountLinking { linked: linking.status.0 == "linked", authorization_code: plain(linking.authorization_code) }
}

fn policy(policy: wire::PolicyEnforcement) -> Inbound {
    Inbound::PolicyEnforcement { action: policy.action.0, reason: plain(policy.reason) }
}

fn response_feedback(feedback: wire::ResponseFeedback) -> Inbound {
    Inbound::ResponseFeedback { mid: plain(feedback.mid), feedback: feedback.feedback.0 }
}

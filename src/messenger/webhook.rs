//! A webhook's body becomes domain events. Start at [`parse`].
//!
//! Two ways to the same events. The quick one reads the usual shapes in one pass, straight into what the events own.
//! Whatever it does not understand sends the whole body the careful way, which takes each event for itself and keeps
//! the strange ones raw. Both read an event with the same code, so its dedupe key does not depend on the way.

use serde::Deserialize;
use serde_json::Value;

use super::inbound::Place;
use super::loose::{Int, Text};
use super::wire::{Change, Envelope, Event};
use crate::domain::Timestamp;
use crate::domain::event::{Inbound, InboundEvent};

/// The page of what names none; Meta's dashboard uses it for its test button too.
const NO_PAGE: &str = "0";

/// The body is no JSON. Everything that is JSON becomes events.
#[derive(Debug, thiserror::Error)]
#[error("the body is not JSON")]
pub struct NotJson(#[source] serde_json::Error);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    /// In the order of the body. Nothing is left out: what is strange is [`Inbound::Unknown`].
    pub events: Vec<InboundEvent>,
    /// How many of them are of no known kind.
    pub unknown: usize,
}

/// Reads a webhook's body, its signature checked before. `received_at` stands in where Meta gives no time.
pub fn parse(body: &[u8], received_at: Timestamp) -> Result<Parsed, NotJson> {
    if let Some(events) = quickly(body, received_at) {
        return Ok(Parsed { events, unknown: 0 });
    }
    let whole: Value = match serde_json::from_slice(body) {
        Ok(whole) => whole,
        Err(error) => serde_json::from_str(&mended(body)).map_err(|_| NotJson(error))?,
    };
    let events = carefully(whole, received_at);
    let unknown = events.iter().filter(|event| matches!(event.what, Inbound::Unknown { .. })).count();
    Ok(Parsed { events, unknown })
}

fn quickly(body: &[u8], received_at: Timestamp) -> Option<Vec<InboundEvent>> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    let mut events = Vec::with_capacity(envelope.entry.first()?.messaging.len());
    for entry in envelope.entry {
        let before = events.len();
        let mut place = Place { page: &entry.id.0, entry_time: entry.time, standby: false, received_at };
        for event in entry.messaging {
            place.read(event, &mut events)?;
        }
        place.standby = true;
        for event in entry.standby {
            place.read(event, &mut events)?;
        }
        place.standby = false;
        events.extend(entry.changes.into_iter().map(|change| place.change(change)));
        if events.len() == before {
            return None; // an entry without any event: kept by the careful way
        }
    }
    Some(events)
}

fn carefully(mut whole: Value, received_at: Timestamp) -> Vec<InboundEvent> {
    let mut events = Vec::new();
    match whole.get_mut("entry").map(Value::take) {
        Some(Value::Array(entries)) if !entries.is_empty() => {
            entries.into_iter().for_each(|entry| careful_entry(entry, received_at, &mut events));
        }
        entry => {
            if let (Some(entry), Value::Object(fields)) = (entry, &mut whole) {
                fields.insert("entry".into(), entry);
            }
            let nowhere = Place { page: NO_PAGE, entry_time: Int(None), standby: false, received_at };
            events.push(nowhere.unknown(whole));
        }
    }
    events
}

fn careful_entry(entry: Value, received_at: Timestamp, events: &mut Vec<InboundEvent>) {
    let page = entry.get("id").and_then(Text::of).unwrap_or_else(|| NO_PAGE.to_owned());
    let entry_time = entry.get("time").and_then(|time| Int::deserialize(time).ok()).unwrap_or_default();
    let mut place = Place { page: &page, entry_time, standby: false, received_at };
    let fields = match entry {
        Value::Object(fields) => fields,
        other => return events.push(place.unknown(other)),
    };
    let before = events.len();
    for (key, value) in fields {
        place.standby = key == "standby";
        match (key.as_str(), value) {
            ("id" | "time" | "hop_context", _) => {}
            ("messaging" | "standby", Value::Array(list)) => {
                list.into_iter().for_each(|event| careful_event(&place, event, events));
            }
            ("messaging" | "standby", event @ Value::Object(_)) => careful_event(&place, event, events),
            ("changes", Value::Array(list)) => list.into_iter().for_each(|change| careful_change(&place, change, events)),
            (_, Value::Null) => {}
            (_, value) => events.push(place.unknown(Value::Object([(key, value)].into_iter().collect()))),
        }
    }
    if events.len() == before {
        place.standby = false;
        events.push(place.unknown(Value::Object(serde_json::Map::new())));
    }
}

fn careful_event(place: &Place<'_>, raw: Value, events: &mut Vec<InboundEvent>) {
    let read = Event::deserialize(&raw).ok().and_then(|event| place.read(event, events));
    if read.is_none() {
        events.push(place.unknown(raw));
    }
}

fn careful_change(place: &Place<'_>, raw: Value, events: &mut Vec<InboundEvent>) {
    events.push(match Change::deserialize(&raw) {
        Ok(change) => place.change(change),
        Err(_) => place.unknown(raw),
    });
}

/// Replaces what strict JSON cannot carry: half of a surrogate pair (a text cut in the middle of an emoji), bytes that
/// are no UTF-8. Refusing such a body would have Meta deliver it again until it ends the subscription.
fn mended(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut mended = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let second = escape.get(6..).and_then(unit);
        let (length, lone) = match unit(escape) {
            Some(0xd800..0xdc00) if matches!(second, Some(0xdc00..0xe000)) => (12, false),
            Some(0xd800..0xe000) => (6, true),
            _ => (escape.char_indices().nth(2).map_or(escape.len(), |(at, _)| at), false),
        };
        let (taken, after) = escape.split_at(length);
        mended.push_str(if lone { "\\ufffd" } else { taken });
        rest = after;
    }
    mended.push_str(rest);
    mended
}

/// The UTF-16 unit that an escape at the start of `text` stands for.
fn unit(text: &str) -> Option<u16> {
    text.strip_prefix("\\u")?.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok())
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;

//! Values that Meta sends now in one JSON type and now in another.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::domain::Timestamp;

/// Below this a time is in seconds: 1e11 ms is in 1973, 1e11 s in the year 5138.
const SECONDS_BELOW: i64 = 100_000_000_000;

/// A string, or a number or boolean written as one. Without NUL, which PostgreSQL takes in no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(pub String);

impl Text {
    pub fn of(value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            value => Self::deserialize(value).ok().map(|text| text.0),
        }
    }
}

/// The inner string, for `Option<Text>` fields.
pub(super) fn plain(text: Option<Text>) -> Option<String> {
    text.map(|text| text.0)
}

pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a number")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(without_nul(text).into_owned()))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_bool<E: Error>(self, truth: bool) -> Result<Text, E> {
                Ok(Text(truth.to_string()))
            }
        }
        input.deserialize_any(Any)
    }
}

/// A whole number, however written; `None` for what is no number. Never an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Int(pub Option<i64>);

impl Int {
    /// As a time in milliseconds or seconds; `None` for what cannot be one.
    pub fn time(self) -> Option<Timestamp> {
        let number = self.0.filter(|&number| number > 0)?;
        let ms = if number < SECONDS_BELOW { number.checked_mul(1_000)? } else { number };
        Timestamp::from_millisecond(ms).ok()
    }

    #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, and the fraction of a millisecond says nothing")]
    fn of_float(number: f64) -> Self {
        Self(number.is_finite().then_some(number as i64))
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Int;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Int, E> {
                Ok(Int(i64::try_from(number).ok()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Int, E> {
                Ok(Int(Some(number)))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Int, E> {
                Ok(Int::of_float(number))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Int, E> {
                let text = text.trim();
                Ok(text.parse().map_or_else(|_| text.parse().map_or(Int(None), Int::of_float), |number| Int(Some(number))))
            }
            fn visit_bool<E: Error>(self, _: bool) -> Result<Int, E> {
                Ok(Int(None))
            }
            fn visit_unit<E: Error>(self) -> Result<Int, E> {
                Ok(Int(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Int, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Int(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Int, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Int(None))
            }
        }
        input.deserialize_any(Any)
    }
}

/// A boolean: `true`, `"true"`, `1`. Anything else is `false`.
pub(super) fn truth<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    Ok(match Option::<Text>::deserialize(input)? {
        Some(Text(text)) => matches!(text.as_str(), "true" | "1"),
        None => false,
    })
}

/// A list, an absent list or `null`.
pub(super) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form_that_meta_uses() {
        let ms = |text: &str| serde_json::from_str::<Int>(text).unwrap().time().map(Timestamp::as_millisecond);
        for text in ["1795000000123", "\"1795000000123\"", "1795000000123.0", "1.795000000123e12", "\" 1795000000123 \""] {
            assert_eq!(ms(text), Some(1_795_000_000_123), "{text}");
        }
        for text in ["1795000000", "\"1795000000\""] {
            assert_eq!(ms(text), Some(1_795_000_000_000), "{text}");
        }
        for text in ["0", "-5", "null", "\"soon\"", "\"\"", "{\"a\":1}", "[1]", "true", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    #[test]
    fn ids_are_read_as_strings_whatever_they_were() {
        let text = |json: &str| serde_json::from_str::<Text>(json).map(|text| text.0).ok();
        assert_eq!(text("263902037430900"), Some("263902037430900".into()));
        assert_eq!(text("\"77\""), Some("77".into()));
        assert_eq!(text(r#""a\u0000b""#), Some("a\u{fffd}b".into()));
        assert_eq!(text("{}"), None);
    }
}

//! Times in expressions: `now | date('%H')`, `appointment | date('%d/%m/%Y')`.

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use minijinja::{Error, ErrorKind, Value};

/// Formats an RFC 3339 time, a date or a time of day. The second argument is hours from UTC. Unset stays unset.
pub fn date(value: &Value, format: Option<String>, hours: Option<f64>) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Value::UNDEFINED);
    }
    let text = value.to_string();
    let format = format.unwrap_or_else(|| "%Y-%m-%d".into());
    let written = written(&text, &format, hours.unwrap_or(0.0)).map(Value::from);
    written.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("`date` cannot write `{text}` as `{format}`")))
}

fn written(text: &str, format: &str, hours: f64) -> Option<String> {
    // jiff's own formatting is unbounded in the format's length only; that is bounded by the expression's.
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        let zone = TimeZone::fixed(Offset::from_seconds((hours * 3600.0) as i32).ok()?);
        return jiff::fmt::strtime::format(format, &at.to_zoned(zone)).ok();
    }
    if let Ok(day) = text.parse::<civil::Date>() {
        return jiff::fmt::strtime::format(format, day).ok();
    }
    text.parse::<civil::Time>().ok().and_then(|time| jiff::fmt::strtime::format(format, time).ok())
}

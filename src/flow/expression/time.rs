//! Times in expressions: `now | date('%H', 'Europe/Paris')`, `appointment | plus('-1d')`.
//!
//! Time zones are those that are built into the server, never the machine's: a flow means the same everywhere.

use std::sync::LazyLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, civil};
use minijinja::{Error, ErrorKind, Value};

use crate::flow::read_types::Duration;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a text stands for.
enum Moment {
    At(Timestamp),
    Day(civil::Date),
    Time(civil::Time),
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let at = text.parse().map(Self::At);
        at.or_else(|_| text.parse().map(Self::Day)).or_else(|_| text.parse().map(Self::Time)).ok()
    }
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// A time zone by its name in the IANA database.
///
/// # Errors
/// A message for the author.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    ZONES.get(name).map_err(|_| format!("there is no time zone `{name}`: write `Europe/Paris` or `America/Toronto`"))
}

/// Formats an RFC 3339 time, a date or a time of day. The second argument is a time zone, or hours from UTC; a date and
/// a time of day are of no zone. Unset stays unset.
pub fn date(value: &Value, format: Option<String>, place: Option<Value>) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Value::UNDEFINED);
    }
    let text = value.to_string();
    let format = format.unwrap_or_else(|| "%Y-%m-%d".into());
    // jiff's own formatting is unbounded in the format's length only; that is bounded by the expression's.
    let written = match Moment::parse(&text) {
        Some(Moment::At(at)) => jiff::fmt::strtime::format(&format, &at.to_zoned(place_of(place.as_ref()).map_err(refused)?)).ok(),
        Some(Moment::Day(day)) => jiff::fmt::strtime::format(&format, day).ok(),
        Some(Moment::Time(time)) => jiff::fmt::strtime::format(&format, time).ok(),
        None => None,
    };
    written.map(Value::from).ok_or_else(|| refused(format!("`date` cannot write `{text}` as `{format}`")))
}

/// UTC where nothing is said.
fn place_of(place: Option<&Value>) -> Result<TimeZone, String> {
    let Some(place) = place.filter(|place| !place.is_undefined() && !place.is_none()) else { return Ok(TimeZone::UTC) };
    let hours = match place.as_str() {
        Some(text) => match text.trim().parse::<f64>() {
            Ok(hours) => Some(hours),
            Err(_) => return zone(text.trim()),
        },
        None => f64::try_from(place.clone()).ok(),
    };
    let offset = hours.and_then(|hours| Offset::from_seconds((hours * 3600.0) as i32).ok());
    offset.map(TimeZone::fixed).ok_or_else(|| format!("`{place}` is neither a time zone nor hours from UTC"))
}

/// `3d`, `-90m`.
///
/// # Errors
/// A message for the author.
pub fn span(text: &str) -> Result<SignedDuration, String> {
    let text = text.trim();
    let (back, plain) = text.strip_prefix('-').map_or((false, text), |plain| (true, plain));
    let span = Duration::parse(plain).map(|span| if back { -span.0 } else { span.0 });
    span.ok_or_else(|| {
        format!("`{text}` is not a duration: a whole number and `s`, `m`, `h` or `d`, such as `3d` or `-90m`; at most a year")
    })
}

/// Later, or earlier, by so much. A date takes whole days; a time of day goes round at midnight. Unset stays unset.
pub fn plus(value: &Value, by: &str) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Value::UNDEFINED);
    }
    let (text, by) = (value.to_string(), span(by).map_err(refused)?);
    let later = match Moment::parse(&text) {
        Some(Moment::At(at)) => at.checked_add(by).ok().map(|at| at.to_string()),
        Some(Moment::Day(_)) if by.as_millis() % DAY.as_millis() != 0 => {
            return Err(refused(format!("`{text}` is a day: only whole days can be added to it, such as `3d`")));
        }
        Some(Moment::Day(day)) => day.checked_add(by).ok().map(|day| day.to_string()),
        Some(Moment::Time(time)) => Some(time.wrapping_add(by).to_string()),
        None => None,
    };
    later.map(Value::from).ok_or_else(|| refused(format!("`plus` takes a time, a date or a time of day, not `{text}`")))
}

/// Seconds since 1970; of a date, its midnight in UTC. Unset stays unset.
pub fn timestamp(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Value::UNDEFINED);
    }
    let text = value.to_string();
    let seconds = match Moment::parse(&text) {
        Some(Moment::At(at)) => Some(at.as_second()),
        Some(Moment::Day(day)) => day.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp().as_second()),
        _ => None,
    };
    seconds.map(Value::from).ok_or_else(|| refused(format!("`timestamp` takes a time or a date, not `{text}`")))
}

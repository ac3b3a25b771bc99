//! Times of day as people write them, in French and English.

use crate::flow::words::normalise;

/// `14:30`, `14h30`, `14 h`, `9 heures 5`, `2:30 pm`, `2pm`, `noon`, `minuit`; as `14:30`.
pub fn read(text: &str) -> Option<String> {
    let plain = normalise(text).replace("o clock", "h");
    match plain.as_str() {
        "midi" | "noon" | "midday" => return Some("12:00".into()),
        "minuit" | "midnight" => return Some("00:00".into()),
        _ => {}
    }
    let compact: String = plain.split(' ').filter(|word| !matches!(*word, "a" | "at" | "vers")).collect::<Vec<_>>().join(" ");
    let (clock, half) = match compact.strip_suffix("pm").or_else(|| compact.strip_suffix("p m")) {
        Some(clock) => (clock, Some(12)),
        None => match compact.strip_suffix("am").or_else(|| compact.strip_suffix("a m")) {
            Some(clock) => (clock, Some(0)),
            None => (compact.as_str(), None),
        },
    };
    // A lone number is an hour only with something that says so.
    let marked = half.is_some() || clock.contains(['h', ' ']);
    let clock = clock.replace("heures", "h").replace("heure", "h").replace("hours", "h").replace("min", " ");
    let parts: Vec<&str> = clock.split(['h', ' ']).filter(|part| !part.is_empty()).collect();
    let (hour, minute) = match parts.as_slice() {
        [hour] if marked => (number(hour)?, 0),
        [hour, minute] if minute.len() == 2 || clock.contains('h') => (number(hour)?, number(minute)?),
        _ => return None,
    };
    let hour = match half {
        Some(add) if (1..=12).contains(&hour) => hour % 12 + add,
        Some(_) => return None,
        None => hour,
    };
    (hour < 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
}

fn number(digits: &str) -> Option<u8> {
    (digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

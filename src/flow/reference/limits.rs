//! The limits, as their own source says them: each constant's comment and value.

const SOURCE: &str = include_str!("../limits.rs");

/// Rows of a table: what, and how much.
pub fn rows() -> Vec<Vec<String>> {
    let (mut rows, mut about) = (Vec::new(), String::new());
    for line in SOURCE.lines() {
        if let Some(comment) = line.strip_prefix("///") {
            about.push_str(comment);
        } else if let Some(constant) = line.strip_prefix("pub const ") {
            let (name, rest) = constant.split_once(':').unwrap_or((constant, ""));
            let value = rest.split_once('=').map_or("", |(_, value)| value).trim().trim_end_matches(';');
            let name = name.trim().to_lowercase();
            let said = about.trim().trim_end_matches('.').to_owned();
            let said = if said.is_empty() { plain_name(&name) } else { said };
            rows.push(vec![said, shown(&name, value)]);
            about.clear();
        } else {
            about.clear();
        }
    }
    rows
}

/// `actions_per_node` → `Actions per node`.
fn plain_name(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn shown(name: &str, value: &str) -> String {
    let hours = |text: &str, each: u64| product(text).map(|count| duration(count * each));
    let inner = |call: &str| value.split_once(call).and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner.to_owned());
    let time = inner("from_hours(").and_then(|text| hours(&text, 3_600_000));
    let time = time.or_else(|| inner("from_mins(").and_then(|text| hours(&text, 60_000)));
    let time = time.or_else(|| inner("from_secs(").and_then(|text| hours(&text, 1_000)));
    time.or_else(|| name.ends_with("_ms").then(|| product(value).map(duration)).flatten())
        .or_else(|| product(value).map(thousands))
        .unwrap_or_else(|| value.to_owned())
}

/// `30 * 24 * 3_600_000`
fn product(text: &str) -> Option<u64> {
    let factor = |factor: &str| factor.trim().replace('_', "").parse::<u64>().ok();
    text.split('*').map(factor).try_fold(1_u64, |product, factor| product.checked_mul(factor?))
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn duration(millis: u64) -> String {
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond")];
    let fit = units.into_iter().find(|(unit, _)| millis >= *unit && millis.is_multiple_of(*unit));
    let (unit, name) = fit.unwrap_or((1, "millisecond"));
    let count = millis / unit;
    format!("{} {name}{}", thousands(count), if count == 1 { "" } else { "s" })
}

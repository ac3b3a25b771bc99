//! Filters that pick from lists of objects, such as an HTTP call's answer holds: `items | map(attribute='title')`.

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};

use super::functions::{contains, equal, order, unset};

/// What `selectattr` compares by.
pub const COMPARISONS: &[&str] = &["==", "!=", "<", "<=", ">", ">=", "in"];

fn refused(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// `price`, or `price.amount`: unset where there is none.
fn field(item: &Value, path: &str) -> Value {
    path.split('.').fold(item.clone(), |value, key| value.get_attr(key).unwrap_or(Value::UNDEFINED))
}

/// That field of each item; an item without it is left out, unless `default` stands in for it.
pub fn map(list: &Value, options: Kwargs) -> Result<Value, Error> {
    let path: Option<&str> = options.get("attribute")?;
    let default: Option<Value> = options.get("default")?;
    options.assert_all_used()?;
    let Some(path) = path else { return Err(refused("`map` takes the name of a field: `map(attribute='title')`".into())) };
    if unset(list) {
        return Ok(Value::UNDEFINED);
    }
    let found = list.try_iter()?.filter_map(|item| {
        let value = field(&item, path);
        if unset(&value) { default.clone() } else { Some(value) }
    });
    Ok(found.collect())
}

/// The items whose field has a value that counts as true, or that compares so with another value.
pub fn selectattr(list: &Value, path: &str, by: Option<&str>, other: Option<Value>) -> Result<Value, Error> {
    if by.is_some_and(|by| !COMPARISONS.contains(&by)) {
        return Err(refused(comparison_unknown(by.unwrap_or_default())));
    }
    if unset(list) {
        return Ok(Value::UNDEFINED);
    }
    let other = other.unwrap_or_default();
    let kept = list.try_iter()?.filter(|item| {
        let value = field(item, path);
        match by {
            None => !unset(&value) && value.is_true(),
            Some(by) => compare(&value, by, &other),
        }
    });
    Ok(kept.collect())
}

pub fn comparison_unknown(by: &str) -> String {
    format!("`selectattr` does not compare by `{by}`; known are {}", COMPARISONS.join(", "))
}

fn compare(a: &Value, by: &str, b: &Value) -> bool {
    match by {
        "==" => equal(a, b) == Some(true),
        "!=" => equal(a, b) == Some(false),
        "in" => contains(a, b) == Some(true),
        by => order(a, b).is_some_and(|order| match by {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            _ => order.is_ge(),
        }),
    }
}

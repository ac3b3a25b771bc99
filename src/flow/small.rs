//! A map of a few names, for what every live conversation holds in memory.
//!
//! A sorted list: a tree's node has room for eleven entries, and sessions have one or two. Lookups are as quick; an insert
//! moves what stands behind it, which a few dozen entries do not feel.

use std::ops::{Deref, DerefMut};

use litemap::LiteMap;
use serde::{Deserialize, Serialize, Serializer};

/// Used as the list it holds: `get`, `insert`, `remove`, `entry`, `iter`, in the names' order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(transparent, bound = "V: Deserialize<'de>")]
pub struct Small<V>(LiteMap<String, V>);

impl<V> Small<V> {
    pub const fn new() -> Self {
        Self(LiteMap::new())
    }
}

/// A JSON object, also where it is empty: the list itself would be written as `[]` then.
impl<V: Serialize> Serialize for Small<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

impl<V> Default for Small<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> Deref for Small<V> {
    type Target = LiteMap<String, V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> DerefMut for Small<V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<V> FromIterator<(String, V)> for Small<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<V> IntoIterator for Small<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_tuple_vec().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_and_read_as_an_object_of_sorted_names() {
        let small: Small<u8> = [("b".to_owned(), 1), ("a".to_owned(), 2)].into_iter().collect();
        assert_eq!(serde_json::to_string(&small).unwrap(), r#"{"a":2,"b":1}"#);
        assert_eq!(serde_json::to_string(&Small::<u8>::new()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Small<u8>>(r#"{"b":1,"a":2}"#).unwrap(), small);
        assert_eq!(serde_json::from_str::<Small<u8>>("{}").unwrap(), Small::new());
    }
}

//! From columns to values and back. Reading may fail: the row then is `Corrupt`, with table, column and id.

use std::cell::Cell;
use std::error::Error as StdError;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::Timestamp;
use crate::domain::ids::BadId;
use crate::store::{Result, StoreError};

/// Which row is being read, for the error.
#[derive(Debug, Clone, Copy)]
pub struct RowOf<'a> {
    pub table: &'static str,
    pub id: &'a str,
}

impl<'a> RowOf<'a> {
    pub fn new(table: &'static str, id: &'a str) -> Self {
        Self { table, id }
    }

    pub fn corrupt(&self, column: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> StoreError {
        StoreError::Corrupt { table: self.table, column, id: self.id.to_owned(), source: Some(source.into()) }
    }

    /// A TypeID.
    pub fn id<I: FromStr<Err = BadId>>(&self, column: &'static str, text: &str) -> Result<I> {
        text.parse().map_err(|error| self.corrupt(column, error))
    }

    pub fn optional_id<I: FromStr<Err = BadId>>(&self, column: &'static str, text: Option<&str>) -> Result<Option<I>> {
        text.map(|text| self.id(column, text)).transpose()
    }

    /// Milliseconds since 1970.
    pub fn time(&self, column: &'static str, ms: i64) -> Result<Timestamp> {
        Timestamp::from_millisecond(ms).map_err(|error| self.corrupt(column, error))
    }

    pub fn optional_time(&self, column: &'static str, ms: Option<i64>) -> Result<Option<Timestamp>> {
        ms.map(|ms| self.time(column, ms)).transpose()
    }

    pub fn json<T: DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T> {
        serde_json::from_str(text).map_err(|error| self.corrupt(column, error))
    }

    /// An enum without fields, by the word serde gives it.
    pub fn word<T: DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T> {
        let word = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
        T::deserialize(word).map_err(|error| self.corrupt(column, error))
    }

    /// A count that was stored signed.
    pub fn count(&self, column: &'static str, number: i32) -> Result<u32> {
        u32::try_from(number).map_err(|error| self.corrupt(column, error))
    }
}

/// A time as it is stored: milliseconds since 1970.
pub fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A value as JSON text. Fails only for what JSON cannot hold (a map whose keys are no strings).
pub fn json<T: Serialize>(value: &T) -> Result<String> {
    // Written into a buffer that has grown already: the text is then allocated once, and just as large as it is.
    let mut buffer = BUFFER.take();
    buffer.clear();
    let written = serde_json::to_writer(&mut buffer, value);
    let text = String::from_utf8_lossy(&buffer).into_owned();
    if buffer.capacity() <= KEPT_BUFFER {
        BUFFER.set(buffer);
    }
    written.map(|()| text).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// A session or a message is seldom longer.
const KEPT_BUFFER: usize = 64 * 1024;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The word serde gives to an enum without fields.
pub fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(StoreError::Unavailable(format!("`{other}` is no word").into())),
        Err(error) => Err(StoreError::Unavailable(Box::new(error))),
    }
}

/// A count as it is stored; one that does not fit is kept at the greatest that does.
pub fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

//! diesel's errors as the port's. The one place that knows what a database says.

use diesel::result::{DatabaseErrorKind, Error};

use crate::store::{Result, StoreError};

impl From<Error> for StoreError {
    /// Where nobody said which noun it is about; prefer [`Named`].
    fn from(error: Error) -> Self {
        translate(error, "record", |what| StoreError::Missing { what })
    }
}

/// Says which noun a statement was about, so that a broken constraint becomes the error it stands for.
pub trait Named<T> {
    /// For inserts and updates: a unique key that is taken is `Conflict`, a foreign key that names nothing is `Missing`.
    fn of(self, what: &'static str) -> Result<T>;
    /// For deletes: a row that others point to is `InUse`.
    fn unless_used(self, what: &'static str) -> Result<T>;
}

impl<T> Named<T> for diesel::QueryResult<T> {
    fn of(self, what: &'static str) -> Result<T> {
        self.map_err(|error| translate(error, what, |what| StoreError::Missing { what }))
    }

    fn unless_used(self, what: &'static str) -> Result<T> {
        self.map_err(|error| translate(error, what, |what| StoreError::InUse { what }))
    }
}

fn translate(error: Error, what: &'static str, broken_key: fn(&'static str) -> StoreError) -> StoreError {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::Conflict { what },
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::RestrictViolation, _) => broken_key(what),
        Error::DeserializationError(source) => {
            StoreError::Corrupt { table: what, column: "(any)", id: String::new(), source: Some(source) }
        }
        other => StoreError::Unavailable(Box::new(other)),
    }
}

/// An error with all its causes on one line, for where it must be told to several.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

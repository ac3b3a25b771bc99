//! What a transfer writes on an agent's seat.

use diesel::prelude::*;

use crate::domain::Timestamp;
use crate::domain::ids::UserId;
use crate::store::Result;
use crate::store::sql::column::ms;
use crate::store::sql::{AnyConn, Named};

diesel::table! {
    seats (user_id) {
        user_id -> Text,
        presence -> Text,
        seen_at -> Nullable<BigInt>,
        capacity -> Integer,
        languages -> Text,
        last_assigned_at -> Nullable<BigInt>,
        revision -> BigInt,
    }
}

/// Round robin goes by it. Locks the seat's row.
pub fn note_assigned(conn: &mut AnyConn, agent: UserId, at: Timestamp) -> Result<()> {
    diesel::update(seats::table.find(agent.to_string())).set(seats::last_assigned_at.eq(ms(at))).execute(conn).of("agent")?;
    Ok(())
}

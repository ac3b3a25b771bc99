//! Users and their sign-ins.

use async_trait::async_trait;

use super::Result;
use crate::domain::Timestamp;
use crate::domain::access::{Role, SignIn, User};
use crate::domain::ids::{SignInId, UserId};

/// Which users a list shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserFilter {
    pub role: Option<Role>,
    pub active: Option<bool>,
    pub service_seat: Option<bool>,
}

/// How the exchange of a refresh token ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Rotated {
    Done,
    /// The token was exchanged before: somebody has a copy. The whole sign-in is gone now.
    Reused,
    /// No such sign-in, or it has run out.
    Gone,
}

#[async_trait]
pub trait AccessStore: Send + Sync {
    /// `Conflict` on `email` where another user has it.
    async fn create_user(&self, user: User, password_hash: String) -> Result<()>;

    async fn user(&self, id: UserId) -> Result<Option<User>>;

    /// By e-mail in lower case, with the password's hash.
    async fn user_by_email(&self, email: &str) -> Result<Option<(User, String)>>;

    async fn password_hash(&self, id: UserId) -> Result<Option<String>>;

    /// In order of creation, from the first after `after`.
    async fn users(&self, filter: UserFilter, after: Option<UserId>, limit: u32) -> Result<Vec<User>>;

    /// Replaces the row at revision `expected`; `Conflict` on `revision` where it moved, on `email` where another has it.
    /// `InUse` (`the last owner`) where no active owner would remain. An inactive user's sign-ins end.
    async fn save_user(&self, user: User, expected: i64) -> Result<()>;

    /// Ends all the user's sign-ins but `keep`.
    async fn set_password(&self, id: UserId, password_hash: String, keep: Option<SignInId>) -> Result<()>;

    async fn open_sign_in(&self, sign_in: SignIn) -> Result<()>;

    /// The sign-in, if it has not ended.
    async fn sign_in(&self, id: SignInId) -> Result<Option<SignIn>>;

    /// Exchanges the refresh token whose hash is `old` for the one whose hash is `new`.
    async fn rotate_sign_in(&self, id: SignInId, old: String, new: String, now: Timestamp, expires_at: Timestamp) -> Result<Rotated>;

    async fn close_sign_in(&self, id: SignInId) -> Result<()>;

    /// Forgets sign-ins that ran out before `before`.
    async fn purge_sign_ins(&self, before: Timestamp) -> Result<u64>;
}

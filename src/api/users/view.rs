//! How a user looks from outside, and what their fields must be.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::api::extract::FieldChecks;
use crate::api::problem::Problem;
use crate::domain::Timestamp;
use crate::domain::access::{Role, User};
use crate::domain::ids::UserId;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    id: UserId,
    email: String,
    name: String,
    role: Role,
    /// May be given conversations and tickets.
    service_seat: bool,
    /// May sign in.
    active: bool,
    created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        let User { id, email, name, role, service_seat, active, created_at, revision: _ } = user;
        Self { id, email, name, role, service_seat, active, created_at }
    }
}

/// An address as it is kept and compared: lower case. Only its form is checked.
pub fn check_email(checks: &mut FieldChecks, text: &str) -> String {
    let email = text.trim().to_lowercase();
    let good = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.') && !host.contains('@')
    });
    let plain = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    checks.check(good && plain && email.len() <= 254, "/email", "an e-mail address of at most 254 characters");
    email
}

/// 10 to 200 characters: long enough not to be guessed, short enough to be hashed.
pub fn check_password(checks: &mut FieldChecks, password: &SecretString, pointer: &str) {
    checks.check((10..=200).contains(&password.expose_secret().chars().count()), pointer, "10 to 200 characters");
}

/// Checks what a new user must have and gives the address as it is kept.
///
/// # Errors
/// `invalid_body`, with every field that is wrong.
pub fn check_new(email: &str, name: &str, password: &SecretString) -> Result<String, Problem> {
    let mut checks = FieldChecks::default();
    let email = check_email(&mut checks, email);
    checks.line(name, 100, "/name");
    check_password(&mut checks, password, "/password");
    checks.done()?;
    Ok(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case_and_nonsense_is_refused() {
        let mut checks = FieldChecks::default();
        assert_eq!(check_email(&mut checks, " Ana@Example.org "), "ana@example.org");
        assert!(checks.done().is_ok());
        for bad in ["", "ana", "ana@", "@example.org", "ana@example", "a b@example.org", "a@b@example.org", "a@.org", "a@b."] {
            let mut checks = FieldChecks::default();
            check_email(&mut checks, bad);
            assert!(checks.done().is_err(), "{bad}");
        }
    }
}

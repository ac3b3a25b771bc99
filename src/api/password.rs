//! Passwords: argon2id, off the async threads.

use actix_web::web;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};

use super::problem::{Code, Problem};

/// A hash in its own text form, with salt and cost. Slow on purpose.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn hash_now(password: &SecretString) -> Result<String, argon2::password_hash::Error> {
    let hash: argon2::PasswordHash = Argon2::default().hash_password(password.expose_secret().as_bytes())?;
    Ok(hash.to_string())
}

/// As [`hash_now`], on a thread of its own.
pub(super) async fn hash(password: SecretString) -> Result<String, Problem> {
    let hash = blocking(move || hash_now(&password)).await?;
    hash.map_err(|error| {
        tracing::error!(%error, "a password could not be hashed");
        Problem::new(Code::Internal, "the password could not be hashed")
    })
}

/// Whether the password is the one behind the hash. Without a hash it takes as long and is not.
pub(super) async fn fits(password: SecretString, hash: Option<String>) -> Result<bool, Problem> {
    blocking(move || {
        let known = hash.is_some();
        // A hash of nothing anybody knows, at the same cost.
        let hash = hash.unwrap_or_else(|| UNKNOWN.to_owned());
        Argon2::default().verify_password(password.expose_secret().as_bytes(), hash.as_str()).is_ok() && known
    })
    .await
}

const UNKNOWN: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y2F1c2VyaWUtbm9ib2R5$6p9OGkkqg6qZ7TBWhtJTCZOA5uMPkzJrWGr6bT2Kdk8";

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    web::block(work).await.map_err(|_| Problem::new(Code::Overloaded, "the server is stopping").retry_after(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn only_the_right_password_fits() {
        let hash = hash("a long enough one".into()).await.unwrap();
        assert!(fits("a long enough one".into(), Some(hash.clone())).await.unwrap());
        assert!(!fits("a long enough two".into(), Some(hash)).await.unwrap());
        assert!(!fits("a long enough one".into(), None).await.unwrap());
    }

    #[test]
    fn an_unknown_user_costs_as_much_as_a_known_one() {
        let cost = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(UNKNOWN), cost(&hash_now(&"x".into()).unwrap()));
        let nobody = Argon2::default().verify_password(b"", UNKNOWN);
        assert_eq!(nobody, Err(argon2::password_hash::Error::PasswordInvalid), "it must be computed, not refused for its form");
    }
}

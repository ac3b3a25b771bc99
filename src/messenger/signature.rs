//! Proof that a webhook is Meta's (`X-Hub-Signature-256`) and that a call is ours (`appsecret_proof`).
//!
//! Invariant: the bytes are checked as they came, before anything parses them. Meta signs its own escaped form
//! (`\u00e4`, `\/`); JSON that was read and written again hashes to something else.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

type Key = Hmac<Sha256>;

/// The app's secret, and for the time of a change the one before it.
#[derive(Clone)]
pub struct AppSecrets {
    current: Key,
    previous: Option<Key>,
}

/// Why a webhook is not Meta's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    #[error("the signature header is missing")]
    Missing,
    #[error("the signature header is not `sha256=` and 64 hexadecimal digits")]
    Malformed,
    #[error("the signature does not match the body")]
    Wrong,
}

impl AppSecrets {
    pub fn new(current: &str, previous: Option<&str>) -> Self {
        Self { current: key(current), previous: previous.map(key) }
    }

    /// Checks the `X-Hub-Signature-256` header against the raw body, in constant time.
    pub fn verify(&self, header: Option<&[u8]>, body: &[u8]) -> Result<(), BadSignature> {
        let header = header.ok_or(BadSignature::Missing)?;
        let digits = header.strip_prefix(b"sha256=").ok_or(BadSignature::Malformed)?;
        let mut given = [0; 32];
        hex::decode_to_slice(digits, &mut given).map_err(|_| BadSignature::Malformed)?;
        let matches = |key: &Key| key.clone().chain_update(body).verify_slice(&given).is_ok();
        let right = matches(&self.current) || self.previous.as_ref().is_some_and(matches);
        if right { Ok(()) } else { Err(BadSignature::Wrong) }
    }

    /// The header that Meta would send for `body`: for the sandbox, and for tests.
    pub fn sign(&self, body: &[u8]) -> String {
        format!("sha256={}", hex::encode(self.current.clone().chain_update(body).finalize().into_bytes()))
    }

    /// Goes with every call that uses `token`; needed where the app demands it.
    pub fn appsecret_proof(&self, token: &str) -> String {
        hex::encode(self.current.clone().chain_update(token.as_bytes()).finalize().into_bytes())
    }
}

impl fmt::Debug for AppSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppSecrets(…)")
    }
}

fn key(secret: &str) -> Key {
    // HMAC takes keys of any length; the other arm is never taken, and would match nothing.
    Key::new_from_slice(secret.as_bytes()).unwrap_or_else(|_| Key::new(&Default::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = concat!(
        r#"{"object":"page","entry":[{"id":"1001","time":1795000000123,"messaging":[{"sender":{"id":"2002"},"#,
        r#""recipient":{"id":"1001"},"timestamp":1795000000045,"message":{"mid":"m_abc","text":"\u00e4\u00f6 "#,
        r#"\ud83d\ude00 http:\/\/x.test\/a"}}]}]}"#,
    );
    const HEADER: &str = "sha256=30cbceb6667001106afe0c6b66e027a4c9fb837800b0994eca9448e1e294961a";

    fn check(secrets: &AppSecrets, header: &str, body: &str) -> Result<(), BadSignature> {
        secrets.verify(Some(header.as_bytes()), body.as_bytes())
    }

    #[test]
    fn the_raw_bytes_match_and_the_same_json_written_anew_does_not() {
        let secrets = AppSecrets::new("test_app_secret", None);
        assert_eq!(BODY.len(), 233);
        assert_eq!(check(&secrets, HEADER, BODY), Ok(()));
        assert_eq!(secrets.sign(BODY.as_bytes()), HEADER);
        let anew = serde_json::from_str::<serde_json::Value>(BODY).unwrap().to_string();
        assert_eq!(check(&secrets, HEADER, &anew), Err(BadSignature::Wrong));
    }

    #[test]
    fn the_previous_secret_still_counts_while_the_app_changes_it() {
        assert_eq!(check(&AppSecrets::new("new", Some("test_app_secret")), HEADER, BODY), Ok(()));
        assert_eq!(check(&AppSecrets::new("new", Some("older")), HEADER, BODY), Err(BadSignature::Wrong));
    }

    #[test]
    fn what_is_no_signature_is_told_apart_from_a_wrong_one() {
        let secrets = AppSecrets::new("test_app_secret", None);
        assert_eq!(secrets.verify(None, b""), Err(BadSignature::Missing));
        for header in [
            "",
            "sha1=af3612f7273a2ed5266bf2503c6cfbb38b14d404",
            "sha256=",
            HEADER.trim_end_matches("a"),
            "sha256=é",
            &format!("{HEADER}0"),
        ] {
            assert_eq!(check(&secrets, header, BODY), Err(BadSignature::Malformed), "{header}");
        }
        assert_eq!(check(&secrets, &HEADER.replace('3', "4"), BODY), Err(BadSignature::Wrong));
    }

    #[test]
    fn the_proof_of_a_call_is_the_one_of_metas_vector() {
        let proof = AppSecrets::new("test_app_secret", None).appsecret_proof("EAAtoken");
        assert_eq!(proof, "d6c4deea04dad311877a7fc71b2040fadb5f611475eeec72bb3c0bfad16d5e04");
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", AppSecrets::new("test_app_secret", None)), "AppSecrets(…)");
    }
}

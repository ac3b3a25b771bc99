//! Small rules of the platform: webhook fields, tokens and proofs.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::error::GraphError;

/// The Page's webhook fields that an app can subscribe to.
pub const FIELDS: [&str; 22] = [
    "messages",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_optins",
    "message_deliveries",
    "message_reads",
    "messaging_handovers",
    "standby",
    "messaging_account_linking",
    "messaging_policy_enforcement",
    "messaging_feedback",
    "messaging_customer_information",
    "messaging_in_thread_lead_form_submit",
    "response_feedback",
    "send_cart",
    "message_template_status_update",
    "message_context",
    "feed",
    "mention",
];

/// Which fields are delivered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subscription(pub Vec<String>);

impl Subscription {
    pub fn all() -> Self {
        Self(FIELDS.iter().map(|field| (*field).to_owned()).collect())
    }

    /// From `subscribed_fields=messages,message_echoes`; an unknown field fails the whole call.
    pub fn parse(fields: &str) -> Result<Self, GraphError> {
        let fields: Vec<String> = fields.split(',').map(|field| field.trim().to_owned()).filter(|field| !field.is_empty()).collect();
        if fields.is_empty() {
            return Err(GraphError::parameter("The parameter subscribed_fields is required."));
        }
        match fields.iter().find(|field| !FIELDS.contains(&field.as_str())) {
            Some(field) => Err(GraphError::parameter(format!(
                "Param subscribed_fields[0] must be one of {{{}}} - got \"{field}\".",
                FIELDS.join(", ")
            ))),
            None => Ok(Self(fields)),
        }
    }

    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|known| known == field)
    }
}

/// HMAC-SHA256 as lowercase hex: the signature of a body, the `appsecret_proof` of a token.
pub fn hmac_hex(secret: &str, message: &[u8]) -> String {
    // HMAC takes a key of any length; the error cannot occur and would give an empty, so never matching, text.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map(|mut mac| {
            mac.update(message);
            hex::encode(mac.finalize().into_bytes())
        })
        .unwrap_or_default()
}

/// JSON as Meta puts it on the wire: non-ASCII as `\u` and four lowercase hex digits, `/` as `\/`. The signature is over these bytes.
pub fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 8);
    for letter in json.chars() {
        match letter {
            '/' => out.push_str("\\/"),
            letter if letter.is_ascii() => out.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_escaped_and_signed_as_meta_does() {
        let json = "{\"object\":\"page\",\"entry\":[{\"id\":\"1001\",\"time\":1795000000123,\"messaging\":[{\"sender\":{\"id\":\"2002\"},\"recipient\":{\"id\":\"1001\"},\"timestamp\":1795000000045,\"message\":{\"mid\":\"m_abc\",\"text\":\"äö 😀 http://x.test/a\"}}]}]}";
        let wire = escape(json);
        assert_eq!(wire.len(), 233);
        let signature = hmac_hex("test_app_secret", wire.as_bytes());
        assert_eq!(signature, "30cbceb6667001106afe0c6b66e027a4c9fb837800b0994eca9448e1e294961a");
    }

    #[test]
    fn a_proof_is_the_token_signed_with_the_app_secret() {
        let proof = hmac_hex("test_app_secret", b"EAAtoken");
        assert_eq!(proof, "d6c4deea04dad311877a7fc71b2040fadb5f611475eeec72bb3c0bfad16d5e04");
    }
}

//! Webhooks as Meta sends them: about 450 bytes, signed, each message with a `mid` of its own.

use std::io::Write;

use causerie::clock::{Clock, SystemClock};
use causerie::messenger::signature::AppSecrets;

use crate::scene::Echo;
use crate::seed;

/// Meta's ids of visitors have 16 digits or more.
pub const FIRST_PSID: u64 = 2_400_000_000_000_000;

pub struct Webhooks {
    secrets: AppSecrets,
    body: Vec<u8>,
    request: Vec<u8>,
}

impl Webhooks {
    pub fn new() -> Self {
        Self { secrets: AppSecrets::new(seed::APP_SECRET, None), body: Vec::new(), request: Vec::new() }
    }

    /// The request of a visitor's message number `number`.
    pub fn message(&mut self, visitor: u64, number: u64) -> &[u8] {
        let (page, psid, now) = (seed::PAGE, FIRST_PSID + visitor, SystemClock.now().as_millisecond());
        self.body.clear();
        let written = write!(
            self.body,
            "{{\"object\":\"page\",\"entry\":[{{\"time\":{now},\"id\":\"{page}\",\"messaging\":[{{\"sender\":{{\"id\":\"{psid}\"}},\
             \"recipient\":{{\"id\":\"{page}\"}},\"timestamp\":{now},\"message\":{{\"mid\":\"m_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_\
             AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEfGhIj{visitor:08}{number:010}\",\"text\":\"Bonjour, ma commande FR{number:06} \
             n\\u2019est pas encore arriv\\u00e9e, et j\\u2019aimerais savoir o\\u00f9 elle en est. Merci beaucoup pour votre aide\"}}}}]}}]}}"
        );
        debug_assert!(written.is_ok());
        self.signed()
    }

    pub fn echo(&mut self, echo: &Echo) -> &[u8] {
        let (page, app, now) = (seed::PAGE, seed::APP_ID, SystemClock.now().as_millisecond());
        let Echo { psid, mid, metadata } = echo;
        self.body.clear();
        let written = write!(
            self.body,
            "{{\"object\":\"page\",\"entry\":[{{\"time\":{now},\"id\":\"{page}\",\"messaging\":[{{\"sender\":{{\"id\":\"{page}\"}},\
             \"recipient\":{{\"id\":\"{psid}\"}},\"timestamp\":{now},\"message\":{{\"mid\":\"{mid}\",\"is_echo\":true,\"app_id\":{app},\
             \"metadata\":\"{metadata}\",\"text\":\"Merci.\"}}}}]}}]}}"
        );
        debug_assert!(written.is_ok());
        self.signed()
    }

    fn signed(&mut self) -> &[u8] {
        self.request.clear();
        let (signature, length) = (self.secrets.sign(&self.body), self.body.len());
        let written = write!(
            self.request,
            "POST /webhooks/messenger HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             x-hub-signature-256: {signature}\r\ncontent-length: {length}\r\n\r\n"
        );
        debug_assert!(written.is_ok());
        self.request.extend_from_slice(&self.body);
        &self.request
    }
}

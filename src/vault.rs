//! Secrets at rest: AES-256-GCM under a key that never leaves this module.
//!
//! A sealed text is `v1.<key id>.<base64url of nonce, ciphertext and tag>`. What it belongs to (`page:1001`) is
//! authenticated with it, so that a sealed token moved to another row does not open. Keys rotate: the first key seals,
//! every key opens. Other secrets (for JWTs, for option tokens) are derived from the first key, one per label.

use std::fmt;
use std::io::Write;
use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;

const NONCE: usize = 12;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("no key: give 32 bytes as base64 or hex")]
    NoKey,
    #[error("key {n} is not 32 bytes as base64 or hex")]
    BadKey { n: usize },
    #[error("cannot use the key file `{path}`")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the system gives no random bytes: {0}")]
    NoRandom(String),
    /// Not of ours, cut, tampered with, or moved from where it belongs.
    #[error("the sealed text does not open")]
    Broken,
    #[error("sealed with a key that is not here (`{id}`)")]
    UnknownKey { id: String },
}

struct Key {
    /// Tells which key sealed a text; says nothing about the key.
    id: String,
    bytes: SecretBox<[u8; 32]>,
}

/// Seals, opens and derives. `Debug` prints nothing.
pub struct Vault {
    current: Key,
    older: Vec<Key>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Keys in base64 or hex, by line or comma; `#` begins a comment. The first seals, the others only open.
    ///
    /// # Errors
    /// `NoKey`, `BadKey`.
    pub fn from_text(text: &str) -> Result<Self, VaultError> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let words = lines.flat_map(|line| line.split(',')).map(str::trim).filter(|word| !word.is_empty());
        let mut keys = Vec::new();
        for (index, word) in words.enumerate() {
            keys.push(Key::new(parse_key(word).ok_or(VaultError::BadKey { n: index + 1 })?)?);
        }
        let mut keys = keys.into_iter();
        let current = keys.next().ok_or(VaultError::NoKey)?;
        Ok(Self { current, older: keys.collect() })
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// `File`, `NoKey`, `BadKey`.
    pub fn from_file(path: &Path) -> Result<Self, VaultError> {
        let text = std::fs::read_to_string(path).map(SecretString::from).map_err(|error| file_error(path, error))?;
        Self::from_text(text.expose_secret())
    }

    /// Reads the key file, or makes one that only its owner may read. Of two processes at once, one makes it.
    ///
    /// # Errors
    /// As [`Vault::from_file`], and `NoRandom`.
    pub fn from_file_or_new(path: &Path) -> Result<Self, VaultError> {
        if !path.exists() {
            Self::generate_key_file(path)?;
        }
        Self::from_file(path)
    }

    /// Writes a new key to a file with mode 0600, whole or not at all; an existing file is left as it is.
    ///
    /// # Errors
    /// `File`, `NoRandom`.
    pub fn generate_key_file(path: &Path) -> Result<(), VaultError> {
        let mut bytes = [0; 32];
        random(&mut bytes)?;
        let text = SecretString::from(format!(
            "# causerie: keep this file; without it the stored page tokens are lost\n{}\n",
            STANDARD.encode(bytes)
        ));
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let written = write_private(Path::new(&name), text.expose_secret().as_bytes()).and_then(|()| std::fs::hard_link(&name, path));
        let _ = std::fs::remove_file(&name);
        match written {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(file_error(path, error)),
            _ => Ok(()),
        }
    }

    /// A new key that is kept nowhere: for the demo's temporary data and for tests.
    ///
    /// # Errors
    /// `NoRandom`.
    pub fn ephemeral() -> Result<Self, VaultError> {
        let mut bytes = [0; 32];
        random(&mut bytes)?;
        Ok(Self { current: Key::new(bytes)?, older: Vec::new() })
    }

    /// Seals `secret` for the thing it `belongs_to`.
    ///
    /// # Errors
    /// `NoRandom`.
    pub fn seal(&self, belongs_to: &str, secret: &str) -> Result<String, VaultError> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        let payload = Payload { msg: secret.as_bytes(), aad: belongs_to.as_bytes() };
        let sealed = self.current.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| VaultError::Broken)?;
        let bytes = [nonce.as_slice(), &sealed].concat();
        Ok(format!("v1.{}.{}", self.current.id, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens what [`Vault::seal`] made for the same thing.
    ///
    /// # Errors
    /// `Broken`, `UnknownKey`.
    pub fn open(&self, belongs_to: &str, sealed: &str) -> Result<SecretString, VaultError> {
        let (id, text) = sealed.strip_prefix("v1.").and_then(|rest| rest.split_once('.')).ok_or(VaultError::Broken)?;
        let mut keys = std::iter::once(&self.current).chain(&self.older);
        let key = keys.find(|key| key.id == id).ok_or_else(|| VaultError::UnknownKey { id: id.chars().take(16).collect() })?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| VaultError::Broken)?;
        let (nonce, cipher) = bytes.split_first_chunk::<NONCE>().ok_or(VaultError::Broken)?;
        let payload = Payload { msg: cipher, aad: belongs_to.as_bytes() };
        let secret = key.cipher().decrypt(&Nonce::from(*nonce), payload).map_err(|_| VaultError::Broken)?;
        String::from_utf8(secret).map(SecretString::from).map_err(|_| VaultError::Broken)
    }

    /// Sealed with an older key: seal it anew when it is next written.
    pub fn is_old(&self, sealed: &str) -> bool {
        !sealed.starts_with(&format!("v1.{}.", self.current.id))
    }

    /// A key of its own for each use, e.g. `jwt`. Changes when the first key does.
    ///
    /// # Errors
    /// `NoKey` never in practice: HMAC takes keys of any length.
    pub fn derive(&self, label: &str) -> Result<[u8; 32], VaultError> {
        self.current.mac(&format!("derive:{label}"))
    }
}

impl Key {
    fn new(bytes: [u8; 32]) -> Result<Self, VaultError> {
        let mut key = Self { id: String::new(), bytes: SecretBox::new(Box::new(bytes)) };
        key.id = hex::encode(&key.mac("id")?[..4]);
        Ok(key)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(self.bytes.expose_secret().into())
    }

    fn mac(&self, label: &str) -> Result<[u8; 32], VaultError> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.bytes.expose_secret()).map_err(|_| VaultError::NoKey)?;
        mac.update(b"causerie/1/");
        mac.update(label.as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }
}

fn parse_key(word: &str) -> Option<[u8; 32]> {
    let hex = hex::decode(word).ok();
    let bytes = hex.filter(|bytes| bytes.len() == 32).or_else(|| {
        let word = word.trim_end_matches('=');
        STANDARD_NO_PAD.decode(word).or_else(|_| URL_SAFE_NO_PAD.decode(word)).ok()
    })?;
    bytes.try_into().ok()
}

fn random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|error| VaultError::NoRandom(error.to_string()))
}

fn file_error(path: &Path, source: std::io::Error) -> VaultError {
    VaultError::File { path: path.display().to_string(), source }
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const BASE64: &str = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";

    fn opened(vault: &Vault, belongs_to: &str, sealed: &str) -> Option<String> {
        vault.open(belongs_to, sealed).ok().map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_thing_only() {
        let vault = Vault::from_text(HEX).unwrap();
        let sealed = vault.seal("page:1001", "EAAB-été").unwrap();
        assert!(!sealed.contains("EAAB"));
        assert_eq!(opened(&vault, "page:1001", &sealed).as_deref(), Some("EAAB-été"));
        assert!(matches!(vault.open("page:1002", &sealed), Err(VaultError::Broken)));
        assert_ne!(sealed, vault.seal("page:1001", "EAAB-été").unwrap(), "every sealing has its own nonce");
    }

    #[test]
    fn a_text_that_was_changed_or_is_not_ours_does_not_open() {
        let vault = Vault::from_text(HEX).unwrap();
        let sealed = vault.seal("x", "secret").unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(vault.open("x", &changed).is_err(), "{changed}");
        }
        for text in ["", "v1.", "v1..", "v2.a.b", "plain", sealed.get(..20).unwrap()] {
            assert!(vault.open("x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_older_key_opens_and_the_first_seals() {
        let old = Vault::from_text(HEX).unwrap();
        let sealed = old.seal("x", "secret").unwrap();
        let both = Vault::from_text(&format!("{BASE64} # new\n{HEX}\n")).unwrap();
        assert_eq!(opened(&both, "x", &sealed).as_deref(), Some("secret"));
        assert!(both.is_old(&sealed) && !both.is_old(&both.seal("x", "secret").unwrap()));
        let new = Vault::from_text(BASE64).unwrap();
        assert!(matches!(new.open("x", &sealed), Err(VaultError::UnknownKey { .. })));
    }

    #[test]
    fn keys_of_another_length_are_refused_by_their_place() {
        assert!(matches!(Vault::from_text("# nothing\n"), Err(VaultError::NoKey)));
        for bad in ["abcd", HEX.get(2..).unwrap(), &format!("{HEX}00"), "!!"] {
            assert!(matches!(Vault::from_text(&format!("{HEX},{bad}")), Err(VaultError::BadKey { n: 2 })), "{bad}");
        }
    }

    #[test]
    fn each_label_has_its_own_derived_key_and_debug_shows_nothing() {
        let vault = Vault::from_text(HEX).unwrap();
        assert_eq!(vault.derive("jwt").unwrap(), Vault::from_text(HEX).unwrap().derive("jwt").unwrap());
        assert_ne!(vault.derive("jwt").unwrap(), vault.derive("token").unwrap());
        assert_eq!(format!("{vault:?}"), "Vault");
    }

    #[test]
    fn a_key_file_is_made_once_and_is_its_owners_alone() {
        let path = std::env::temp_dir().join(format!("causerie-key-{}", std::process::id()));
        let sealed = Vault::from_file_or_new(&path).unwrap().seal("x", "secret").unwrap();
        Vault::generate_key_file(&path).unwrap();
        assert_eq!(opened(&Vault::from_file_or_new(&path).unwrap(), "x", &sealed).as_deref(), Some("secret"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::remove_file(&path).unwrap();
    }
}

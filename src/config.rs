//! The settings: from a TOML file, then from the environment, which wins.
//!
//! `causerie.sample.toml` lists every setting with its default and says what it means; it is compiled in, and it is
//! what tells which environment variables exist: `[meta] app_secret` is `CAUSERIE_META_APP_SECRET`.
//! Adding a setting: a field here with its default, and its lines in the sample; a test compares the two.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use secrecy::SecretString;
use serde::Deserialize;
use toml::{Table, Value};

/// Every setting, described.
pub const SAMPLE: &str = include_str!("../causerie.sample.toml");
const PREFIX: &str = "CAUSERIE_";
/// Ours, but not settings: where the file is, and what tests use.
const NOT_SETTINGS: [&str; 3] = ["CAUSERIE_CONFIG", "CAUSERIE_TEST_", "CAUSERIE_OWNER_PASSWORD"];

/// Why the server cannot start with what it was given.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file `{path}`")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the settings file is not TOML")]
    Toml(#[source] toml::de::Error),
    #[error("the environment variable `{name}` is no setting; see `causerie.sample.toml`")]
    UnknownVariable { name: String },
    #[error("the environment variable `{name}` must be {kind}")]
    BadVariable { name: String, kind: &'static str },
    /// Without its source: the text of a TOML error quotes the line, which may hold a secret.
    #[error("a setting is wrong: {message}")]
    Invalid { message: String },
}

macro_rules! settings {
    ($($(#[$about:meta])* $section:ident: $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty = $default:expr,)* })*) => {
        /// All settings. `Debug` shows no secret.
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Settings { $($(#[$about])* pub $section: $name,)* }

        $(
            #[derive(Debug, Clone, Deserialize)]
            #[serde(default, deny_unknown_fields)]
            pub struct $name { $($(#[$doc])* pub $field: $type,)* }

            impl Default for $name {
                fn default() -> Self { Self { $($field: $default,)* } }
            }
        )*

        /// Section and name of each, for the test that holds the sample against them.
        #[cfg(test)]
        const NAMES: &[(&str, &str)] = &[$($((stringify!($section), stringify!($field)),)*)*];
    };
}

settings! {
    server: Server {
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// Where Meta and people reach the server, without a slash at the end.
        public_url: Option<String> = None,
        /// The bearer token that `/metrics` asks for; without it `/metrics` is open.
        metrics_token: Option<SecretString> = None,
        /// HTTP threads; 0: half as many as there are cores.
        workers: usize = 0,
        log_format: LogFormat = LogFormat::Text,
        /// As `RUST_LOG`.
        log: String = "info".to_owned(),
        /// Seconds that a stop waits for what is under way.
        drain_seconds: u32 = 20,
    }
    database: Database {
        /// `sqlite:PATH` or `postgres://…`; may hold a password.
        url: SecretString = "sqlite:data/causerie.sqlite3".into(),
    }
    vault: VaultSettings {
        /// 32 bytes as base64 or hex; goes before the file.
        key: Option<SecretString> = None,
        key_file: PathBuf = PathBuf::from("data/causerie.key"),
    }
    meta: Meta {
        app_id: Option<String> = None,
        app_secret: Option<SecretString> = None,
        /// Taken as well, while the secret is being changed.
        previous_app_secret: Option<SecretString> = None,
        verify_token: Option<SecretString> = None,
        graph_url: String = "https://graph.facebook.com".to_owned(),
        graph_version: String = "v26.0".to_owned(),
    }
    limits: Limits {
        /// Bytes of an admin request's body; a flow document must fit.
        admin_body_bytes: usize = 2 << 20,
        webhook_body_bytes: usize = 4 << 20,
        /// Events of one webhook that are made durable at once.
        webhook_events: usize = 1_000,
        /// Events that wait for one conversation.
        mailbox: usize = 64,
        /// Events that wait in all.
        waiting_events: usize = 10_000,
    }
    sending: Sending {
        /// Milliseconds until a send is given up.
        timeout_ms: u32 = 10_000,
        /// Milliseconds that a message belongs to the node that sends it.
        lease_ms: u32 = 30_000,
        /// Milliseconds that an echo is waited for after a send whose end is unknown, before it is repeated.
        echo_grace_ms: u32 = 15_000,
        /// Tries before a message fails.
        attempts: u32 = 8,
        /// Sends under way at once, for each page: one whose calls hang takes no other's.
        in_flight: u32 = 256,
    }
    callouts: Callouts {
        /// Flows may call addresses of private networks.
        allow_private: bool = false,
        timeout_ms: u32 = 10_000,
        /// Bytes of an answer that are read at most.
        answer_bytes: usize = 256 << 10,
        in_flight: u32 = 64,
        /// Failures in a row after which a host is left alone for `breaker_seconds`; 0: never.
        breaker_failures: u32 = 5,
        breaker_seconds: u32 = 30,
    }
    actors: Actors {
        /// Threads for conversations; 0: half as many as there are cores.
        arbiters: usize = 0,
        /// Seconds after which an idle conversation leaves the memory.
        idle_seconds: u32 = 60,
    }
    people: People {
        /// Minutes after which an agent who is online and was not seen counts as away; 0: never.
        away_minutes: u32 = 30,
    }
    explanations: Explanations {
        /// Days for which it is kept why the bot answered as it did; 0: never written.
        keep_days: u32 = 14,
    }
    sign_in: SignIn {
        access_minutes: u32 = 15,
        refresh_days: u32 = 30,
        /// Failed sign-ins of one address and e-mail before a pause.
        attempts: u32 = 10,
        pause_minutes: u32 = 15,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

impl Explanations {
    /// How long they are kept; `None`: they are never written.
    pub fn kept(&self) -> Option<SignedDuration> {
        (self.keep_days > 0).then(|| SignedDuration::from_hours(24 * i64::from(self.keep_days)))
    }
}

/// Milliseconds of a claim that are left for the way to the sender and for the page's pace. With less, messages would be
/// put back for ever.
const ROOM_MS: u64 = 1_000;

impl Sending {
    /// A claim outlasts the send and the wait for its echo: else the next sender would repeat what is still under way.
    fn has_room(&self) -> bool {
        u64::from(self.lease_ms) >= u64::from(self.timeout_ms) + u64::from(self.echo_grace_ms) + ROOM_MS
    }
}

impl People {
    /// `None`: nobody ever counts as away.
    pub fn away_after(&self) -> Option<SignedDuration> {
        (self.away_minutes > 0).then(|| SignedDuration::from_mins(self.away_minutes.into()))
    }
}

impl SignIn {
    pub fn access(&self) -> SignedDuration {
        SignedDuration::from_mins(self.access_minutes.into())
    }

    pub fn refresh(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * i64::from(self.refresh_days))
    }
}

impl Settings {
    /// Reads `file`, if there is one, and the environment.
    ///
    /// # Errors
    /// The first thing that is wrong; never with a secret in its text.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path).map_err(|source| ConfigError::File { path: path.display().to_string(), source })?,
            None => String::new(),
        };
        Self::parse(&text, environment)
    }

    fn parse(text: &str, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut table: Table = text.parse().map_err(ConfigError::Toml)?;
        let known = sample();
        for (name, value) in environment {
            let Some(rest) = name.strip_prefix(PREFIX) else { continue };
            if NOT_SETTINGS.iter().any(|ours| name.starts_with(ours)) {
                continue;
            }
            let (section, field, like) =
                find(&known, &rest.to_ascii_lowercase()).ok_or_else(|| ConfigError::UnknownVariable { name: name.clone() })?;
            let value = like_sample(&name, value, like)?;
            let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Some(section) = section.as_table_mut() {
                section.insert(field.to_owned(), value);
            }
        }
        let settings: Self =
            Value::Table(table).try_into().map_err(|error| ConfigError::Invalid { message: error.message().to_owned() })?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let rules = [
            (
                self.sending.has_room(),
                "`sending.lease_ms` must be at least a second more than `sending.timeout_ms` and `sending.echo_grace_ms` together",
            ),
            (self.sending.attempts > 0, "`sending.attempts` must be at least 1"),
            (self.sending.in_flight > 0, "`sending.in_flight` must be at least 1"),
            (self.limits.mailbox > 0 && self.limits.waiting_events > 0, "`limits` must be at least 1"),
            (self.sign_in.access_minutes > 0 && self.sign_in.refresh_days > 0, "`sign_in` lifetimes must be at least 1"),
            (is_url(&self.meta.graph_url), "`meta.graph_url` must be a URL without a slash at the end"),
            (self.server.public_url.as_deref().is_none_or(is_url), "`server.public_url` must be a URL without a slash at the end"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, message)) => Err(ConfigError::Invalid { message: message.to_owned() }),
            None => Ok(()),
        }
    }
}

fn is_url(text: &str) -> bool {
    !text.ends_with('/') && url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// The sample with its optional settings (`#name = …`) switched on.
fn sample() -> Table {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) && rest.contains(" = ") => rest.to_owned(),
        _ => line.to_owned(),
    };
    SAMPLE.lines().map(on).collect::<Vec<_>>().join("\n").parse().unwrap_or_default()
}

fn find<'a>(known: &'a Table, name: &str) -> Option<(&'a str, &'a str, &'a Value)> {
    known.iter().find_map(|(section, fields)| {
        let field = name.strip_prefix(section.as_str())?.strip_prefix('_')?;
        let (field, like) = fields.as_table()?.get_key_value(field)?;
        Some((section.as_str(), field.as_str(), like))
    })
}

/// A variable is text; the sample's value says what it stands for.
fn like_sample(name: &str, text: String, like: &Value) -> Result<Value, ConfigError> {
    let bad = |kind| ConfigError::BadVariable { name: name.to_owned(), kind };
    match like {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|_| bad("a whole number")),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|_| bad("`true` or `false`")),
        _ => Ok(Value::String(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::parse(text, environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn the_sample_lists_every_setting_and_no_other() {
        let sample = sample();
        let listed: Vec<(String, String)> = sample
            .iter()
            .flat_map(|(section, fields)| fields.as_table().unwrap().keys().map(move |field| (section.clone(), field.clone())))
            .collect();
        let names: Vec<(String, String)> = NAMES.iter().map(|(section, field)| ((*section).into(), (*field).into())).collect();
        assert_eq!(listed.iter().collect::<std::collections::BTreeSet<_>>(), names.iter().collect());
    }

    #[test]
    fn the_sample_as_it_stands_is_the_defaults() {
        assert_eq!(format!("{:?}", load(SAMPLE, &[]).unwrap()), format!("{:?}", Settings::default()));
        let all: Settings = Value::Table(sample()).try_into().unwrap();
        all.check().unwrap();
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let file = "[server]\nlisten = \"0.0.0.0:80\"\n[sign_in]\naccess_minutes = 5\n";
        let environment = [
            ("CAUSERIE_SERVER_LISTEN", "127.0.0.1:9"),
            ("CAUSERIE_META_APP_ID", "123"),
            ("CAUSERIE_CALLOUTS_ALLOW_PRIVATE", "true"),
            ("CAUSERIE_CONFIG", "x.toml"),
            ("HOME", "/"),
        ];
        let settings = load(file, &environment).unwrap();
        assert_eq!(settings.server.listen.to_string(), "127.0.0.1:9");
        assert_eq!(settings.meta.app_id.as_deref(), Some("123"));
        assert_eq!((settings.sign_in.access_minutes, settings.callouts.allow_private), (5, true));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (file, environment, says) in [
            ("", ("CAUSERIE_SERVER_LISTN", "x"), "CAUSERIE_SERVER_LISTN"),
            ("", ("CAUSERIE_SIGN_IN_ACCESS_MINUTES", "soon"), "a whole number"),
            ("[server]\nlistn = 1", ("A", ""), "listn"),
            ("[sending]\nlease_ms = 1", ("A", ""), "lease_ms"),
            ("[sending]\nlease_ms = 25999", ("A", ""), "lease_ms"),
            ("[sending]\necho_grace_ms = 19001", ("A", ""), "echo_grace_ms"),
            ("[sending]\nin_flight = 0", ("A", ""), "in_flight"),
            ("[meta]\ngraph_url = \"https://x/\"", ("A", ""), "graph_url"),
        ] {
            let error = load(file, &[environment]).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_claim_that_just_holds_a_send_and_its_echo_is_taken() {
        assert_eq!(load("[sending]\nlease_ms = 26000", &[]).unwrap().sending.lease_ms, 26_000);
    }

    #[test]
    fn no_secret_is_shown() {
        let environment = [
            ("CAUSERIE_META_APP_SECRET", "hush1"),
            ("CAUSERIE_META_PREVIOUS_APP_SECRET", "hush2"),
            ("CAUSERIE_META_VERIFY_TOKEN", "hush3"),
            ("CAUSERIE_VAULT_KEY", "hush4"),
            ("CAUSERIE_DATABASE_URL", "postgres://u:hush5@h/d"),
        ];
        let shown = format!("{:?}", load("", &environment).unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }
}

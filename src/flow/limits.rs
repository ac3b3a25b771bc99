//! How much of everything one document, one session and one step may have. Nothing in the language is unbounded.

use jiff::SignedDuration;

/// Bytes of a document's text.
pub const DOCUMENT_BYTES: usize = 1_000_000;
/// Levels of lists and objects within a document.
pub const DOCUMENT_DEPTH: usize = 64;
/// Values (strings, numbers, lists, …) within a document; also what a YAML document may grow to by its aliases.
pub const DOCUMENT_VALUES: usize = 250_000;
/// Issues that a check reports before it stops.
pub const ISSUES: usize = 500;

/// Names that a wrong one is compared with, to say which was meant.
pub const NAMES_COMPARED: usize = 500;

pub const NODES: usize = 10_000;
pub const ACTIONS_PER_NODE: usize = 200;
/// Characters of a node's or variable's name: a node's name travels in the payload of each option.
pub const NAME_CHARS: usize = 100;
pub const LANGUAGES: usize = 50;
/// Scripted conversations of a document.
pub const TESTS: usize = 200;
/// Steps of one scripted conversation.
pub const STEPS: usize = 200;
pub const OPTIONS: usize = 100;
pub const VARIATIONS: usize = 50;
/// Fields of one form.
pub const FIELDS: usize = 30;
/// Ways of one split.
pub const ARMS: usize = 50;
/// Cards that one action may show.
pub const CARDS: usize = 30;
/// Cards in one carousel (Send API, generic template); more become several.
pub const CARDS_IN_ONE: usize = 10;
/// Places whose lasting buttons a session remembers.
pub const OFFERS: usize = 16;

/// Characters of an authored text.
pub const AUTHORED_CHARS: usize = 5_000;
/// Characters of one Messenger bubble (Send API); longer texts are split by the sender.
pub const BUBBLE_CHARS: usize = 2_000;
/// Characters of the text over buttons (Send API, button template).
pub const BUTTON_TEXT_CHARS: usize = 640;
/// Characters of a quick reply's or button's title (Send API).
pub const TITLE_CHARS: usize = 20;
/// Quick replies under one bubble (Send API).
pub const QUICK_REPLIES: usize = 13;
/// Buttons under one bubble (Send API, button template).
pub const BUTTONS: usize = 3;

/// Characters of an expression's source.
pub const EXPRESSION_CHARS: usize = 1_000;
/// Brackets within brackets in an expression.
pub const EXPRESSION_DEPTH: usize = 32;
/// Instructions that one expression may take.
pub const EXPRESSION_FUEL: u64 = 10_000;
/// Bytes that one template may render to.
pub const RENDERED_BYTES: usize = 20_000;
/// Bytes that a text value may have within an expression.
pub const STRING_BYTES: usize = 64_000;
/// Bytes of a compiled pattern.
pub const PATTERN_BYTES: usize = 256_000;
/// Different patterns in one document.
pub const PATTERNS: usize = 200;
/// Expressions in one document.
pub const EXPRESSIONS: usize = 20_000;
/// Bytes of a variable's value, as JSON.
pub const VALUE_BYTES: usize = 32_000;
/// Lists and objects within each other in a variable's value. A session, which holds values a few levels down, must stay
/// readable: serde_json reads 128.
pub const VALUE_DEPTH: usize = 64;
/// HTTP calls in a row without a pause or a word of the visitor's: a flow whose call fails at once and leads back to it would never end.
pub const CALLS_IN_A_ROW: u32 = 100;

/// Actions that one step may run before it is cut.
pub const STEP_BUDGET: u32 = 200;
/// Bubbles that one step may say before it is cut.
pub const BUBBLES_PER_STEP: usize = 50;
/// Messages that the answer of an HTTP call may say (`reply`).
pub const REPLY_MESSAGES: usize = 10;
/// `call`s within `call`s.
pub const CALL_DEPTH: usize = 16;
/// Interrupts within interrupts that come back.
pub const INTERRUPT_DEPTH: usize = 8;
/// Steps of a fallback.
pub const FALLBACK_STEPS: usize = 10;
/// Messages, and bytes of text, that one burst collects.
pub const BURST_MESSAGES: usize = 20;
pub const BURST_BYTES: usize = 20_000;
/// A burst lasts at most so many of its windows.
pub const BURST_WINDOWS: i32 = 5;
/// Messages of the visitor that a pause or a callout keeps for later.
pub const QUEUED_INPUTS: usize = 5;
/// Characters of the visitor's last text that expressions see as `last_text`.
pub const LAST_TEXT_CHARS: usize = 500;

/// The longest `delay`.
pub const LONGEST_DELAY_MS: i64 = 30 * 24 * 3_600_000;
pub const LONGEST_TIMEOUT: SignedDuration = SignedDuration::from_hours(30 * 24);
pub const SHORTEST_TIMEOUT: SignedDuration = SignedDuration::from_mins(1);
/// Typing is shown at most this long before a bubble: Messenger hides it after 20 seconds.
pub const TYPING_MS: u32 = 5_000;
/// Typing is shown again after so long: Messenger hides it after about 20 seconds (Send API, sender actions).
pub const TYPING_AGAIN_MS: i64 = 15_000;
/// The longest pause during which typing is shown all along.
pub const LONGEST_TYPING: SignedDuration = SignedDuration::from_mins(10);
/// The longest pause between the bubbles of a turn.
pub const LONGEST_PAUSE_MS: i64 = 20_000;
pub const SHORTEST_CALLOUT_MS: i64 = 100;
pub const LONGEST_CALLOUT_MS: i64 = 60_000;

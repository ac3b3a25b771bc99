//! Meta's error codes and what each asks for: one row each, the subcode first.

use super::error::Verdict;

/// `code` 0: under any code, and also where Meta sends the subcode as the code itself.
struct Row {
    code: i64,
    subcode: i64,
    verdict: Verdict,
    reason: &'static str,
}

const fn row(code: i64, subcode: i64, verdict: Verdict, reason: &'static str) -> Row {
    Row { code, subcode, verdict, reason }
}

const ANY: i64 = 0;
const HALF_AN_HOUR: u64 = 30 * 60;
const AN_HOUR: u64 = 60 * 60;
const AGAIN: Verdict = Verdict::Retry { after_s: None, at_most: None };
const FEW_TIMES: Verdict = Verdict::Retry { after_s: None, at_most: Some(5) };
const ONCE: Verdict = Verdict::Retry { after_s: None, at_most: Some(1) };

const BY_SUBCODE: &[Row] = &[
    row(1, 99, Verdict::NotPermitted, "the app probably lacks `pages_messaging` or Advanced Access"),
    row(1, 1357046, Verdict::Unknown { resend: false }, "Meta's answer was garbled, though such messages were sent"),
    row(1, 2018382, Verdict::Refused, "the lead form cannot be used here"),
    row(ANY, 2018278, Verdict::WindowClosed, "the visitor last wrote too long ago: the messaging window is closed"),
    row(ANY, 2534022, Verdict::WindowClosed, "the visitor last wrote too long ago: the messaging window is closed"),
    row(ANY, 2018065, Verdict::WindowClosed, "outside the messaging window only registered news pages may write"),
    row(ANY, 2018108, Verdict::Unavailable, "the person cannot receive messages now"),
    row(
        ANY,
        1893063,
        Verdict::Restricted { probe_s: HALF_AN_HOUR },
        "Meta restricts this page from sending for now: see its Support Inbox",
    ),
    row(ANY, 2018338, Verdict::Refused, "too many tagged messages to this person"),
    row(ANY, 1893016, Verdict::Refused, "the opt-in does not allow more messages"),
    row(ANY, 2018354, Verdict::Refused, "the limit for marketing messages is reached"),
    row(ANY, 2018352, Verdict::Refused, "the limit for marketing messages is reached"),
    row(ANY, 1404170, Verdict::Refused, "the person stopped these messages"),
    row(ANY, 1893015, Verdict::Refused, "the person stopped these messages"),
    row(ANY, 2018336, Verdict::Refused, "rules for the visitor's region do not allow this message"),
    row(ANY, 2018001, Verdict::Unavailable, "no such person for this page: an id of another page, or the token of another page"),
    row(100, 33, Verdict::Unavailable, "Meta does not know this object, or does not show it to this token"),
    row(ANY, 1893061, Verdict::Bug, "the message tag is no longer accepted"),
    row(ANY, 2018014, Verdict::Bug, "a message and a sender action were sent together"),
    row(ANY, 2018008, ONCE, "Meta could not fetch the file from its address"),
    row(ANY, 2018294, ONCE, "Meta could not fetch the video in time, or it is broken"),
    row(ANY, 2018047, Verdict::Refused, "the file is not of the declared kind"),
    row(ANY, 2018074, Verdict::Refused, "the attachment id is not valid any more (they live 90 days) or is another page's"),
    row(ANY, 2018109, Verdict::Refused, "the file is too big (25 MB; images 8 MB)"),
    row(ANY, 2018164, Verdict::Refused, "the attachment belongs to another app"),
    row(ANY, 2534037, Verdict::NotThreadOwner, "another app has the thread"),
    row(ANY, 2018300, Verdict::NotThreadOwner, "another app has the thread"),
    row(ANY, 2018321, Verdict::Retry { after_s: Some(60), at_most: Some(10) }, "Messenger's automated questions have the thread"),
    row(190, 458, Verdict::TokenDead, "the app was removed from the account that made the token: connect the page anew"),
    row(190, 459, Verdict::TokenDead, "Facebook asks the token's maker to sign in once (checkpoint): then connect the page anew"),
    row(190, 460, Verdict::TokenDead, "the token's maker changed their password: connect the page anew"),
    row(190, 463, Verdict::TokenDead, "the page's token has expired: connect the page anew"),
    row(190, 464, Verdict::TokenDead, "the token's maker has not confirmed their account: then connect the page anew"),
    row(190, 467, Verdict::TokenDead, "the page's token was made invalid: connect the page anew"),
    row(190, 492, Verdict::TokenDead, "the token's maker has no role on the page any more: someone with one must connect it anew"),
    row(
        ANY,
        2018028,
        Verdict::NotPermitted,
        "the app is in development, or lacks Advanced Access: only people with a role in it can be reached",
    ),
    row(ANY, 2018021, Verdict::NotPermitted, "the app may not address people by phone number"),
    row(ANY, 2018027, Verdict::NotPermitted, "the app may not address people by phone number"),
    row(ANY, 1545041, Verdict::Unavailable, "the person is not available: they blocked or muted the page, or left Messenger"),
    row(ANY, 2018218, Verdict::Unavailable, "Meta has no profile of this person"),
    row(ANY, 2018247, Verdict::NotPermitted, "the app may not see this part of the profile"),
];

const BY_CODE: &[Row] = &[
    row(1, ANY, Verdict::Unknown { resend: true }, "Meta failed without saying why, so it is not known whether the message was sent"),
    row(2, ANY, FEW_TIMES, "Meta's service is down for the moment, or the person blocked the page"),
    row(1200, ANY, AGAIN, "Meta could not send it for the moment"),
    row(4, ANY, Verdict::Throttled, "the app made too many calls"),
    row(17, ANY, Verdict::Throttled, "the token's maker made too many calls"),
    row(32, ANY, Verdict::Throttled, "the page made too many calls"),
    row(341, ANY, Verdict::Throttled, "the app reached a limit of Meta's"),
    row(613, ANY, Verdict::Throttled, "too many calls of this kind"),
    row(80001, ANY, Verdict::Throttled, "the page made too many calls"),
    row(80006, ANY, Verdict::Throttled, "the page sent too many messages"),
    row(3, ANY, Verdict::NotPermitted, "the app does not have this capability"),
    row(10, ANY, Verdict::NotPermitted, "the app or the token lacks a permission"),
    row(100, ANY, Verdict::Bug, ""),
    row(102, ANY, Verdict::TokenDead, "Meta does not accept the page's session: connect the page anew"),
    row(190, ANY, Verdict::TokenDead, "the page's token is dead: connect the page anew"),
    row(200, ANY, Verdict::NotPermitted, "the app lacks `pages_messaging`, or is not live"),
    row(230, ANY, Verdict::Unavailable, "the person has not consented"),
    row(
        368,
        ANY,
        Verdict::Restricted { probe_s: AN_HOUR },
        "Meta has blocked this page for a while, for its policy: see its Support Inbox",
    ),
    row(551, ANY, Verdict::Unavailable, "the person is not available: they blocked or muted the page, or left Messenger"),
    row(2022, ANY, Verdict::Refused, "commerce messages are disabled for this page"),
    row(10900, ANY, Verdict::Refused, "this comment or post was already answered privately"),
    row(10903, ANY, Verdict::Refused, "this comment or post cannot be answered privately"),
    row(10904, ANY, Verdict::Refused, "the page has messaging switched off"),
    row(9000001, ANY, Verdict::Refused, "the message was deleted"),
];

/// What an error asks for, and its reason (empty: Meta's own text says it best).
pub(super) fn verdict(code: i64, subcode: Option<i64>, transient: bool) -> (Verdict, &'static str) {
    let by_subcode = subcode.and_then(|given| BY_SUBCODE.iter().find(|row| row.subcode == given && (row.code == code || row.code == ANY)));
    let found = by_subcode
        .or_else(|| BY_SUBCODE.iter().find(|row| row.code == ANY && row.subcode == code))
        .or_else(|| BY_CODE.iter().find(|row| row.code == code));
    match found {
        Some(row) => (row.verdict, row.reason),
        None if transient => (FEW_TIMES, "Meta failed for the moment"),
        // 200 to 299 are permissions, each with its own number.
        None if (201..300).contains(&code) => (Verdict::NotPermitted, "the app or the token lacks a permission"),
        None => (Verdict::Refused, ""),
    }
}

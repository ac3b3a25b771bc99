use serde_json::json;

use super::*;

fn error(code: i64, subcode: Option<i64>) -> SendError {
    let body = json!({"error": {"message": "(#1) localised", "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "T1"}});
    ApiError::read(400, body.to_string().as_bytes(), None).into_send_error()
}

fn word(error: &SendError) -> &'static str {
    match error {
        SendError::Retry { at_most: Some(1), .. } => "retry once",
        SendError::Retry { .. } => "retry",
        SendError::Throttled { .. } => "throttled",
        SendError::WindowClosed { .. } => "window closed",
        SendError::Unavailable { .. } => "unavailable",
        SendError::Refused { .. } => "refused",
        SendError::PageBlocked { probe_after: None, .. } => "page blocked",
        SendError::PageBlocked { .. } => "page restricted",
        SendError::NotThreadOwner { .. } => "not thread owner",
        SendError::Unknown { resend: true, .. } => "unknown",
        SendError::Unknown { resend: false, .. } => "unknown, never again",
        SendError::Bug { .. } => "bug",
    }
}

/// Every row of Meta's error table (as of 2026-06-25) with what a sender has to do.
#[test]
fn every_error_of_the_send_api_is_sorted_by_what_to_do() {
    let rows: &[(&[i64], &[i64], &str)] = &[
        (&[1], &[0], "unknown"),
        (&[1], &[99], "refused"),
        (&[1], &[1357046], "unknown, never again"),
        (&[2, 1200], &[0, 5], "retry"),
        (&[4, 17, 32, 341, 613, 80001, 80006], &[0], "throttled"),
        (&[613], &[2534040], "throttled"),
        (&[613], &[2018338, 1893016], "refused"),
        (&[4], &[2018354], "refused"),
        (&[9], &[2018352], "refused"),
        (&[10], &[1404170, 1893015], "refused"),
        (&[10], &[2018278, 2534022, 2018065], "window closed"),
        (&[10], &[2018108], "unavailable"),
        (&[10], &[1893063], "page restricted"),
        (&[10], &[0, 2018336, 77], "refused"),
        (&[100], &[2018001, 33], "unavailable"),
        (&[100], &[1893061, 2018014, 0, 1], "bug"),
        (&[100], &[2018008, 2018294], "retry once"),
        (&[100], &[2018047, 2018074, 2018109, 2018164], "refused"),
        (&[100], &[2534037], "not thread owner"),
        (&[10, 100], &[2018300], "not thread owner"),
        (&[2018300], &[0], "not thread owner"),
        (&[2018321], &[0], "retry"),
        (&[190], &[0, 458, 459, 460, 463, 464, 467, 492], "page blocked"),
        (&[102], &[0], "page blocked"),
        (&[3], &[0], "refused"),
        (&[200], &[0, 2018028, 2018021, 2018027], "refused"),
        (&[200, 551], &[1545041], "unavailable"),
        (&[551], &[0], "unavailable"),
        (&[230], &[0], "unavailable"),
        (&[368], &[0], "page restricted"),
        (&[2022, 10900, 10903, 10904, 9000001], &[0], "refused"),
        (&[2018218], &[0], "unavailable"),
        (&[2018247], &[0], "refused"),
        (&[424242], &[0], "refused"),
    ];
    for (codes, subcodes, expected) in rows {
        for &code in *codes {
            for &subcode in *subcodes {
                let error = error(code, (subcode != 0).then_some(subcode));
                assert_eq!(word(&error), *expected, "{code}/{subcode}");
                assert!(!error.cause().reason.is_empty(), "{code}/{subcode}");
            }
        }
    }
}

#[test]
fn a_cause_reads_well_and_names_metas_codes() {
    let error = error(10, Some(2018278));
    assert_eq!(error.to_string(), "the visitor last wrote too long ago: the messaging window is closed (Meta's code 10/2018278)");
    assert_eq!(error.cause().fbtrace.as_deref(), Some("T1"));
    let bare = ApiError::read(400, b"<html>", None).into_send_error();
    assert_eq!(bare.to_string(), "Meta answered with status 400 and no explanation");
}

#[test]
fn an_unknown_code_is_tried_again_only_where_meta_calls_it_transient() {
    let body = br#"{"error":{"message":"x","code":"424242","is_transient":true}}"#;
    assert_eq!(word(&ApiError::read(500, body, None).into_send_error()), "retry");
}

#[test]
fn an_answer_without_an_error_object_is_sorted_by_its_status() {
    for (status, expected) in [(429, "throttled"), (401, "page blocked"), (500, "unknown"), (502, "unknown"), (404, "bug"), (413, "bug")] {
        assert_eq!(word(&ApiError::read(status, b"", None).into_send_error()), expected, "{status}");
    }
}

#[test]
fn a_throttled_page_waits_as_long_as_meta_says() {
    let usage = Some(Usage { percent: 100, regain: Some(Duration::from_secs(19 * 60)) });
    let error = ApiError::read(400, br#"{"error":{"code":80006}}"#, usage).into_send_error();
    let SendError::Throttled { after, .. } = error else { panic!("{error:?}") };
    assert_eq!(after, Some(Duration::from_secs(19 * 60)));
}

#[test]
fn a_token_in_metas_text_is_not_repeated() {
    let body = json!({"error": {"code": 190, "message": "Malformed access token EAAGm0PX4ZCpsBAKxyzxyzxyzxyzxyzxyz9"}});
    let error = ApiError::read(400, body.to_string().as_bytes(), None).into_call_error();
    assert_eq!(error.cause().said.as_deref(), Some("Malformed access token …"));
}

#[test]
fn other_calls_tell_a_dead_token_a_missing_permission_and_a_silent_meta_apart() {
    let call = |code: i64| ApiError::read(400, json!({"error": {"code": code}}).to_string().as_bytes(), None).into_call_error();
    assert!(matches!(call(190), CallError::TokenDead(_)));
    for code in [10, 200, 210, 3] {
        assert!(matches!(call(code), CallError::NotPermitted(_)), "{code}");
    }
    assert!(matches!(call(2), CallError::Unreachable(_)));
    assert!(matches!(call(80001), CallError::Throttled { .. }));
    assert!(matches!(call(100), CallError::Refused(_)));
}

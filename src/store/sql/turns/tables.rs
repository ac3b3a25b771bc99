//! The tables of the hot path. `migrations/*/2026-11-22-001000_turns` says what each column means.

diesel::table! {
    contacts (id) {
        id -> Text,
        page_id -> Text,
        psid -> Text,
        profile -> Text,
        attributes -> Text,
        labels -> Text,
        locale -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    conversations (id) {
        id -> Text,
        contact_id -> Text,
        page_id -> Text,
        psid -> Text,
        created_at -> BigInt,
        version -> BigInt,
        owner -> Text,
        owner_user -> Nullable<Text>,
        owner_team -> Nullable<Text>,
        owner_until -> Nullable<BigInt>,
        status -> Text,
        last_agent -> Nullable<Text>,
        window_opened_at -> Nullable<BigInt>,
        next_seq -> BigInt,
        last_activity_at -> BigInt,
        preview -> Text,
        chatflow_id -> Nullable<Text>,
        link_id -> Nullable<Text>,
        session -> Nullable<Text>,
        delivered_until -> Nullable<BigInt>,
        read_until -> Nullable<BigInt>,
        active_hour -> BigInt,
        explained -> Nullable<BigInt>,
    }
}

diesel::table! {
    events (seq) {
        seq -> BigInt,
        id -> Text,
        page_id -> Text,
        psid -> Nullable<Text>,
        dedupe -> Binary,
        kind -> Text,
        received_at -> BigInt,
        body -> Text,
        ending -> Nullable<Text>,
        reason -> Nullable<Text>,
        attempts -> Integer,
    }
}

diesel::table! {
    messages (conversation_id, seq) {
        id -> Text,
        conversation_id -> Text,
        seq -> BigInt,
        at -> BigInt,
        author -> Text,
        author_user -> Nullable<Text>,
        body -> Text,
        status -> Text,
        mid -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (conversation_id, seq) {
        message_id -> Text,
        conversation_id -> Text,
        seq -> BigInt,
        page_id -> Text,
        psid -> Text,
        author -> Text,
        author_user -> Nullable<Text>,
        body -> Text,
        pause_ms -> Integer,
        window_opened_at -> Nullable<BigInt>,
        due_at -> BigInt,
        wake_at -> Nullable<BigInt>,
        claimed_until -> Nullable<BigInt>,
        attempts -> Integer,
        doubtful -> Bool,
        held -> Nullable<Text>,
    }
}

diesel::table! {
    timers (id) {
        id -> Text,
        page_id -> Text,
        psid -> Text,
        due_at -> BigInt,
    }
}

diesel::table! {
    callouts (id) {
        id -> Text,
        page_id -> Text,
        psid -> Text,
        request -> Text,
        due_at -> BigInt,
        attempts -> Integer,
    }
}

diesel::table! {
    explanations (seq) {
        seq -> BigInt,
        conversation_id -> Text,
        at -> BigInt,
        first_message -> BigInt,
        next_message -> BigInt,
        lines -> Text,
        previous -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(contacts, conversations, events, messages);

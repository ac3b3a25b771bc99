//! What `causerie demo` prints once everything is ready.

use std::io::Write;

use serde_json::{Value, json};

use super::cast::{COLLEAGUES, PAGE_ID, PASSWORD};
use super::seed::Made;

/// # Errors
/// Standard output cannot be written.
pub fn print(made: &Made, as_json: bool) -> anyhow::Result<()> {
    let text = if as_json { line(made).to_string() } else { words(made) };
    let mut out = std::io::stdout();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever reads the first lines only is no failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn line(made: &Made) -> Value {
    let base = &made.base_url;
    let flow = |flow: &super::seed::MadeChatflow| json!({ "id": flow.id, "name": flow.name, "primary": flow.primary, "link": flow.link, "ref": flow.reference() });
    let user = |one: &super::cast::Colleague| json!({ "name": one.name, "email": one.email, "password": PASSWORD, "role": one.role });
    json!({
        "base_url": base,
        "sandbox_url": format!("{base}/sandbox/"),
        "docs_url": format!("{base}/docs"),
        "webhook_url": format!("{base}/webhooks/messenger"),
        "graph_url": format!("{base}/sandbox/graph"),
        "page_id": PAGE_ID,
        "data": made.data,
        "chatflows": made.chatflows.iter().map(flow).collect::<Vec<_>>(),
        "users": COLLEAGUES.iter().map(user).collect::<Vec<_>>(),
    })
}

fn words(made: &Made) -> String {
    let base = &made.base_url;
    let mut text = format!(
        "Causerie's demo is ready.\n\n  Chat with it   {base}/sandbox/\n  API docs       {base}/docs\n  Admin API      {base}/v1\n\n\
         Chatflows of the page “Maison Lumen” and their direct links (open them in the sandbox):\n"
    );
    for flow in &made.chatflows {
        let rank = if flow.primary { "primary" } else { "secondary" };
        text += &format!("  {:<12} {rank:<10} {}\n", flow.name, flow.link);
    }
    text += &format!("\nSign-ins, all with the password {PASSWORD}\n");
    for one in &COLLEAGUES {
        text += &format!("  {:<28} {}\n", one.email, one.note.en);
    }
    match &made.data {
        Some(data) => text += &format!("\nEverything is kept in {}.", data.display()),
        None => text += "\nEverything is temporary; keep it with --data DIR.",
    }
    text + " Stop with Ctrl-C."
}

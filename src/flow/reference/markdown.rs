//! The reference as Markdown.

use std::fmt::Write as _;

use super::Block;

pub fn markdown(blocks: &[Block]) -> String {
    let mut out = String::from("<!-- Made from the source: UPDATE=1 cargo test reference -->\n");
    for block in blocks {
        out.push('\n');
        match block {
            Block::Heading { level, text, .. } => {
                let _ = writeln!(out, "{} {text}", "#".repeat(usize::from(*level)));
            }
            Block::Text(text) => {
                let _ = writeln!(out, "{text}");
            }
            Block::Code { text, of } => {
                let language = if of.is_some() { "json" } else { "" };
                let _ = writeln!(out, "```{language}\n{text}\n```");
            }
            Block::Table { head, rows } => {
                row(&mut out, head);
                row(&mut out, &vec!["---".to_owned(); head.len()]);
                rows.iter().for_each(|cells| row(&mut out, cells));
            }
        }
    }
    out
}

fn row(out: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

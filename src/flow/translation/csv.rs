//! The table as CSV (RFC 4180): UTF-8 with a byte-order mark, for spreadsheets take it for something else without one.
//! Spreadsheets also write it back with `;` or tabs: what the header line uses is read.

use super::apply::Refusal;
use super::{Change, Table};
use crate::flow::read::shorten;

const COLUMNS: [&str; 5] = ["pointer", "source", "target", "max_length", "state"];
const MARK: &str = "\u{feff}";

pub fn write(table: &Table) -> String {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(MARK.as_bytes().to_vec());
    // Writing to memory cannot fail, and every record has as many fields as the first.
    let _ = out.write_record(COLUMNS);
    for row in &table.texts {
        let length = row.max_length.to_string();
        let target = row.target.as_deref().unwrap_or_default();
        let _ = out.write_record([&row.pointer, &row.source, target, &length, row.state.word()]);
    }
    out.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Columns are known by their names; `max_length` and `state` are the reader's and may be missing.
///
/// # Errors
/// Every line that cannot be read.
pub fn read(text: &str) -> Result<Vec<Change>, Vec<Refusal>> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let header = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|mark| header.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let mut lines = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let columns = columns(&mut lines)?;
    let (mut changes, mut refused) = (Vec::new(), Vec::new());
    for (number, record) in (2..).zip(lines.records()) {
        let place = format!("#row={number}");
        match record {
            Ok(record) => {
                let field = |column: usize| record.get(column).unwrap_or_default().to_owned();
                let [pointer, source, target] = columns.map(field);
                changes.push(Change { place, pointer, source: Some(source), target: Some(target) });
            }
            Err(error) => refused.push(Refusal::new(place, "unreadable", error.to_string())),
        }
    }
    if refused.is_empty() { Ok(changes) } else { Err(refused) }
}

/// Where pointer, source and target stand.
fn columns(lines: &mut csv::Reader<&[u8]>) -> Result<[usize; 3], Vec<Refusal>> {
    let place = "#row=1";
    let header = lines.headers().map_err(|error| vec![Refusal::new(place, "unreadable", error.to_string())])?;
    let mut refused = Vec::new();
    for name in header.iter().filter(|name| !COLUMNS.contains(name)) {
        let detail = format!("there is no column `{}`; known are: {}", shorten(name), COLUMNS.join(", "));
        refused.push(Refusal::new(place, "wrong_column", detail));
    }
    let columns = [COLUMNS[0], COLUMNS[1], COLUMNS[2]].map(|name| {
        let found: Vec<usize> = header.iter().enumerate().filter(|(_, other)| *other == name).map(|(column, _)| column).collect();
        if found.len() != 1 {
            let how = if found.is_empty() { "is missing" } else { "stands twice" };
            refused.push(Refusal::new(place, "wrong_column", format!("the column `{name}` {how}")));
        }
        found.first().copied().unwrap_or_default()
    });
    if refused.is_empty() { Ok(columns) } else { Err(refused) }
}

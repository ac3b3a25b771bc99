//! What there is to draw.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::flow::action::Shape;
use crate::flow::read::Edge;
use crate::flow::survey::{Survey, survey};
use crate::flow::text::{normalise_locale, pick};

/// Fields that say what a way is for, best first.
const TELLING: &[&str] = &["title", "name", "if", "keywords", "phrases", "postback", "payload", "pattern", "value", "weight"];
/// Fields whose way says all: the action is that way.
const PLAIN: &[&str] = &["goto", "node"];
/// Characters of a row's or label's text.
const LONGEST: usize = 120;

/// Cards and arrows.
#[derive(Debug, Default)]
pub struct Chart {
    pub name: String,
    /// The ways in first, then the nodes in the document's order.
    pub cards: Vec<Card>,
    pub arrows: Vec<Arrow>,
}

/// A node, or a way into the flow.
#[derive(Debug)]
pub struct Card {
    pub name: String,
    /// A way in: the start, an interrupt.
    pub entry: bool,
    /// Nothing leads to it.
    pub unreachable: bool,
    pub rows: Vec<Row>,
}

/// An action.
#[derive(Debug)]
pub struct Row {
    /// Its type.
    pub word: String,
    /// What it says or does, in one line.
    pub about: String,
    /// `None`: it cannot be read.
    pub shape: Option<Shape>,
}

/// A way from an action to a node.
#[derive(Debug)]
pub struct Arrow {
    /// Index of the card.
    pub from: usize,
    /// Index of its row; 0 for a way in.
    pub row: usize,
    pub to: usize,
    /// What takes it; none where nothing else can happen.
    pub labels: Vec<String>,
    /// It comes back.
    pub call: bool,
    /// It leads to where it came from: part of a loop.
    pub back: bool,
}

/// What cannot be read of a faulty document is left out, or marked.
pub fn chart(document: &Value) -> Chart {
    let mut survey = survey(document);
    // Of a document with too many nodes, the ways are known and the nodes are not.
    survey.edges.retain(|edge| (edge.to as usize) < survey.nodes.len());
    let words = Words { document, languages: &survey.languages };
    let mut entries: Vec<&Edge> = survey.edges.iter().filter(|edge| edge.from.is_none()).collect();
    // What leads back is told from the start.
    entries.sort_by_key(|edge| edge.pointer != "/start");
    let offset = entries.len();
    let mut chart = Chart { name: document["name"].as_str().unwrap_or_default().to_owned(), ..Chart::default() };
    for (index, edge) in entries.iter().enumerate() {
        chart.cards.push(Card { name: words.entry(&edge.pointer), entry: true, unreachable: false, rows: Vec::new() });
        let to = offset + edge.to as usize;
        chart.arrows.push(Arrow { from: index, row: 0, to, labels: Vec::new(), call: false, back: false });
    }
    for ((name, _), reached) in survey.nodes.iter().zip(survey.reached()) {
        chart.cards.push(Card { name: name.clone(), entry: false, unreachable: !reached, rows: Vec::new() });
    }
    rows(&mut chart, &survey, &words, offset);
    arrows(&mut chart, &survey, &words, offset);
    mark_loops(&mut chart);
    chart
}

fn rows(chart: &mut Chart, survey: &Survey, words: &Words<'_>, offset: usize) {
    // The first text of each action, by the action's pointer.
    let mut texts: HashMap<&str, &str> = HashMap::new();
    for text in &survey.texts {
        let end = text.pointer.match_indices('/').nth(3).map_or(text.pointer.len(), |(at, _)| at);
        if text.pointer.starts_with("/nodes/") {
            texts.entry(text.pointer.split_at(end).0).or_insert(&text.pointer);
        }
    }
    for (card, (name, actions)) in chart.cards.iter_mut().skip(offset).zip(&survey.nodes) {
        for (index, action) in actions.iter().enumerate() {
            let pointer = format!("/nodes/{}/{index}", name.replace('~', "~0").replace('/', "~1"));
            let value = words.document.pointer(&pointer).unwrap_or(&Value::Null);
            let word = action.map_or_else(|| value["type"].as_str().unwrap_or("?").to_owned(), |(word, _)| word.to_owned());
            let text = texts.get(pointer.as_str()).and_then(|text| words.shown(words.document.pointer(text)?));
            let about = text.unwrap_or_else(|| words.summary(value));
            card.rows.push(Row { word, about, shape: action.map(|(_, shape)| shape) });
        }
    }
}

fn arrows(chart: &mut Chart, survey: &Survey, words: &Words<'_>, offset: usize) {
    let mut known: HashMap<(u32, u32, u32, bool), usize> = HashMap::new();
    for edge in &survey.edges {
        let Some(from) = edge.from else { continue };
        let label = words.label(&edge.pointer);
        let index = *known.entry((from.node, from.action, edge.to, edge.call)).or_insert_with(|| {
            let (card, to) = (offset + from.node as usize, offset + edge.to as usize);
            chart.arrows.push(Arrow { from: card, row: from.action as usize, to, labels: Vec::new(), call: edge.call, back: false });
            chart.arrows.len() - 1
        });
        let labels = &mut chart.arrows[index].labels;
        if !label.is_empty() && !labels.contains(&label) {
            labels.push(label);
        }
    }
}

/// Depth first from the ways in: an arrow to a card that is still open leads back.
fn mark_loops(chart: &mut Chart) {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); chart.cards.len()];
    for (index, arrow) in chart.arrows.iter().enumerate() {
        out[arrow.from].push(index);
    }
    let (mut seen, mut open) = (vec![false; chart.cards.len()], vec![false; chart.cards.len()]);
    for root in 0..chart.cards.len() {
        if std::mem::replace(&mut seen[root], true) {
            continue;
        }
        open[root] = true;
        let mut stack = vec![(root, 0)];
        while let Some((card, next)) = stack.last_mut() {
            let Some(&arrow) = out[*card].get(*next) else {
                open[*card] = false;
                stack.pop();
                continue;
            };
            *next += 1;
            let to = chart.arrows[arrow].to;
            chart.arrows[arrow].back = open[to];
            if !std::mem::replace(&mut seen[to], true) {
                open[to] = true;
                stack.push((to, 0));
            }
        }
    }
}

/// Says what stands in a document in a few words.
struct Words<'a> {
    document: &'a Value,
    languages: &'a [String],
}

impl Words<'_> {
    /// A way in: `start`, `interrupt: agent, human`.
    fn entry(&self, pointer: &str) -> String {
        let parts: Vec<&str> = pointer.split('/').skip(1).filter(|part| !PLAIN.contains(part)).collect();
        let place = match parts.as_slice() {
            [.., list, number] if number.parse::<usize>().is_ok() => list.strip_suffix('s').unwrap_or(list),
            [.., last] => last,
            [] => "",
        };
        let said = self.parent(pointer).filter(|_| parts.len() > 1).map(|parent| self.telling(parent)).unwrap_or_default();
        if said.is_empty() { place.to_owned() } else { format!("{place}: {said}") }
    }

    /// What takes this way.
    fn label(&self, pointer: &str) -> String {
        // `/nodes/<name>/<action>/…`
        let parts: Vec<&str> = pointer.split('/').skip(4).collect();
        let Some((key, path)) = parts.split_last() else { return String::new() };
        if path.is_empty() {
            return if PLAIN.contains(key) { String::new() } else { (*key).to_owned() };
        }
        let said = self.parent(pointer).map(|parent| self.telling(parent)).unwrap_or_default();
        let own = if PLAIN.contains(key) { "" } else { key };
        match (said.is_empty(), own.is_empty()) {
            (false, true) => said,
            (false, false) => format!("{said}: {own}"),
            (true, true) => path.join(" "),
            (true, false) => own.to_owned(),
        }
    }

    fn parent(&self, pointer: &str) -> Option<&Map<String, Value>> {
        let (parent, _) = pointer.rsplit_once('/')?;
        self.document.pointer(parent)?.as_object()
    }

    fn telling(&self, object: &Map<String, Value>) -> String {
        let named = TELLING.iter().find_map(|key| self.shown(object.get(*key)?));
        named.or_else(|| object.values().find_map(|value| self.shown(value))).unwrap_or_default()
    }

    /// The first two things that an action without a text says of itself.
    fn summary(&self, action: &Value) -> String {
        let fields = action.as_object().into_iter().flatten();
        let own = fields.filter(|(key, _)| *key != "type" && !PLAIN.contains(&key.as_str()));
        let shown = own.filter_map(|(_, value)| match value {
            Value::Object(values) if !self.by_locale(values) => Some(values.keys().cloned().collect::<Vec<_>>().join(", ")),
            other => self.shown(other),
        });
        short(&shown.take(2).collect::<Vec<_>>().join(" "))
    }

    fn by_locale(&self, object: &Map<String, Value>) -> bool {
        object.keys().any(|key| self.languages.contains(&normalise_locale(key)))
    }

    /// A text in the first language, a number, a list of them; nothing else.
    fn shown(&self, value: &Value) -> Option<String> {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                items?.join(", ")
            }
            Value::Object(texts) if self.by_locale(texts) => {
                let keys: Vec<String> = texts.keys().map(|key| normalise_locale(key)).collect();
                let first = pick(&keys, self.languages.first().map_or("", String::as_str));
                texts.values().nth(first)?.as_str()?.to_owned()
            }
            _ => return None,
        };
        Some(short(&shown)).filter(|shown| !shown.is_empty())
    }
}

/// In one line, and not too long.
fn short(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() > LONGEST * 4 {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.split_at(at).0),
        None => line,
    }
}

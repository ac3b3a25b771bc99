//! What a document consists of, as far as it can be read: its texts for translators, its ways for a drawing.
//!
//! Nothing here knows an action: texts and ways are what the reading layer noted ([`Found`](super::read::Found)).

use serde_json::Value;

use super::check::{Env, names, too_large};
use super::document::Document;
use super::read::{Edge, Read, ReadAction, Reader, TextPlace};
use super::text::TextKey;

#[derive(Debug, Default)]
pub struct Survey {
    /// The first is the default.
    pub languages: Vec<String>,
    /// In the order in which they are read.
    pub texts: Vec<TextPlace>,
    /// Each node's name and actions; `None` where an action could not be read.
    pub nodes: Vec<(String, Vec<Option<ReadAction>>)>,
    /// Of the server's own texts, those that the flow may say and has no words for.
    pub own_texts: Vec<TextKey>,
    /// From where to which of the nodes.
    pub edges: Vec<Edge>,
}

/// A document may have any mistakes: what cannot be read is left out. Too large a document has nothing.
pub fn survey(document: &Value) -> Survey {
    let env = Env::default();
    if too_large(document).is_some() {
        return Survey::default();
    }
    let mut reader = Reader::new(&env, names(document));
    let _ = Document::read(&mut reader, document);
    let (languages, found) = (reader.languages, reader.found);
    let own_texts = found.own_texts.absent(document);
    Survey { languages, texts: found.texts, nodes: found.nodes, own_texts, edges: found.edges }
}

impl Survey {
    /// For each node, whether anything leads to it from the start, an interrupt or wherever else a flow is entered.
    pub fn reached(&self) -> Vec<bool> {
        let mut ways = vec![Vec::new(); self.nodes.len()];
        let mut open: Vec<u32> = Vec::new();
        for edge in &self.edges {
            match edge.from {
                None => open.push(edge.to),
                Some(from) => ways.get_mut(from.node as usize).into_iter().for_each(|ways: &mut Vec<u32>| ways.push(edge.to)),
            }
        }
        let mut reached = vec![false; self.nodes.len()];
        while let Some(node) = open.pop().map(|node| node as usize) {
            if let Some(seen) = reached.get_mut(node)
                && !std::mem::replace(seen, true)
            {
                open.append(&mut ways[node]);
            }
        }
        reached
    }
}

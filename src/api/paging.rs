//! Lists come in pages: `limit` says how many, `after` is the `next` of the page before.
//!
//! A cursor is the sort key of the page's last item, made opaque. A handler asks the store for [`Paging::fetch`]
//! items, one more than it shows, so that it knows whether there is a next page.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::future::{Ready, ready};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::extract::parse_query;
use super::problem::{Code, Problem};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// Extractor; document it with `params(Paging)`.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl Paging {
    /// How many to ask the store for: one more than the page shows.
    pub fn fetch(&self) -> u32 {
        self.limit() + 1
    }

    /// Where the page before ended: the sort key that [`Paging::list`] was given.
    pub fn after<C: DeserializeOwned>(&self) -> Result<Option<C>, Problem> {
        let Some(text) = &self.after else { return Ok(None) };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor.map(Some).ok_or_else(|| {
            let detail = "`after` is no `next` of this list";
            Problem::new(Code::InvalidQuery, detail).field("?after", "invalid_value", detail)
        })
    }

    /// The page of what the store gave for [`Paging::fetch`]; `key` is an item's sort key.
    pub fn list<T, C: Serialize, V>(&self, mut found: Vec<T>, key: impl Fn(&T) -> C, view: impl FnMut(T) -> V) -> List<V> {
        let shown = self.limit() as usize;
        let more = found.len() > shown;
        found.truncate(shown);
        let next = found.last().filter(|_| more).map(|last| encode(&key(last)));
        List { items: found.into_iter().map(view).collect(), next }
    }

    /// For a list that is short and read whole: what the store would give for this page, in order of `key`.
    pub fn cut<T, C: Ord + DeserializeOwned>(&self, mut all: Vec<T>, key: impl Fn(&T) -> C) -> Result<Vec<T>, Problem> {
        let after: Option<C> = self.after()?;
        all.sort_by_key(&key);
        all.retain(|item| after.as_ref().is_none_or(|after| key(item) > *after));
        all.truncate(self.fetch() as usize);
        Ok(all)
    }

    fn limit(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    fn read(query: &str) -> Result<Self, Problem> {
        let paging: Self = parse_query(query, |name| matches!(name, "limit" | "after"))?;
        if !(1..=MAX_LIMIT).contains(&paging.limit()) {
            let detail = format!("`limit` is 1 to {MAX_LIMIT}");
            return Err(Problem::new(Code::InvalidQuery, detail.clone()).field("?limit", "invalid_value", detail));
        }
        Ok(paging)
    }
}

fn encode(key: &impl Serialize) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

impl FromRequest for Paging {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.query_string()))
    }
}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Give it as `after` for the next page; null on the last one.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gap_or_repeat() {
        let all: Vec<u32> = (1..=7).collect();
        let mut query = "limit=3".to_owned();
        let mut seen = Vec::new();
        loop {
            let paging = Paging::read(&query).unwrap();
            let after: Option<u32> = paging.after().unwrap();
            let found = all.iter().copied().filter(|n| after.is_none_or(|after| *n > after)).take(paging.fetch() as usize).collect();
            let list = paging.list(found, |n| *n, |n| n);
            seen.extend(list.items);
            let Some(next) = list.next else { break };
            query = format!("limit=3&after={next}");
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_limit_or_cursor_out_of_bounds_is_refused() {
        for query in ["limit=0", "limit=201", "limit=many"] {
            assert_eq!(Paging::read(query).unwrap_err().code(), Code::InvalidQuery, "{query}");
        }
        let paging = Paging::read("after=%21").unwrap();
        assert_eq!(paging.after::<u32>().unwrap_err().code(), Code::InvalidQuery);
    }
}

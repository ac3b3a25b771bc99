//! The texts of a draft in one language: as rows, or as a file for translators (CSV, XLIFF 1.2).

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use futures_util::future::LocalBoxFuture;
use serde::{Deserialize, Serialize};

use crate::api::etag;
use crate::api::extract::{body_limit, parse_json, read_body};
use crate::api::problem::{Code, FieldError, Problem};
use crate::flow::translation::{self, Change, Refusal, State, Table, TextRow};

/// What a table may be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Json,
    /// RFC 4180, UTF-8.
    Csv,
    /// XLIFF 1.2.
    Xliff,
}

impl Format {
    fn named(media_type: &str) -> Option<Self> {
        match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "text/csv" => Some(Self::Csv),
            "application/xliff+xml" | "application/x-xliff+xml" | "application/xml" | "text/xml" => Some(Self::Xliff),
            _ => None,
        }
    }

    /// The first that the request accepts.
    pub fn accepted(request: &HttpRequest) -> Self {
        let accepted = request.headers().get(ACCEPT).and_then(|header| header.to_str().ok()).unwrap_or_default();
        accepted.split(',').find_map(Self::named).unwrap_or(Self::Json)
    }
}

/// The texts of a draft, from its first language to one locale.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TranslationsView {
    locale: String,
    /// The flow's first language.
    source_locale: String,
    /// Texts that have a target.
    translated: usize,
    /// Texts whose source is said for want of a target.
    missing: usize,
    /// Texts that are written once, for every language: the source is said.
    shared: usize,
    /// In the document's order.
    texts: Vec<TranslationView>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TranslationView {
    /// JSON pointer into the document.
    pointer: String,
    source: String,
    /// What the document has for exactly this locale.
    target: Option<String>,
    /// Characters, `{{ }}` not counted.
    max_length: usize,
    state: State,
}

impl From<Table> for TranslationsView {
    fn from(table: Table) -> Self {
        let count = |state| table.texts.iter().filter(|row| row.state == state).count();
        let (translated, missing, shared) = (count(State::Translated), count(State::Missing), count(State::Shared));
        let Table { source_locale, locale, texts } = table;
        let row = |TextRow { pointer, source, target, max_length, state }| TranslationView { pointer, source, target, max_length, state };
        Self { locale, source_locale, translated, missing, shared, texts: texts.into_iter().map(row).collect() }
    }
}

/// What `GET` answers is taken as it stands; only `texts` counts, and of each text `pointer`, `source` and `target`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TranslationsBody {
    /// Texts that are not listed stay as they are.
    texts: Vec<TranslationBody>,
    /// As in the path, where it is given.
    #[serde(default)]
    locale: Option<String>,
    #[serde(default)]
    #[allow(dead_code, reason = "as it was read")]
    source_locale: Option<String>,
    #[serde(default)]
    #[allow(dead_code, reason = "as it was read")]
    translated: Option<u64>,
    #[serde(default)]
    #[allow(dead_code, reason = "as it was read")]
    missing: Option<u64>,
    #[serde(default)]
    #[allow(dead_code, reason = "as it was read")]
    shared: Option<u64>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TranslationBody {
    /// JSON pointer into the document.
    pointer: String,
    /// What was translated; refused where the flow says something else now.
    #[serde(default)]
    source: Option<String>,
    /// Null, empty or left out: the locale has no text of its own there.
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    #[allow(dead_code, reason = "as it was read")]
    max_length: Option<u64>,
    #[serde(default)]
    #[allow(dead_code, reason = "as it was read")]
    state: Option<String>,
}

/// A table as a request brings it.
#[derive(Debug)]
pub enum Sent {
    Rows(TranslationsBody),
    Csv(String),
    Xliff(String),
}

impl FromRequest for Sent {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let said = match request.headers().get(CONTENT_TYPE) {
            Some(header) => header.to_str().ok().and_then(Format::named),
            None => Some(Format::Json),
        };
        let (limit, payload) = (body_limit(request), payload.take());
        Box::pin(async move {
            let taken = "send `application/json`, `text/csv` or `application/xliff+xml`";
            let format = said.ok_or_else(|| Problem::new(Code::UnsupportedMediaType, taken))?;
            let body = read_body(payload, limit).await?;
            if format == Format::Json {
                return parse_json(&body).map(Self::Rows);
            }
            let text = String::from_utf8(body.to_vec()).map_err(|_| Problem::new(Code::MalformedJson, "the body is not UTF-8"))?;
            Ok(if format == Format::Csv { Self::Csv(text) } else { Self::Xliff(text) })
        })
    }
}

impl Sent {
    /// The rows; `table` is what the draft says now.
    pub fn changes(self, table: &Table) -> Result<Vec<Change>, Vec<Refusal>> {
        let body = match self {
            Self::Csv(text) => return translation::csv::read(&text),
            Self::Xliff(text) => return translation::xliff::read(&text, table),
            Self::Rows(body) => body,
        };
        if body.locale.as_ref().is_some_and(|locale| *locale != table.locale) {
            return Err(vec![Refusal::new("/locale", "wrong_locale", format!("the path says `{}`", table.locale))]);
        }
        let change = |(index, row): (usize, TranslationBody)| {
            let TranslationBody { pointer, source, target, .. } = row;
            Change { place: format!("/texts/{index}"), pointer, source, target }
        };
        Ok(body.texts.into_iter().enumerate().map(change).collect())
    }
}

/// 422 with everything that is wrong.
pub fn refused(refusals: Vec<Refusal>) -> Problem {
    let error = |Refusal { place, code, detail }| FieldError { pointer: place, code: code.to_owned(), detail };
    match Problem::check_fields(refusals.into_iter().map(error).collect()) {
        Err(problem) => problem,
        Ok(()) => Problem::new(Code::InvalidBody, "the translations cannot be taken"),
    }
}

/// A table as the answer, as what was asked for.
#[derive(Debug)]
pub struct TableAnswer {
    pub table: Table,
    pub revision: i64,
    pub format: Format,
}

impl Responder for TableAnswer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        answer.insert_header((ETAG, etag::tag(self.revision)));
        let (media_type, ending, text) = match self.format {
            Format::Json => return answer.json(TranslationsView::from(self.table)),
            Format::Csv => ("text/csv; charset=utf-8; header=present", "csv", translation::csv::write(&self.table)),
            Format::Xliff => ("application/xliff+xml", "xlf", translation::xliff::write(&self.table)),
        };
        answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{ending}\"", self.table.locale)));
        answer.content_type(media_type).body(text)
    }
}

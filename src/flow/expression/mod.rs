//! The expression language: minijinja's expressions, with the house's rules for comparisons and limits on everything.
//!
//! - A comparison with something unset (or null) is false; zero and empty text are values. minijinja orders values of
//!   different kinds by kind (`none < 5` is true), so comparisons are rewritten to functions of ours: [`rewrite`].
//! - No statements, hence no loops: an expression's work is bounded by its length, its fuel, and the sizes that the
//!   filters and `*` keep to. Filters, tests and functions are the ones listed in [`functions`], no others.
//! - Only the names that an expression uses are looked up: [`scope`].

mod functions;
mod lists;
mod literals;
mod quick;
mod rewrite;
mod scope;
mod time;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{LazyLock, OnceLock};

use minijinja::{Environment, Value as Jinja};
use serde_json::Value;

use super::limits;
use super::read::shorten;
use super::variable::Pattern;
use functions::Written;
pub use functions::{FILTERS, TESTS};
use quick::Quick;
use rewrite::Kind;
pub use scope::{People, Scope};
use scope::{Reference, references};

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(functions::environment);

type Compiled = Box<minijinja::Expression<'static, 'static>>;

/// A compiled expression.
pub struct Expression {
    source: Box<str>,
    /// Where it is one of the simple forms.
    quick: Option<Quick>,
    /// Empty until a quick one meets a value that is not plain.
    compiled: OnceLock<Result<Compiled, String>>,
    references: Box<[Reference]>,
    /// Of its `matching`, in order.
    patterns: Box<[Jinja]>,
}

impl Expression {
    /// # Errors
    /// A message for the author.
    pub fn compile(source: &str) -> Result<Self, String> {
        Self::compile_with(source, &mut Pattern::compile)
    }

    /// As [`Expression::compile`], where patterns come from one place that many expressions share.
    ///
    /// # Errors
    /// A message for the author.
    pub fn compile_with(source: &str, pattern: &mut dyn FnMut(&str) -> Result<Pattern, String>) -> Result<Self, String> {
        let source = source.trim();
        if source.is_empty() {
            return Err("the expression is empty".into());
        }
        if source.chars().count() > limits::EXPRESSION_CHARS {
            return Err(format!("the expression has more than {} characters", limits::EXPRESSION_CHARS));
        }
        let tokens = rewrite::tokens(source)?;
        if let Some(quick) = Quick::parse(&tokens) {
            let references = references(&HashSet::from([match quick.path() {
                (root, Some(key)) => format!("{root}.{key}"),
                (root, None) => root.to_owned(),
            }]));
            let patterns = Box::default();
            return Ok(Self { source: source.into(), quick: Some(quick), compiled: OnceLock::new(), references, patterns });
        }
        let rewritten = rewrite::rewrite(&tokens)?;
        // The author's own text first, so that a message speaks of what they wrote.
        let original = ENVIRONMENT.compile_expression_owned(without_patterns(source, &tokens)).map_err(|error| explain(&error))?;
        let references = references(&original.undeclared_variables(true));
        let compiled = OnceLock::from(Ok(compile_rewritten(rewritten.text)?));
        let named = |source: &String| pattern(source).map_err(|why| format!("the pattern `{}`: {why}", shorten(source)));
        let patterns = rewritten.patterns.iter().map(named).map(|found| found.map(literals::value)).collect::<Result<_, _>>()?;
        Ok(Self { source: source.into(), quick: None, compiled, references, patterns })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// Names of variables that it reads (not `contact`, `now` and the other roots).
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.references.iter().filter_map(Reference::variable)
    }

    /// What it reads, with its values in this scope: for explanations. Sensitive ones are masked, long ones cut.
    pub fn looked_at(&self, scope: &Scope<'_>) -> BTreeMap<String, Value> {
        scope.shown(&self.references)
    }

    fn value(&self, scope: &Scope<'_>) -> Result<Jinja, String> {
        let compile = || {
            rewrite::tokens(&self.source)
                .and_then(|tokens| rewrite::rewrite(&tokens))
                .and_then(|rewritten| compile_rewritten(rewritten.text))
        };
        let compiled = self.compiled.get_or_init(compile).as_ref().map_err(Clone::clone)?;
        compiled.eval(scope.values(&self.references, &self.patterns)).map_err(|error| explain(&error))
    }

    /// Unset counts as false, as do false, 0, and empty texts, lists and objects.
    ///
    /// # Errors
    /// What could not be computed, for the author.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, String> {
        match self.quick.as_ref().and_then(|quick| quick.holds(scope)) {
            Some(holds) => Ok(holds),
            None => self.value(scope).map(|value| value.is_true()),
        }
    }

    /// `None` when unset.
    ///
    /// # Errors
    /// What could not be computed, for the author.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Option<Value>, String> {
        if let Some(value) = self.quick.as_ref().and_then(|quick| quick.evaluate(scope)) {
            return Ok(value);
        }
        let value = self.value(scope)?;
        if value.is_undefined() || value.is_none() {
            return Ok(None);
        }
        let json = serde_json::to_value(&value).map_err(|error| error.to_string())?;
        Ok(Some(json))
    }

    /// Writes the value as text; `false` when it is unset and nothing was written.
    ///
    /// # Errors
    /// What could not be computed, or that it is too long, for the author.
    pub fn write(&self, scope: &Scope<'_>, out: &mut Capped<'_>) -> Result<bool, String> {
        if let Some(written) = self.quick.as_ref().and_then(|quick| quick.write(scope, out)) {
            return written;
        }
        let value = self.value(scope)?;
        if value.is_undefined() || value.is_none() {
            return Ok(false);
        }
        let written = match value.as_str() {
            Some(text) => out.push(text),
            None => fmt::write(out, format_args!("{}", Written(&value))).map_err(|_| out.too_long()),
        };
        written.map(|()| true)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.source).finish()
    }
}

/// A writer that refuses what would make its text too long: minijinja's fuel does not bound what is written.
pub struct Capped<'a> {
    text: &'a mut String,
    most: usize,
}

impl<'a> Capped<'a> {
    pub fn new(text: &'a mut String, most: usize) -> Self {
        Self { text, most }
    }

    /// # Errors
    /// When the text would be longer than allowed.
    pub fn push(&mut self, more: &str) -> Result<(), String> {
        if self.text.len() + more.len() > self.most {
            return Err(self.too_long());
        }
        self.text.push_str(more);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Where nothing was written between two spaces, or between a space and a mark, one space is left or none.
    ///
    /// # Errors
    /// As [`Capped::push`].
    pub fn push_after_gap(&mut self, more: &str) -> Result<(), String> {
        if self.text.ends_with(' ') {
            self.text.pop();
        }
        let more = if self.text.is_empty() { more.trim_start_matches(' ') } else { more };
        self.push(more)
    }

    fn too_long(&self) -> String {
        format!("the text became longer than {} bytes", self.most)
    }
}

impl fmt::Write for Capped<'_> {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        self.push(more).map_err(|_| fmt::Error)
    }
}

/// Patterns mean nothing to minijinja, and a backslash in them something else.
fn without_patterns(source: &str, tokens: &[rewrite::Token<'_>]) -> String {
    let after = |at: usize, back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
    let matching = |at: usize, back: usize| after(at, back).is_some_and(|token| token.is("matching"));
    let is_pattern = |at: usize| matching(at, 1) || (matching(at, 2) && after(at, 1).is_some_and(|token| token.is("(")));
    if !tokens.iter().any(|token| token.is("matching")) {
        return source.to_owned();
    }
    let written = tokens.iter().enumerate().map(|(at, token)| if is_pattern(at) && token.kind == Kind::Text { "''" } else { token.text });
    written.collect::<Vec<_>>().join(" ")
}

fn compile_rewritten(rewritten: String) -> Result<Compiled, String> {
    ENVIRONMENT.compile_expression_owned(rewritten).map(Box::new).map_err(|error| explain(&error))
}

/// minijinja's message without its place in a template that the author never saw.
fn explain(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests;

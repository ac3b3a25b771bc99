//! The operations, as the OpenAPI document has them: which method and path, and who may.
//!
//! The document *is* the access rule: each operation's `security` names its [`Need`], and the gate enforces what is
//! written there. An operation that names none is open to nobody.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use serde_json::Value;

use crate::domain::access::Need;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `security(())`: no sign-in.
    Public,
    /// `security(("bearer" = ["…"]))`
    Needs(Need),
    /// Nothing readable was said: a mistake of ours.
    Nobody,
}

/// One documented operation.
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub access: Access,
    pattern: ResourceDef,
}

pub struct Operations(Vec<Operation>);

impl Operations {
    pub fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.filter_map(move |(method, operation)| {
                let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?;
                operation.get("responses")?;
                let pattern = ResourceDef::new(path.as_str());
                Some(Operation { method, path: path.clone(), access: access(operation), pattern })
            })
        });
        Self(operations.collect())
    }

    pub fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        self.0.iter().find(|operation| operation.method == *method && operation.pattern.is_match(path))
    }

    /// The methods that a path takes; empty where there is no such path.
    pub fn methods(&self, path: &str) -> Vec<&Method> {
        self.0.iter().filter(|operation| operation.pattern.is_match(path)).map(|operation| &operation.method).collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.0.iter()
    }
}

fn access(operation: &Value) -> Access {
    let Some(requirements) = operation["security"].as_array() else { return Access::Nobody };
    match requirements.as_slice() {
        [one] if one.as_object().is_some_and(serde_json::Map::is_empty) => Access::Public,
        [one] => {
            let need = one["bearer"].as_array().filter(|words| words.len() == 1).and_then(|words| Need::from_word(words[0].as_str()?));
            need.map_or(Access::Nobody, Access::Needs)
        }
        _ => Access::Nobody,
    }
}

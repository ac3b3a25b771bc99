//! Changing a page: read, rule, write at the revision that was read, tell the actors.

use secrecy::SecretString;

use crate::api::etag::IfMatch;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::PageId;
use crate::domain::page::Page;
use crate::store::StoreError;

/// The dispatcher changes a page too (Meta blocks it): a change without `If-Match` is then made anew on what it is now.
const ATTEMPTS: usize = 5;

/// What happens to the token with the change.
#[derive(Clone)]
pub enum Token {
    Keep,
    Replace(SecretString),
    Forget,
}

pub async fn find(api: &Api, page: &PageId) -> Result<Page, Problem> {
    api.store.page(page).await?.ok_or_else(|| Problem::not_found("page", page))
}

/// Changes the page by `change`, which may refuse, and has the actors read it anew. The page comes back at its new revision.
pub async fn edit(
    api: &Api,
    page: &PageId,
    if_match: &IfMatch,
    token: Token,
    change: impl Fn(&mut Page) -> Result<(), Problem>,
) -> Result<Page, Problem> {
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let mut found = find(api, page).await?;
        if_match.guards(found.revision)?;
        change(&mut found)?;
        let saved = match token.clone() {
            Token::Keep => api.store.update_page(&found).await,
            Token::Replace(token) => api.store.update_page_and_token(&found, Some(token)).await,
            Token::Forget => api.store.update_page_and_token(&found, None).await,
        };
        match saved {
            Ok(revision) => {
                reload(api, page).await;
                return Ok(Page { revision, ..found });
            }
            Err(StoreError::Conflict { .. }) if attempts > 0 => {}
            Err(StoreError::Conflict { .. }) => {
                return Err(Problem::new(Code::Stale, "it keeps changing; read it again and repeat the change"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The change is durable: what the actors make of it can no longer fail it.
pub async fn reload(api: &Api, page: &PageId) {
    if let Err(error) = api.runtime.reload(page).await {
        tracing::error!(%error, %page, "page `{page}` was changed and could not be read anew");
    }
}

/// Held messages go out, where the page may send.
pub async fn release_held(api: &Api, page: &Page) {
    if page.state != crate::domain::page::PageState::Active {
        return;
    }
    if let Err(error) = api.runtime.release_held(&page.id).await {
        tracing::error!(%error, page = %page.id, "held messages of page `{}` could not be released", page.id);
    }
}

use actix_web::put;
use actix_web::web::Data;

use super::checking::surroundings;
use super::edit::edit;
use super::find;
use super::show_translations::read_locale;
use super::translations::{Sent, TranslationsBody, TranslationsView, refused};
use crate::api::answer::{Answer, Reply};
use crate::api::etag::IfMatch;
use crate::api::extract::Path;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;
use crate::flow::translation::{Refusal, apply, table};

/// Save the draft's texts in a language
///
/// Takes what `GET` gives, in any of its formats. Texts that are not listed stay as they are; an empty target removes a
/// translation; a locale that the flow does not speak yet is added to its `languages`. All or nothing: refused with
/// everything that is wrong (texts that the flow does not have, sources that have changed, lost `{{ }}`, texts that are
/// too long, what the check calls an error), each with its place: `/texts/3`, `#row=5` of a CSV file, `#` and the id of an
/// XLIFF unit.
#[utoipa::path(tag = "chatflows", operation_id = "save_translations", params(("id" = ChatflowId, Path), ("locale" = String, Path, example = "fr_CA")), request_body(content((TranslationsBody = "application/json"), (String = "text/csv"), (String = "application/xliff+xml"))), responses((status = OK, body = TranslationsView)), security(("bearer" = ["edit_flows"])))]
#[put("/chatflows/{id}/translations/{locale}")]
pub async fn save_translations(api: Data<Api>, path: Path<(ChatflowId, String)>, if_match: IfMatch, body: Sent) -> Reply<TranslationsView> {
    let (id, said) = path.0;
    let locale = read_locale(&said)?;
    let chatflow = find(&api, id).await?;
    if_match.guards(chatflow.revision)?;
    let env = surroundings(&api, &chatflow.page).await?;
    let (draft, language) = (chatflow.draft, locale.clone());
    let work = move || -> Result<_, Vec<Refusal>> {
        let changes = body.changes(&table(&draft, &language))?;
        let after = apply(&draft, &language, &env, &changes)?;
        let table = table(&after, &language);
        Ok((after, table))
    };
    // A large document takes a while: not on the thread that serves others.
    let done = actix_web::web::block(work).await.map_err(|_| Problem::new(Code::Internal, "the work was broken off"))?;
    let (document, table) = done.map_err(refused)?;
    let changed = edit(&api, id, &if_match, |found| {
        // The rows were held against the draft as it was.
        if found.revision != chatflow.revision {
            return Err(Problem::stale());
        }
        found.draft = document.clone();
        Ok(())
    })
    .await?;
    Ok(Answer::ok(table.into()).at(changed.revision))
}

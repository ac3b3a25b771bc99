use actix_web::post;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::checking::{checked, invalid, refuse};
use super::document::JsonOrYaml;
use super::edit::find;
use super::flow_tests::document_of;
use super::rehearsing::world;
use crate::api::answer::{Answer, Reply};
use crate::api::extract::Path;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::ids::ChatflowId;
use crate::flow::script::read_script;
use crate::rehearsal::Surroundings;
use crate::rehearsal::simulation::{Simulation, simulate};
use crate::turn::situation::BoundFlow;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulateBody {
    /// The version to simulate; left out: the draft.
    #[serde(default)]
    version: Option<u32>,
    /// A document to simulate instead of the draft or a version.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// What happens, as a flow test has it: `visitor`, `agents`, `teams`, `callouts`, `at`, `seed`, and the `steps` so far.
    /// The clock starts now unless `at` says otherwise. Without `agents` transfers follow the page's own rules and the people who
    /// are there at this moment; with them, those.
    #[schema(value_type = Object)]
    script: Map<String, Value>,
    /// Say what was considered in each turn, and why it was or was not taken.
    #[serde(default = "yes")]
    explain: bool,
}

fn yes() -> bool {
    true
}

/// Chat with a chatflow without sending anything
///
/// Every action works, transfers, tickets and pauses included; the clock jumps where a step waits. Nothing is kept between
/// two calls: the script is the state, so send it again with one step more. The answer's `test` is the script with what
/// came of it, ready to be one of the flow's tests.
#[utoipa::path(tag = "chatflows", operation_id = "simulate_chatflow", params(ChatflowId), request_body(content((SimulateBody = "application/json"), (String = "application/yaml"))), responses((status = OK, body = Simulation)), security(("bearer" = ["edit_flows"])))]
#[post("/chatflows/{id}/simulate")]
pub async fn simulate_chatflow(api: Data<Api>, id: Path<ChatflowId>, body: JsonOrYaml<SimulateBody>) -> Reply<Simulation> {
    let chatflow = find(&api, id.0).await?;
    let SimulateBody { version, document, script: raw, explain } = body.0;
    let document = document_of(&api, &chatflow, version, document).await?;
    let checked = checked(&api, &chatflow.page, &document).await?;
    let Some(flow) = checked.flow.clone() else { return Err(refuse(&checked.issues)) };
    let script = read_script(&document, &Value::Object(raw.clone())).map_err(|issues| invalid(&issues, "/script"))?;
    let number = version.or(chatflow.published).unwrap_or(1);
    let bound = BoundFlow::new(chatflow.name.clone(), true, number, flow);
    let roster = api.roster().await?;
    let world = world(&api, &chatflow).await?;
    let now = api.clock.now();
    let played = actix_web::web::block(move || {
        let mut set = Surroundings::of_page(world, chatflow.id, bound, roster);
        if !script.agents.0.is_empty() {
            set.with_people(&script.agents.0, script.if_nobody);
            set.with_teams(&script.teams.0);
        }
        simulate(set, &script, &raw, now, explain)
    });
    Ok(Answer::ok(played.await.map_err(|_| Problem::new(Code::Internal, "the simulation was broken off"))?))
}

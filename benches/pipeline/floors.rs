//! The floors: what nobody could leave out, in small programs of their own, and what they reach.

use std::net::SocketAddr;
use std::path::Path;

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use anyhow::{Context, Result};
use causerie::messenger::signature::AppSecrets;
use serde::Deserialize;

use crate::args::{Args, Role};
use crate::child::Child;
use crate::folder::Folder;
use crate::ledger::{Ledger, Line, Turn};
use crate::load::{ClosedLoop, all_is_well, on_one_thread, window};
use crate::report::{Floor, Floors, Report};
use crate::scene::Scene;
use crate::webhook::FIRST_PSID;
use crate::{seed, sink};

const ANSWER: &str = r#"{"text":"Thank you. And what happened?"}"#;
/// Of the size that the server keeps between two turns of the benchmark's flow.
const SESSION: &str = r#"{"v":1,"id":"ss_01kpamyq0ee5vs4z1j6d8v3bpy","chatflow":"cf_01kpamyq0ee5vs4z1hvhkh5p4b","version":1,"started_at":"2026-11-22T08:00:00Z","last_at":"2026-11-22T08:00:00Z","entry":{"link":null,"ref":null,"label":null,"source":null,"ad_id":null,"node":null,"variables":{},"locale":null},"locale":"en","frames":[{"chatflow":"cf_01kpamyq0ee5vs4z1hvhkh5p4b","version":1,"node":"hello","action":1}],"variables":{"order":"FR123456"},"wait":{"for":"answer","attempt":1},"counters":{"hello.0":1},"finished":false,"last_text":"FR123456"}"#;

pub fn measure(args: &Args, report: &mut Report) -> Result<Floors> {
    report.part("Floors", &format!("{} connections in closed loop", args.conversations));
    let parse = of_webhooks(args, Role::Parse)?;
    report.floor("A  signature and parse", parse);
    let accept = of_webhooks(args, Role::Accept)?;
    report.floor("B  and one durable insert", accept);
    let turn = of_webhooks(args, Role::Turn)?;
    report.floor("C  and all rows of a turn", turn);
    let client = of_the_client(args)?;
    report.floor("S  one send with the HTTP client alone", client);
    Ok(Floors { turn: Some(turn), client: Some(client) })
}

fn of_webhooks(args: &Args, role: Role) -> Result<Floor> {
    let folder = Folder::new(args)?;
    let child = Child::play(role, Some(&folder.database()), None)?;
    on_one_thread(async {
        let scene = Scene::with(args.conversations);
        let load = ClosedLoop::start(&scene, child.address, false);
        let window = window(&scene, &child, args.length()).await?;
        load.stop().await?;
        all_is_well(&scene).await?;
        Ok(Floor::of(window.acks.count(), &window))
    })
}

fn of_the_client(args: &Args) -> Result<Floor> {
    on_one_thread(async {
        let scene = Scene::with(0);
        let sink = sink::start(scene.clone()).await?;
        let child = Child::play(Role::Client, None, Some(sink))?;
        let window = window(&scene, &child, args.length()).await?;
        Ok(Floor::of(usize::try_from(window.sends)?, &window))
    })
}

/// This process is a floor, until it is killed.
pub fn play(role: Role, args: &Args) -> Result<()> {
    actix_web::rt::System::new().block_on(async {
        match role {
            Role::Client => send_for_ever(args.sink.context("no `--sink`")?, args.conversations).await,
            _ => serve(role, args.database.as_deref().context("no `--database`")?).await,
        }
    })
}

async fn serve(role: Role, database: &Path) -> Result<()> {
    let ledger = if role == Role::Parse { None } else { Some(Ledger::open(database)?) };
    let secrets = AppSecrets::new(seed::APP_SECRET, None);
    let floor = Data::new(Handler { role, secrets, ledger });
    let make = move || App::new().app_data(floor.clone()).route("/webhooks/messenger", web::post().to(receive));
    let server = HttpServer::new(make).disable_signals().bind("127.0.0.1:0")?;
    println!("{}", server.addrs().first().context("no address")?);
    Ok(server.run().await?)
}

struct Handler {
    role: Role,
    secrets: AppSecrets,
    ledger: Option<Ledger>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    messaging: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    sender: Party<'a>,
    #[serde(borrow)]
    message: Said<'a>,
}

#[derive(Deserialize)]
struct Party<'a> {
    id: &'a str,
}

#[derive(Deserialize)]
struct Said<'a> {
    mid: &'a str,
    text: String,
}

async fn receive(request: HttpRequest, body: Bytes, handler: Data<Handler>) -> HttpResponse {
    match handler.take(&request, &body).await {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

impl Handler {
    async fn take(&self, request: &HttpRequest, body: &[u8]) -> Result<()> {
        let signature = request.headers().get("x-hub-signature-256").map(|value| value.as_bytes());
        self.secrets.verify(signature, body)?;
        let envelope: Envelope<'_> = serde_json::from_slice(body)?;
        let event = envelope.entry.into_iter().flat_map(|entry| entry.messaging).next().context("no event")?;
        let Some(ledger) = &self.ledger else { return Ok(()) };
        let text = event.message.text;
        let turn = (self.role == Role::Turn).then(|| Turn {
            psid: event.sender.id.to_owned(),
            session: SESSION.to_owned(),
            said: format!(r#"{{"mid":"{}","text":"{text}"}}"#, event.message.mid),
            answer: ANSWER.to_owned(),
        });
        ledger.keep(Line { mid: event.message.mid.to_owned(), body: String::from_utf8_lossy(body).into_owned(), turn }).await
    }
}

/// What a send costs when nothing else is done: a body that is ready, the answer read and dropped.
async fn send_for_ever(sink: SocketAddr, at_once: usize) -> Result<()> {
    let http = reqwest::Client::builder().timeout(std::time::Duration::from_secs(10)).pool_max_idle_per_host(at_once).build()?;
    let url = format!("http://{sink}/v26.0/{}/messages", seed::PAGE);
    let body = format!(
        r#"{{"recipient":{{"id":"{FIRST_PSID}"}},"messaging_type":"RESPONSE","message":{{"text":"Thank you. And what happened?","metadata":"ms_01h455vb4pex5vsknk084sn02q"}}}}"#
    );
    let body = Bytes::from(body);
    println!("{sink}");
    let send = || async {
        loop {
            let request = http.post(&url).bearer_auth(seed::TOKEN).header("content-type", "application/json").body(body.clone());
            request.send().await?.bytes().await?;
        }
    };
    futures_util::future::try_join_all((0..at_once).map(|_| send()))
        .await
        .map(|never: Vec<()>| drop(never))
        .map_err(|error: reqwest::Error| error.into())
}

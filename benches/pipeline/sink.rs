//! The stand-in of the Graph API: takes sends, notes their arrival, answers as Meta does.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use tokio::net::TcpListener;
use tokio::task::spawn_local;

use crate::connection::{Connection, Message, after, number};
use crate::scene::{Echo, Scene};
use crate::webhook::FIRST_PSID;

pub async fn start(scene: Rc<Scene>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let mids = Rc::new(Cell::new(0));
    spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(connection) = Connection::new(stream) {
                spawn_local(serve(connection, scene.clone(), mids.clone()));
            }
        }
    });
    Ok(address)
}

async fn serve(mut connection: Connection, scene: Rc<Scene>, mids: Rc<Cell<u64>>) {
    while let Ok(Some(message)) = connection.next().await {
        let answer = answer(&connection, &message, &scene, &mids);
        let wait = scene.answer_after.get();
        if wait > Duration::ZERO {
            tokio::time::sleep(wait).await;
        }
        if connection.send(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(connection: &Connection, message: &Message, scene: &Scene, mids: &Cell<u64>) -> String {
    let (head, body) = (connection.bytes(message.head.clone()), connection.bytes(message.body.clone()));
    if head.starts_with(b"GET ") {
        return ok(r#"{"first_name":"Ada","last_name":"Lenoir","locale":"en_US","timezone":1,"id":"1"}"#);
    }
    let psid = after(body, br#""recipient":{"id":""#).and_then(number).unwrap_or(0);
    if after(body, br#""sender_action""#).is_some() {
        return ok(&format!(r#"{{"recipient_id":"{psid}"}}"#));
    }
    scene.arrived(psid.wrapping_sub(FIRST_PSID));
    mids.set(mids.get() + 1);
    let mid = format!("m_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_{:012}", mids.get());
    if let Some(echoes) = &*scene.echoes.borrow() {
        let metadata = after(body, br#""metadata":""#).map(|rest| rest.split(|byte| *byte == b'"').next().unwrap_or_default());
        let metadata = String::from_utf8_lossy(metadata.unwrap_or_default()).into_owned();
        let _ = echoes.send(Echo { psid, mid: mid.clone(), metadata });
    }
    ok(&format!(r#"{{"recipient_id":"{psid}","message_id":"{mid}"}}"#))
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=UTF-8\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

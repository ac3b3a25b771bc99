//! Visitors who write: in a closed loop, at a fixed rate, or once each. All on the calling thread.

use std::cell::Cell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, LocalSet, spawn_local};

use crate::child::{Child, own_cpu};
use crate::connection::Connection;
use crate::scene::{Echo, Samples, Scene, Stamp, Visitor, add};
use crate::webhook::Webhooks;

/// Until caches are warm, and every visitor is known.
const WARM_UP: Duration = Duration::from_secs(1);
/// A bubble that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(20);
const ECHO_CONNECTIONS: usize = 8;

/// What was seen in a stretch of time.
pub struct Window {
    pub seconds: f64,
    pub acks: Samples,
    pub replies: Samples,
    pub sends: u64,
    /// CPU seconds of the child, and of this process.
    pub cpu: f64,
    pub own_cpu: f64,
}

pub fn on_one_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, work)
}

/// Looks at a running load, after its warm-up.
pub async fn window(scene: &Scene, child: &Child, length: Duration) -> Result<Window> {
    tokio::time::sleep(WARM_UP).await;
    scene.recording.set(true);
    let (begun, cpu, own, sends) = (Instant::now(), child.cpu()?, own_cpu()?, scene.sends.get());
    tokio::time::sleep(length).await;
    let seconds = begun.elapsed().as_secs_f64();
    scene.recording.set(false);
    Ok(Window {
        seconds,
        acks: scene.acks.take(),
        replies: scene.replies.take(),
        sends: scene.sends.get() - sends,
        cpu: (child.cpu()? - cpu).as_secs_f64(),
        own_cpu: (own_cpu()? - own).as_secs_f64(),
    })
}

/// Nothing may be lost, doubled or refused, or the figures are of another program.
pub async fn all_is_well(scene: &Scene) -> Result<()> {
    let begun = Instant::now();
    while scene.unanswered() > 0 && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (lost, surplus, refused) = (scene.unanswered(), scene.surplus.get(), scene.refused.get());
    if lost + usize::try_from(surplus + refused)? > 0 {
        bail!("{lost} webhooks were never answered, {surplus} bubbles came that nobody waited for, {refused} webhooks were refused");
    }
    Ok(())
}

/// Each visitor writes again as soon as they are answered: by a bubble, or where `bubbles` is false by the 200.
pub struct ClosedLoop {
    stop: Rc<Cell<bool>>,
    tasks: Vec<JoinHandle<Result<()>>>,
}

impl ClosedLoop {
    pub fn start(scene: &Rc<Scene>, target: SocketAddr, bubbles: bool) -> Self {
        let stop = Rc::new(Cell::new(false));
        let talk = |visitor: &Rc<Visitor>| {
            let (visitor, scene, stop) = (visitor.clone(), scene.clone(), stop.clone());
            spawn_local(async move {
                let mut mouth = Mouth::open(target, scene).await?;
                while !stop.get() {
                    mouth.say(&visitor, Instant::now(), bubbles).await?;
                    while !visitor.unanswered.borrow().is_empty() {
                        visitor.answered.notified().await;
                    }
                }
                Ok(())
            })
        };
        let tasks = scene.visitors.borrow().iter().map(talk).collect();
        Self { stop, tasks }
    }

    pub async fn stop(self) -> Result<()> {
        self.stop.set(true);
        for task in self.tasks {
            tokio::time::timeout(PATIENCE, task).await.context("a visitor waits for an answer that does not come")???;
        }
        Ok(())
    }
}

/// Writes at a fixed rate, whatever the answers do. Waits count from the moment a webhook was due. `bubbles`: each webhook is
/// answered by one.
pub async fn fixed_rate(scene: &Rc<Scene>, target: SocketAddr, rate: u32, bubbles: bool) -> Result<Vec<JoinHandle<Result<()>>>> {
    let visitors = scene.visitors.borrow().clone();
    let mut tasks = Vec::new();
    for visitor in &visitors {
        let mut mouth = Mouth::open(target, scene.clone()).await?;
        let visitor = visitor.clone();
        tasks.push(spawn_local(async move {
            loop {
                let next = visitor.due.borrow_mut().pop_front();
                match next {
                    Some(stamp) => mouth.say(&visitor, stamp, bubbles).await?,
                    None => visitor.is_due.notified().await,
                }
            }
        }));
    }
    tasks.push(spawn_local(async move {
        let begun = Instant::now();
        let mut every = visitors.iter().cycle();
        for number in 1_u32.. {
            let due = begun + Duration::from_secs_f64(f64::from(number) / f64::from(rate));
            tokio::time::sleep_until(due.into()).await;
            if let Some(visitor) = every.next() {
                // The timer's own grain of a millisecond is not the server's.
                visitor.due.borrow_mut().push_back(Instant::now());
                visitor.is_due.notify_one();
            }
        }
        Ok(())
    }));
    Ok(tasks)
}

/// Each of these visitors writes once.
pub async fn once_each(scene: &Rc<Scene>, target: SocketAddr, visitors: std::ops::Range<usize>, connections: usize) -> Result<()> {
    let who = scene.visitors.borrow().get(visitors).unwrap_or_default().to_vec();
    let mut tasks = Vec::new();
    for share in who.chunks(who.len().div_ceil(connections).max(1)) {
        let share = share.to_vec();
        let mut mouth = Mouth::open(target, scene.clone()).await?;
        tasks.push(spawn_local(async move {
            for visitor in share {
                mouth.say(&visitor, Instant::now(), true).await?;
            }
            anyhow::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    all_is_well(scene).await
}

/// Meta's echoes of what the stand-in took.
pub async fn echo(scene: &Rc<Scene>, target: SocketAddr) -> Result<()> {
    let (sender, receiver) = mpsc::unbounded_channel::<Echo>();
    *scene.echoes.borrow_mut() = Some(sender);
    let receiver = Rc::new(tokio::sync::Mutex::new(receiver));
    for _ in 0..ECHO_CONNECTIONS {
        let (mut mouth, receiver) = (Mouth::open(target, scene.clone()).await?, receiver.clone());
        spawn_local(async move {
            loop {
                let next = receiver.lock().await.recv().await;
                let Some(echo) = next else { return };
                if mouth.echo(&echo).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

/// A connection to the webhook.
struct Mouth {
    connection: Connection,
    webhooks: Webhooks,
    scene: Rc<Scene>,
}

impl Mouth {
    async fn open(target: SocketAddr, scene: Rc<Scene>) -> Result<Self> {
        Ok(Self { connection: Connection::open(target).await?, webhooks: Webhooks::new(), scene })
    }

    /// Returns when the webhook is acknowledged.
    async fn say(&mut self, visitor: &Visitor, stamp: Stamp, expects_bubble: bool) -> Result<()> {
        let number = visitor.said.replace(visitor.said.get() + 1);
        if expects_bubble {
            visitor.unanswered.borrow_mut().push_back(stamp);
        }
        self.connection.send(self.webhooks.message(visitor.index, number)).await?;
        if self.accepted().await? {
            self.scene.acknowledged(stamp);
        } else {
            add(&self.scene.refused);
            visitor.unanswered.borrow_mut().pop_back();
        }
        Ok(())
    }

    async fn echo(&mut self, echo: &Echo) -> Result<()> {
        self.connection.send(self.webhooks.echo(echo)).await?;
        if !self.accepted().await? {
            add(&self.scene.refused);
        }
        Ok(())
    }

    async fn accepted(&mut self) -> Result<bool> {
        let message = self.connection.next().await?.context("the server closed the connection")?;
        Ok(self.connection.bytes(message.head).starts_with(b"HTTP/1.1 200 "))
    }
}

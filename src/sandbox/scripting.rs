//! What tests look at and script: records of accepted sends, faults, tokens, waiting.

use std::time::Duration;

use super::fault::FaultRule;
use super::handle::Sandbox;
use super::world::{Control, FbPage, Manners, SenderAction, Sent, WebhookRecord, World};

impl Sandbox {
    /// Every accepted message, in order of acceptance.
    pub fn sent(&self) -> Vec<Sent> {
        self.look(|world| world.sent.clone())
    }

    pub fn sent_to(&self, psid: &str) -> Vec<Sent> {
        self.look(|world| world.sent.iter().filter(|sent| sent.psid == psid).cloned().collect())
    }

    /// The words of every accepted message to one person.
    pub fn texts_to(&self, psid: &str) -> Vec<String> {
        self.sent_to(psid).iter().map(|sent| sent.text().to_owned()).collect()
    }

    /// `typing_on` and its kin, in order.
    pub fn sender_actions(&self) -> Vec<SenderAction> {
        self.look(|world| world.actions.clone())
    }

    /// Calls of thread-control endpoints, in order.
    pub fn controls(&self) -> Vec<Control> {
        self.look(|world| world.controls.clone())
    }

    /// Every webhook that was put on the way.
    pub fn webhooks(&self) -> Vec<WebhookRecord> {
        self.look(|world| world.webhooks.clone())
    }

    /// How often a Graph path was called, e.g. `POST /{page}/subscribed_apps` as `POST subscribed_apps`.
    pub fn calls(&self, what: &str) -> u64 {
        self.look(|world| world.calls.get(what).copied().unwrap_or_default())
    }

    pub fn fault(&self, rule: FaultRule) {
        self.change(|world, _| world.faults.push(rule));
    }

    pub fn clear_faults(&self) {
        self.change(|world, _| world.faults.clear());
    }

    pub fn manners(&self, manners: Manners) {
        self.change(|world, _| world.manners = manners);
    }

    /// Sends the echo of an accepted message now: for [`super::Echoes::Never`], where the test decides when it comes.
    pub fn echo(&self, mid: &str) {
        self.change(|world, now| {
            let found = world.threads.values().find_map(|thread| {
                let item = thread.items.iter().find(|item| item.mid == mid)?;
                Some(super::events::echo(thread, item, now))
            });
            let deliveries = world.post(found.into_iter().collect(), now);
            deliveries.into_iter().for_each(|delivery| self.hand_over(delivery));
        });
    }

    /// The Page's token dies, e.g. with subcode 460 after a changed password.
    pub fn revoke_token(&self, page: &str, subcode: i64) {
        self.page(page, |page| page.dead = Some(subcode));
    }

    /// The Page gets a new token; the old one stays dead.
    pub fn new_token(&self, page: &str, token: &str) {
        self.page(page, |page| {
            page.dead = None;
            page.token = token.to_owned();
        });
    }

    /// Conversation Routing on or off for a Page.
    pub fn routing(&self, page: &str, on: bool) {
        self.page(page, |page| page.routing = on);
    }

    pub fn block(&self, psid: &str, blocked: bool) {
        self.change(|world, _| world.thread_of(psid).map(|thread| thread.blocked = blocked)).ok();
    }

    fn page(&self, page: &str, change: impl FnOnce(&mut FbPage)) {
        self.change(|world, _| world.pages.get_mut(page).map(change));
    }

    /// Where webhooks go, without the handshake of [`super::Sandbox::subscribe_app`].
    pub fn set_callback(&self, url: &str) {
        self.change(|world, _| world.app.callback = Some(url.to_owned()));
    }

    pub fn set_public_url(&self, url: &str) {
        self.change(|world, _| world.app.public_url = url.to_owned());
    }

    /// Waits until `holds`, for real time `within`. True where it came to hold.
    pub async fn until(&self, within: Duration, holds: impl Fn(&World) -> bool) -> bool {
        let mut changes = self.changes();
        let wait = async {
            while !self.look(&holds) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(within, wait).await.is_ok()
    }

    /// Waits until `count` messages were accepted for one person.
    pub async fn until_sent(&self, psid: &str, count: usize, within: Duration) -> bool {
        self.until(within, |world| world.sent.iter().filter(|sent| sent.psid == psid).count() >= count).await
    }

    /// Waits until every webhook was answered with 200 or given up.
    pub async fn until_delivered(&self, within: Duration) -> bool {
        self.until(within, |world| world.webhooks.iter().all(|record| record.done)).await
    }
}

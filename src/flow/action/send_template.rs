//! The action `send_template`.

use crate::domain::message::Content;
use crate::flow::issue::Code;
use crate::flow::read::{Reader, document};
use crate::flow::read_types::{AnsweredTarget, Save, Whole};
use crate::flow::run::{Arrived, Next, Run};
use crate::flow::session::Wait;
use crate::flow::text::Text;

use super::buttons::{self, ButtonSpec, Key, Showing, Waiting};
use super::receipt::ReceiptSpec;
use super::templates::{CouponSpec, GridSpec, ImageSpec, MediaSpec};
use super::{Behaviour, Shape};

document! {
    /// Shows a template of Messenger's: a receipt, a coupon, a grid of pictures, or a picture or film with buttons.
    ///
    /// Exactly one of them. Where a button or picture leads to the flow, it waits for a tap, or for a message that says one.
    /// A tap counts as long as the session runs; after that it is a stale choice.
    ///
    /// ```json
    /// { "type": "send_template", "receipt": { "recipient_name": "{{ contact.name | default('-') }}", "order_number": "L-2043",
    ///   "currency": "EUR", "payment_method": "Visa 1234", "order_url": "https://shop.example/orders/L-2043",
    ///   "elements": [ { "title": "Brume", "subtitle": "Table lamp", "quantity": 2, "price": 89 } ],
    ///   "summary": { "shipping_cost": 4.9, "total_cost": 182.9 } } }
    /// ```
    ///
    /// ```json
    /// { "type": "send_template", "coupon": { "title": { "fr": "-10 % sur tout", "en": "10% off everything" }, "code": "LUMEN10" } }
    /// ```
    ///
    /// ```json
    /// { "type": "send_template", "image_grid": { "title": "New in", "images": [
    ///     { "url": "https://shop.example/1.jpg", "hero": true }, { "url": "https://shop.example/2.jpg", "text": "Brume", "goto": "menu" } ],
    ///   "buttons": [ { "title": "All of them", "url": "https://shop.example/new" } ] } }
    /// ```
    ///
    /// ```json
    /// { "type": "send_template", "media": { "media": "video", "url": "https://www.facebook.com/lumen/videos/1",
    ///   "buttons": [ { "title": "Talk to someone", "goto": "handoff" } ] } }
    /// ```
    pub struct SendTemplate {
        /// What was bought.
        pub receipt: Option<ReceiptSpec>,
        /// A code to reveal and copy, or an address that applies it.
        pub coupon: Option<CouponSpec>,
        /// Two to six pictures as one bubble.
        pub image_grid: Option<GridSpec>,
        /// A picture or film with buttons under it.
        pub media: Option<MediaSpec>,
        /// The variable that gets the value of what was tapped.
        pub save: Option<Save>,
        /// Wait for a tap before the next action; true where something can be tapped that leads to the flow.
        pub wait: Option<bool>,
        /// How often a message that says none of them is answered with `invalid`; 3 where `exhausted` says what follows.
        pub attempts: Option<Whole<1, 20>>,
        /// Said when a message says none of them.
        pub invalid: Option<Text>,
        /// Where to go on when no attempt is left.
        pub exhausted: Option<AnsweredTarget>,
    }
}

impl Behaviour for SendTemplate {
    fn settle(&mut self, r: &mut Reader<'_>) {
        let count = [self.receipt.is_some(), self.coupon.is_some(), self.image_grid.is_some(), self.media.is_some()];
        match count.into_iter().filter(|there| *there).count() {
            0 => r.issue(Code::MissingField, "there is no template", "write `receipt`, `coupon`, `image_grid` or `media`"),
            1 => {}
            _ => r.issue(Code::WrongValue, "there is more than one template", "use one action for each"),
        }
        if let Some(receipt) = &self.receipt {
            r.at("receipt", |r| receipt.check(r));
        }
        if let Some(coupon) = &self.coupon {
            r.at("coupon", |r| coupon.check(r));
        }
        if let Some(grid) = &self.image_grid {
            r.at("image_grid", |r| grid.check(r));
        }
        if let Some(media) = &self.media {
            r.at("media", |r| media.check(r));
        }
        let pictures = self.image_grid.iter().flat_map(|grid| &grid.images).filter_map(ImageSpec::key);
        let keys: Vec<Key> = self.buttons().iter().filter_map(ButtonSpec::key).chain(pictures).collect();
        self.wait = Some(buttons::settle_wait(r, self.wait, self.save.as_ref(), &[], &keys));
        if self.wait == Some(true) && self.invalid.is_none() {
            buttons::note_own_texts(r, self.attempts.is_some() || self.exhausted.is_some());
        }
    }

    fn shape(&self) -> Shape {
        Shape { waits: self.waits(), speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        if self.show(run) && self.waits() { Next::Wait(Wait::Answer { attempt: 0 }) } else { Next::On }
    }

    fn resume(&self, run: &mut Run<'_>, arrived: Arrived<'_>) -> Next {
        let said = matches!(arrived, Arrived::Said(_));
        self.keys().arrived(
            run,
            arrived,
            |index| self.target(index),
            |run, own| {
                if said {
                    let text = buttons::invalid_words(run, own);
                    run.say(Content::Text { text }, Vec::new());
                } else {
                    self.show(run);
                }
            },
        )
    }

    fn waiting(&self) -> Option<Waiting<'_>> {
        Some(self.keys())
    }
}

impl SendTemplate {
    fn waits(&self) -> bool {
        self.wait.unwrap_or(false)
    }

    fn buttons(&self) -> &[ButtonSpec] {
        match (&self.image_grid, &self.media) {
            (Some(grid), _) => &grid.buttons,
            (None, Some(media)) => &media.buttons,
            (None, None) => &[],
        }
    }

    /// Buttons come first, then pictures.
    fn target(&self, index: usize) -> Option<u32> {
        let goto = match self.buttons().get(index) {
            Some(button) => button.goto,
            None => {
                let image = index.checked_sub(GridSpec::FIRST_IMAGE)?;
                self.image_grid.as_ref()?.images.get(image)?.goto
            }
        };
        goto.map(|target| target.0)
    }

    fn keys(&self) -> Waiting<'_> {
        Waiting {
            save: self.save.as_ref(),
            attempts: self.attempts,
            invalid: self.invalid.as_ref(),
            exhausted: self.exhausted,
            options: &[],
        }
    }

    /// `false`: it could not be rendered, and the error text was said.
    fn show(&self, run: &mut Run<'_>) -> bool {
        let mut showing = Showing::new(run);
        let template = match (&self.receipt, &self.coupon, &self.image_grid, &self.media) {
            (Some(receipt), ..) => receipt.show(run),
            (_, Some(coupon), ..) => coupon.show(run),
            (_, _, Some(grid), _) => grid.show(run, &mut showing),
            (.., Some(media)) => media.show(run, &mut showing),
            (None, None, None, None) => None,
        };
        showing.keep(run);
        match template {
            Some(template) => run.say_within_limits(Content::Template { template }, Vec::new()),
            None => {
                run.say_error();
                false
            }
        }
    }
}

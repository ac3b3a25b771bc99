//! What `send_template` shows, as documents write it: coupon, image grid, media. The receipt is in `receipt.rs`.

use crate::domain::message::limits::GRID_IMAGES;
use crate::domain::message::template::{Coupon, GridImage, ImageAction, ImageGrid, MediaCard, MediaSource, Template as Shown};
use crate::domain::message::{Button, MediaKind};
use crate::flow::issue::Code;
use crate::flow::read::{Reader, document, words};
use crate::flow::read_types::AnsweredTarget;
use crate::flow::run::Run;
use crate::flow::template::Template;
use crate::flow::text::{Short, Text};
use crate::flow::web_url::LinkUrl;
use crate::flow::words::normalise;

use super::buttons::{self, ButtonSpec, Key, Showing};

document! {
    /// A code to reveal and copy, or an address that applies it.
    pub struct CouponSpec {
        /// At most 80 characters.
        pub title: Short<80>,
        /// At most 80 characters.
        pub subtitle: Option<Short<80>>,
        /// One word.
        pub code: Option<Template>,
        /// Where it is applied.
        pub url: Option<LinkUrl>,
        /// Comes back to the server when the visitor reveals the code.
        pub payload: Option<Template>,
    }
}

document! {
    /// Two to six pictures as one bubble.
    pub struct GridSpec {
        /// At most 45 characters.
        pub title: Short<45>,
        /// At most 80 characters.
        pub subtitle: Option<Short<80>>,
        /// The pictures; one may be the large one.
        pub images: Vec<ImageSpec>,
        /// At most three, without `phone`.
        pub buttons: Vec<ButtonSpec> = Vec::new(),
    }
}

document! {
    /// One picture of a grid.
    pub struct ImageSpec {
        /// Where Messenger fetches it.
        pub url: LinkUrl,
        /// The large one.
        pub hero: bool = false,
        /// The web page that a tap opens.
        pub opens: Option<LinkUrl>,
        /// The node to go on at when it is tapped; `text` is then what the visitor is shown to have said.
        pub goto: Option<AnsweredTarget>,
        /// Stands for the picture in the conversation.
        pub text: Option<Text>,
    }
}

words! {
    /// What is over the buttons.
    pub enum Moving {
        /// A picture.
        Image = "image",
        /// A film. People in the EU and in Japan do not see it.
        Video = "video",
    }
}

document! {
    /// A picture or film with buttons under it: exactly one of `url` and `attachment_id`.
    pub struct MediaSpec {
        /// What it is.
        pub media: Moving,
        /// On facebook.com: Messenger takes no other address here.
        pub url: Option<LinkUrl>,
        /// Of a file that was uploaded to the Page; it expires after 90 days.
        pub attachment_id: Option<Template>,
        /// At most three.
        pub buttons: Vec<ButtonSpec> = Vec::new(),
    }
}

pub(super) fn words(run: &mut Run<'_>, text: Option<&Text>) -> Option<String> {
    text.and_then(|text| run.text(text))
}

pub(super) fn plain(run: &mut Run<'_>, text: Option<&Template>) -> Option<String> {
    text.and_then(|text| run.plain(text)).filter(|text| !text.trim().is_empty())
}

pub(super) fn address(run: &mut Run<'_>, url: Option<&LinkUrl>) -> Option<String> {
    plain(run, url.map(|url| &url.0))
}

impl CouponSpec {
    pub fn check(&self, r: &mut Reader<'_>) {
        if self.code.is_none() && self.url.is_none() {
            r.issue(Code::MissingField, "a coupon needs a `code` or a `url`", "");
        }
        if self.code.as_ref().and_then(Template::constant).is_some_and(|code| code.contains(char::is_whitespace)) {
            r.at("code", |r| r.issue(Code::WrongValue, "a coupon's code is one word without spaces", ""));
        }
    }

    pub fn show(&self, run: &mut Run<'_>) -> Option<Shown> {
        Some(Shown::Coupon(Coupon {
            title: run.text(&self.title.0)?,
            subtitle: self.subtitle.as_ref().and_then(|text| run.text(&text.0)),
            code: plain(run, self.code.as_ref()),
            url: address(run, self.url.as_ref()),
            payload: plain(run, self.payload.as_ref()),
        }))
    }
}

impl ImageSpec {
    pub fn key(&self) -> Option<Key> {
        self.goto.map(|_| Key { leads: true, valued: false })
    }
}

impl GridSpec {
    /// Pictures come after all buttons.
    pub const FIRST_IMAGE: usize = 10;

    pub fn check(&self, r: &mut Reader<'_>) {
        r.at("images", |r| {
            if !GRID_IMAGES.contains(&self.images.len()) {
                let (least, most) = (GRID_IMAGES.start(), GRID_IMAGES.end());
                r.issue(Code::WrongValue, format!("an image grid has {least} to {most} pictures"), "");
            }
            if self.images.iter().filter(|image| image.hero).count() > 1 {
                r.issue(Code::WrongValue, "only one picture may be the large one", "");
            }
            for (i, image) in self.images.iter().enumerate() {
                r.at(&i.to_string(), |r| match (&image.opens, image.goto, &image.text) {
                    (Some(_), Some(_), _) => r.issue(Code::WrongValue, "`opens` and `goto` exclude each other", ""),
                    (_, Some(_), None) => r.issue(Code::MissingField, "`text` is missing", "what the visitor is shown to have said"),
                    (_, None, Some(_)) => r.issue(Code::NoEffect, "`text` means nothing without `goto`", ""),
                    _ => {}
                });
            }
        });
        if self.buttons.iter().any(|button| button.phone.is_some()) {
            r.at("buttons", |r| r.issue(Code::WrongValue, "an image grid has no phone buttons", ""));
        }
        buttons::check(r, &self.buttons);
    }

    pub fn show(&self, run: &mut Run<'_>, showing: &mut Showing) -> Option<Shown> {
        let title = run.text(&self.title.0)?;
        let subtitle = self.subtitle.as_ref().and_then(|text| run.text(&text.0));
        let mut images = Vec::new();
        for (i, image) in self.images.iter().enumerate() {
            let action = match (&image.opens, image.goto) {
                (Some(url), _) => address(run, Some(url)).map(|url| ImageAction::Url { url }),
                (None, Some(_)) => words(run, image.text.as_ref()).map(|text| {
                    let payload = showing.key(run, Self::FIRST_IMAGE + i, vec![normalise(&text)], text.as_str().into());
                    ImageAction::Postback { text, payload }
                }),
                (None, None) => None,
            };
            images.push(GridImage { url: run.plain(&image.url.0)?, hero: image.hero, action });
        }
        Some(Shown::ImageGrid(ImageGrid { title, subtitle, images, buttons: shown_buttons(run, showing, &self.buttons) }))
    }
}

fn shown_buttons(run: &mut Run<'_>, showing: &mut Showing, specs: &[ButtonSpec]) -> Vec<Button> {
    specs.iter().enumerate().filter_map(|(i, button)| showing.button(run, button, i, None)).collect()
}

impl MediaSpec {
    pub fn check(&self, r: &mut Reader<'_>) {
        if self.url.is_some() == self.attachment_id.is_some() {
            r.issue(Code::MissingField, "it needs exactly one of `url` and `attachment_id`", "a file elsewhere is sent with `send_media`");
        }
        let address = self.url.as_ref().and_then(|url| url.0.constant());
        if address.is_some_and(|url| !crate::domain::message::limits::facebook(url)) {
            let hint = "send it with `send_media`, and the buttons with `send_buttons`";
            r.at("url", |r| r.issue(Code::BadUrl, "Messenger takes only addresses on facebook.com here", hint));
        }
        buttons::check(r, &self.buttons);
    }

    pub fn show(&self, run: &mut Run<'_>, showing: &mut Showing) -> Option<Shown> {
        let source = match (&self.url, &self.attachment_id) {
            (Some(url), _) => MediaSource::Url { url: run.plain(&url.0)? },
            (None, id) => MediaSource::AttachmentId { id: plain(run, id.as_ref())? },
        };
        let media = if self.media == Moving::Video { MediaKind::Video } else { MediaKind::Image };
        Some(Shown::Media(MediaCard { media, source, buttons: shown_buttons(run, showing, &self.buttons) }))
    }
}

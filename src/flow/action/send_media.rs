//! The action `send_media`.

use crate::domain::message::{Content, MediaKind};
use crate::flow::read::{document, words};
use crate::flow::run::{Next, Run};
use crate::flow::text::Text;
use crate::flow::web_url::WebUrl;

use super::{Behaviour, Shape};

words! {
    /// What the file is.
    pub enum Media {
        /// A picture: JPEG, PNG or GIF.
        Image = "image",
        /// A film.
        Video = "video",
        /// Sound.
        Audio = "audio",
        /// Any other file.
        File = "file",
    }
}

document! {
    /// Sends a picture, film, sound or file. Title and description become a bubble before it.
    ///
    /// ```json
    /// { "type": "send_media", "media": "image", "url": "https://shop.example/map.png",
    ///   "title": "Our shop", "description": { "fr": "Au coin de la rue.", "en": "At the corner." } }
    /// ```
    pub struct SendMedia {
        /// What the file is.
        pub media: Media,
        /// Where Messenger fetches it: an absolute https URL.
        pub url: WebUrl<true>,
        /// Said before it.
        pub title: Option<Text>,
        /// Said before it, under the title.
        pub description: Option<Text>,
    }
}

impl Behaviour for SendMedia {
    fn shape(&self) -> Shape {
        Shape { speaks: true, ..Shape::default() }
    }

    fn run(&self, run: &mut Run<'_>) -> Next {
        let words: Vec<String> = [&self.title, &self.description].into_iter().flatten().filter_map(|text| run.text(text)).collect();
        if !words.is_empty() {
            run.say(Content::Text { text: words.join("\n") }, Vec::new());
        }
        let Some(url) = run.plain(&self.url.0) else { return Next::On };
        let media = match self.media {
            Media::Image => MediaKind::Image,
            Media::Video => MediaKind::Video,
            Media::Audio => MediaKind::Audio,
            Media::File => MediaKind::File,
        };
        run.say(Content::Media { media, url }, Vec::new());
        Next::On
    }
}

//! Templates with a shape of their own: receipt, coupon, image grid, media. Their limits are in [`super::limits`].

use serde::{Deserialize, Serialize};

use super::Button;
use super::MediaKind;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Template {
    /// Boxed: it is rare, and three times as large as any other content.
    Receipt(Box<Receipt>),
    Coupon(Coupon),
    ImageGrid(ImageGrid),
    Media(MediaCard),
}

impl Template {
    pub fn buttons(&self) -> &[Button] {
        match self {
            Self::ImageGrid(grid) => &grid.buttons,
            Self::Media(media) => &media.buttons,
            Self::Receipt(_) | Self::Coupon(_) => &[],
        }
    }

    /// What to show for it in one line.
    pub fn summary(&self) -> String {
        match self {
            Self::Receipt(receipt) => format!("{} · {} {}", receipt.order_number, receipt.summary.total_cost, receipt.currency),
            Self::Coupon(coupon) => match coupon.code.as_ref().or(coupon.url.as_ref()) {
                Some(code) => format!("{} · {code}", coupon.title),
                None => coupon.title.clone(),
            },
            Self::ImageGrid(grid) => grid.title.clone(),
            Self::Media(media) => match &media.source {
                MediaSource::Url { url } => url.clone(),
                MediaSource::AttachmentId { id } => id.clone(),
            },
        }
    }
}

/// What was bought. Amounts are in units of the currency: `12.5` is twelve euros fifty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub recipient_name: String,
    /// Unique: Messenger refuses the same number twice.
    pub order_number: String,
    /// ISO 4217.
    pub currency: String,
    /// Free words: `Visa 1234`.
    pub payment_method: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<ReceiptLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    pub summary: Summary,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adjustments: Vec<Adjustment>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceiptLine {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<f64>,
    pub price: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    pub street_1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_2: Option<String>,
    pub city: String,
    pub postal_code: String,
    pub state: String,
    pub country: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_cost: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_tax: Option<f64>,
    pub total_cost: f64,
}

/// A discount or the like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adjustment {
    pub name: String,
    pub amount: f64,
}

/// A code that the visitor reveals and copies, or an address that applies it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coupon {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Comes back when the visitor reveals the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
}

/// Two to six pictures as one bubble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageGrid {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    pub images: Vec<GridImage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridImage {
    pub url: String,
    /// The large one; at most one is.
    #[serde(default)]
    pub hero: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ImageAction>,
}

/// What a tap on a picture does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ImageAction {
    Url {
        url: String,
    },
    Postback {
        /// What the visitor is shown to have said.
        text: String,
        payload: String,
    },
}

/// A picture or film with buttons under it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaCard {
    /// Image or video; Messenger takes no other.
    pub media: MediaKind,
    pub source: MediaSource,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum MediaSource {
    /// On facebook.com: Messenger takes no other address here.
    Url { url: String },
    /// Of a file that was uploaded to the Page; it expires after 90 days.
    AttachmentId { id: String },
}

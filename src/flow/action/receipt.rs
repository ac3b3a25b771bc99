//! The receipt of `send_template`, as documents write it.

use serde_json::Value;

use crate::domain::message::limits::RECEIPT_LINES;
use crate::domain::message::template::{Address, Adjustment, Receipt, ReceiptLine, Summary, Template as Shown};
use crate::flow::expression::Expression;
use crate::flow::issue::Code;
use crate::flow::read::{Read, Reader, document};
use crate::flow::read_types::OfItem;
use crate::flow::run::Run;
use crate::flow::template::{Json, Template};
use crate::flow::text::Text;
use crate::flow::web_url::LinkUrl;

use super::templates::{address, plain, words};

document! {
    /// What was bought. Amounts are in units of the currency: `12.5` is twelve euros fifty.
    pub struct ReceiptSpec {
        /// Who bought it.
        pub recipient_name: Template,
        /// Messenger refuses the same number twice.
        pub order_number: Template,
        /// ISO 4217: `EUR`.
        pub currency: Template,
        /// In words: `Visa 1234`.
        pub payment_method: Text,
        /// Who sold it; the Page unless said otherwise.
        pub merchant_name: Option<Text>,
        /// Where the order can be looked at.
        pub order_url: Option<LinkUrl>,
        /// At most 100.
        pub elements: Vec<LineSpec> = Vec::new(),
        /// Instead: a list, and
        pub each: Option<Expression>,
        /// what was bought for each of its elements; in it, `item` is the element and `number` counts from 1.
        pub element: Option<OfItem<LineSpec>>,
        /// Where it goes.
        pub address: Option<AddressSpec>,
        /// What it costs.
        pub summary: SummarySpec,
        /// Discounts and the like.
        pub adjustments: Vec<AdjustmentSpec> = Vec::new(),
    }
}

document! {
    /// One thing that was bought.
    pub struct LineSpec {
        /// What it is.
        pub title: Text,
        /// Said under it.
        pub subtitle: Option<Text>,
        /// How many.
        pub quantity: Option<Amount>,
        /// For all of them; 0 is free.
        pub price: Amount,
        /// A picture of it.
        pub image: Option<LinkUrl>,
    }
}

document! {
    /// Where it goes.
    pub struct AddressSpec {
        /// Street and number.
        pub street_1: Template,
        /// More of it.
        pub street_2: Option<Template>,
        /// Town.
        pub city: Template,
        /// Postal code.
        pub postal_code: Template,
        /// State or region.
        pub state: Template,
        /// Country, in two letters.
        pub country: Template,
    }
}

document! {
    /// What it costs.
    pub struct SummarySpec {
        /// Before shipping and tax.
        pub subtotal: Option<Amount>,
        /// For shipping.
        pub shipping_cost: Option<Amount>,
        /// Tax.
        pub total_tax: Option<Amount>,
        /// All in all.
        pub total_cost: Amount,
    }
}

document! {
    /// A discount or the like.
    pub struct AdjustmentSpec {
        /// What it is.
        pub name: Text,
        /// How much.
        pub amount: Amount,
    }
}

/// A number, or an expression that gives one.
#[derive(Debug)]
pub struct Amount(Json);

impl Read for Amount {
    fn read(r: &mut Reader<'_>, value: &Value) -> Option<Self> {
        match value {
            Value::Number(_) => Some(Self(Json::Constant(value.clone()))),
            Value::String(text) if text.contains("{{") => Json::read(r, value).map(Self),
            other => r.wrong_type("a number, or an expression in `{{ }}`", other),
        }
    }
}

impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["number", "string"], "description": "A number, or an expression in `{{ }}` that gives one." })
    }
}

impl Amount {
    fn value(&self, run: &mut Run<'_>) -> Option<f64> {
        let value = run.json(&self.0)?;
        let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite());
        if number.is_none() {
            run.report("wrong_type", "an amount is no number");
        }
        number
    }

    fn maybe(this: Option<&Self>, run: &mut Run<'_>) -> Option<f64> {
        this.and_then(|amount| amount.value(run))
    }
}

impl ReceiptSpec {
    pub fn check(&self, r: &mut Reader<'_>) {
        if self.elements.len() > RECEIPT_LINES {
            r.at("elements", |r| r.issue(Code::TooLarge, format!("Messenger shows at most {RECEIPT_LINES} lines"), ""));
        }
        if self.each.is_some() != self.element.is_some() {
            r.issue(Code::MissingField, "`each` and `element` belong together", "the list, and what is shown for each of its elements");
        } else if self.each.is_some() && !self.elements.is_empty() {
            r.issue(Code::WrongValue, "`elements` and `each` exclude each other", "");
        }
    }

    /// `None`: something that must be there could not be computed.
    pub fn show(&self, run: &mut Run<'_>) -> Option<Shown> {
        let summary = Summary {
            subtotal: Amount::maybe(self.summary.subtotal.as_ref(), run),
            shipping_cost: Amount::maybe(self.summary.shipping_cost.as_ref(), run),
            total_tax: Amount::maybe(self.summary.total_tax.as_ref(), run),
            total_cost: self.summary.total_cost.value(run)?,
        };
        let adjustments =
            self.adjustments.iter().filter_map(|one| Some(Adjustment { name: run.text(&one.name)?, amount: one.amount.value(run)? }));
        Some(Shown::Receipt(Box::new(Receipt {
            adjustments: adjustments.collect(),
            recipient_name: run.plain(&self.recipient_name)?,
            order_number: run.plain(&self.order_number)?,
            currency: run.plain(&self.currency)?,
            payment_method: run.text(&self.payment_method)?,
            merchant_name: words(run, self.merchant_name.as_ref()),
            order_url: address(run, self.order_url.as_ref()),
            elements: self.lines(run),
            address: self.address.as_ref().and_then(|address| address.show(run)),
            summary,
        })))
    }

    fn lines(&self, run: &mut Run<'_>) -> Vec<ReceiptLine> {
        let (Some(list), Some(element)) = (&self.each, &self.element) else {
            return self.elements.iter().filter_map(|line| line.show(run)).collect();
        };
        match run.value(list) {
            Some(Value::Array(items)) => {
                if items.len() > RECEIPT_LINES {
                    run.report(
                        "too_many_lines",
                        format!("the list has {} elements: only the first {RECEIPT_LINES} are shown", items.len()),
                    );
                }
                let items = items.into_iter().take(RECEIPT_LINES).enumerate();
                items.filter_map(|(i, item)| run.with_item(item, i + 1, |run| element.0.show(run))).collect()
            }
            _ => {
                run.report("wrong_type", format!("`{}` is no list: the receipt has no lines", list.source()));
                Vec::new()
            }
        }
    }
}

impl LineSpec {
    fn show(&self, run: &mut Run<'_>) -> Option<ReceiptLine> {
        Some(ReceiptLine {
            title: run.text(&self.title)?,
            subtitle: words(run, self.subtitle.as_ref()),
            quantity: Amount::maybe(self.quantity.as_ref(), run),
            price: self.price.value(run)?,
            image_url: address(run, self.image.as_ref()),
        })
    }
}

impl AddressSpec {
    fn show(&self, run: &mut Run<'_>) -> Option<Address> {
        Some(Address {
            street_1: run.plain(&self.street_1)?,
            street_2: plain(run, self.street_2.as_ref()),
            city: run.plain(&self.city)?,
            postal_code: run.plain(&self.postal_code)?,
            state: run.plain(&self.state)?,
            country: run.plain(&self.country)?,
        })
    }
}

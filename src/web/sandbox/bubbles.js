// One message as a bubble: texts, pictures, button templates, cards, receipts, coupons. Drawn from the wire's own JSON.

import { h, icon, safeUrl } from "./dom.js";
import { lang, t } from "./i18n.js";
import { attempt } from "./notice.js";
import { act } from "./store.js";

/** The element for one item of the thread. */
export function bubble(item) {
  const { message } = item;
  if (message.attachment) return attachment(message.attachment);
  if (Array.isArray(message.attachments)) return h("div", { class: "stack" }, message.attachments.map(attachment));
  return text(message.text ?? "");
}

function text(words) {
  if (isEmoji(words)) return h("div", { class: "bubble emoji" }, words);
  return h("div", { class: "bubble" }, linked(words));
}

function isEmoji(words) {
  return words.length <= 12 && /^(\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)+$/u.test(words);
}

/** Addresses in a text become links; everything else stays text. */
function linked(words) {
  return words.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/u).map((part) => {
    const url = /^https?:\/\//.test(part) && safeUrl(part);
    return url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, part) : part;
  });
}

function attachment(one) {
  const payload = one.payload ?? {};
  const url = payload.url && safeUrl(payload.url);
  switch (one.type) {
    case "image":
      return url ? h("a", { class: "picture", href: url, target: "_blank", rel: "noopener noreferrer" }, h("img", { src: url, alt: "", loading: "lazy" })) : text("🖼");
    case "sticker":
      return h("img", { class: "sticker", src: url ?? "", alt: "👍" });
    case "video":
      return url ? h("video", { class: "picture", src: url, controls: true, preload: "none" }) : text(t("video"));
    case "audio":
      return h("div", { class: "bubble" }, t("voice"), url && h("audio", { src: url, controls: true, preload: "none" }));
    case "file":
      return h("div", { class: "bubble file" }, icon("note"), url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, fileName(url)) : t("file"));
    case "template":
      return template(payload);
    default:
      return text(payload.title ?? `[${one.type}]`);
  }
}

function fileName(url) {
  return decodeURIComponent(new URL(url).pathname.split("/").pop() || t("file"));
}

function template(payload) {
  switch (payload.template_type) {
    case "button":
      return h("div", { class: "bubble template" }, h("div", { class: "template-text" }, linked(payload.text ?? "")), buttons(payload.buttons));
    case "generic":
      return carousel(payload.elements ?? []);
    case "media":
      return media(payload.elements?.[0] ?? {});
    case "image_grid":
      return grid(payload.elements?.[0] ?? {});
    case "receipt":
      return receipt(payload);
    case "coupon":
      return coupon(payload);
    default:
      return text(payload.text ?? payload.title ?? `[${payload.template_type}]`);
  }
}

function cardPicture(address) {
  const url = address && safeUrl(address);
  return url && h("img", { class: "card-picture", src: url, alt: "", loading: "lazy" });
}

/** One card, or several to scroll through. */
function carousel(cards) {
  const track = h("div", { class: "track", tabindex: cards.length > 1 ? "0" : null }, cards.map(card));
  if (cards.length < 2) return h("div", { class: "carousel one" }, track);
  const turn = (way) => track.scrollBy({ left: way * track.firstElementChild.offsetWidth, behavior: "smooth" });
  const back = h("button", { class: "turn back", "aria-label": t("previous"), onclick: () => turn(-1) }, icon("left"));
  const on = h("button", { class: "turn on", "aria-label": t("next"), onclick: () => turn(1) }, icon("right"));
  const ends = () => {
    back.hidden = track.scrollLeft < 8;
    on.hidden = track.scrollLeft + track.clientWidth > track.scrollWidth - 8;
  };
  track.addEventListener("scroll", ends, { passive: true });
  requestAnimationFrame(ends);
  return h("div", { class: "carousel" }, track, back, on);
}

function card(element) {
  const url = element.default_action?.url && safeUrl(element.default_action.url);
  const body = [cardPicture(element.image_url), h("div", { class: "card-text" }, h("strong", {}, element.title), element.subtitle && h("span", {}, element.subtitle))];
  return h(
    "div",
    { class: "card" },
    url ? h("a", { class: "card-body", href: url, target: "_blank", rel: "noopener noreferrer" }, body) : h("div", { class: "card-body" }, body),
    buttons(element.buttons),
  );
}

function buttons(list) {
  if (!Array.isArray(list) || list.length === 0) return null;
  return h("div", { class: "buttons" }, list.map(button));
}

function button(one) {
  if (one.type === "web_url") {
    const url = safeUrl(one.url);
    return h("a", { class: "template-button", href: url ?? "#", target: "_blank", rel: "noopener noreferrer" }, one.title);
  }
  if (one.type === "phone_number") return h("a", { class: "template-button", href: `tel:${encodeURIComponent(one.payload)}` }, one.title);
  const tap = () => attempt(() => act({ act: "postback", title: one.title, payload: one.payload }));
  return h("button", { class: "template-button", onclick: tap }, one.title ?? one.type);
}

/** A picture or film with buttons; what lies on facebook.com is only linked, it cannot be shown elsewhere. */
function media(element) {
  const url = element.url && safeUrl(element.url);
  const onFacebook = url && new URL(url).hostname.endsWith("facebook.com");
  const link = url && h("a", { class: "media-link", href: url, target: "_blank", rel: "noopener noreferrer" }, icon("image"), h("span", {}, element.media_type === "video" ? t("video") : t("picture")));
  const shown = onFacebook || !url ? link ?? h("div", { class: "media-link" }, icon("image"), h("span", {}, element.attachment_id)) : cardPicture(element.url);
  return h("div", { class: "card" }, shown, buttons(element.buttons));
}

/** Two to six pictures, the large one first and over the whole width. */
function grid(element) {
  const images = element.images ?? [];
  const one = (image) => {
    const url = safeUrl(image.url);
    const picture = h("img", { src: url ?? "", alt: image.action?.text ?? "", loading: "lazy" });
    const kind = image.is_hero_image ? "grid-image hero" : "grid-image";
    if (image.action?.type === "postback") {
      const tap = () => attempt(() => act({ act: "postback", title: image.action.text, payload: image.action.payload }));
      return h("button", { class: kind, title: image.action.text, onclick: tap }, picture);
    }
    const target = image.action?.url && safeUrl(image.action.url);
    return target ? h("a", { class: kind, href: target, target: "_blank", rel: "noopener noreferrer" }, picture) : h("div", { class: kind }, picture);
  };
  return h(
    "div",
    { class: "card grid-card" },
    h("div", { class: "grid" }, images.filter((image) => image.is_hero_image).map(one), images.filter((image) => !image.is_hero_image).map(one)),
    h("div", { class: "card-text" }, h("strong", {}, element.title), element.subtitle && h("span", {}, element.subtitle)),
    buttons(element.buttons),
  );
}

/** The code is hidden until it is asked for, as in Messenger. */
function coupon(payload) {
  const url = payload.coupon_url && safeUrl(payload.coupon_url);
  const code = h("code", { class: "coupon-code", hidden: true }, payload.coupon_code ?? "");
  const reveal = h("button", { class: "template-button", onclick: () => ((code.hidden = false), reveal.remove()) }, t("reveal"));
  return h(
    "div",
    { class: "card coupon" },
    h("div", { class: "card-text" }, h("strong", {}, payload.title), payload.subtitle && h("span", {}, payload.subtitle), code),
    h("div", { class: "buttons" }, payload.coupon_code && reveal, url && h("a", { class: "template-button", href: url, target: "_blank", rel: "noopener noreferrer" }, t("use_it"))),
  );
}

function receipt(payload) {
  const money = (amount) => price(amount, payload.currency);
  const line = (label, amount, under) => h("div", { class: "receipt-line" }, h("span", {}, label, under && h("small", {}, under)), h("span", {}, amount));
  const extra = (label, amount) => amount !== undefined && line(label, money(amount));
  const { summary = {}, address } = payload;
  const order = payload.order_url && safeUrl(payload.order_url);
  const head = `${t("order")} ${payload.order_number}`;
  return h(
    "div",
    { class: "card receipt" },
    h(
      "div",
      { class: "card-text" },
      h("strong", {}, order ? h("a", { href: order, target: "_blank", rel: "noopener noreferrer" }, head) : head),
      payload.merchant_name && h("span", {}, payload.merchant_name),
      h("span", {}, payload.recipient_name),
    ),
    (payload.elements ?? []).map((one) => line(one.quantity > 1 ? `${one.quantity} × ${one.title}` : one.title, money(one.price), one.subtitle)),
    h(
      "div",
      { class: "receipt-more" },
      extra(t("subtotal"), summary.subtotal),
      extra(t("shipping"), summary.shipping_cost),
      extra(t("tax"), summary.total_tax),
      (payload.adjustments ?? []).map((one) => line(one.name, `−${money(one.amount)}`)),
    ),
    h("div", { class: "receipt-total" }, line(t("total"), money(summary.total_cost))),
    h(
      "div",
      { class: "card-text receipt-foot" },
      h("span", {}, `${t("paid_with")} ${payload.payment_method}`),
      address && h("span", {}, [address.street_1, address.street_2, `${address.postal_code} ${address.city}`, address.country].filter(Boolean).join(", ")),
    ),
  );
}

/** "89,00 €"; a currency that is none is only written behind. */
function price(amount, currency) {
  if (amount === undefined || amount === null) return "";
  try {
    return new Intl.NumberFormat(lang(), { style: "currency", currency }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

/** The pills under the last message; tapping one is an answer. */
export function quickReplies(item, thread) {
  const tap = (reply) => {
    const own = { user_phone_number: thread.phone, user_email: thread.email }[reply.content_type];
    const title = own ?? reply.title;
    return attempt(() => act({ act: "quick_reply", title, payload: own ?? reply.payload }));
  };
  const shown = item.message.quick_replies.filter((reply) => reply.content_type === "text" || (reply.content_type === "user_phone_number" ? thread.phone : thread.email));
  return h(
    "div",
    { class: "quick-replies" },
    shown.map((reply) => {
      const picture = reply.image_url && safeUrl(reply.image_url);
      const words = reply.content_type === "text" ? reply.title : reply.content_type === "user_email" ? thread.email : thread.phone;
      return h("button", { class: "pill", onclick: () => tap(reply) }, picture && h("img", { src: picture, alt: "" }), words);
    }),
  );
}

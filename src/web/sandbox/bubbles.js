// One message as a bubble: texts, pictures, button templates, cards, receipts, coupons. Drawn from the wire's own JSON.

import { h, icon, safeUrl } from "./dom.js";
import { t } from "./i18n.js";
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
      return h("div", { class: "card" }, cardPicture(payload.elements?.[0]?.url), buttons(payload.elements?.[0]?.buttons));
    case "receipt":
      return receipt(payload);
    case "coupon":
      return h("div", { class: "card" }, h("div", { class: "card-text" }, h("strong", {}, payload.title), h("span", {}, payload.subtitle), payload.coupon_code && h("code", {}, `${t("coupon")}: ${payload.coupon_code}`)));
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

function receipt(payload) {
  const money = (amount) => (amount === undefined ? "" : `${amount} ${payload.currency}`);
  const line = (label, amount) => h("div", { class: "receipt-line" }, h("span", {}, label), h("span", {}, amount));
  return h(
    "div",
    { class: "card receipt" },
    h("div", { class: "card-text" }, h("strong", {}, `${t("order")} ${payload.order_number}`), h("span", {}, payload.recipient_name)),
    (payload.elements ?? []).map((one) => line(one.quantity > 1 ? `${one.quantity} × ${one.title}` : one.title, money(one.price))),
    h("div", { class: "receipt-total" }, line(t("total"), money(payload.summary?.total_cost))),
  );
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

// Where the visitor writes: text, thumbs-up, a photo, the page's menu, and an answer from Meta's own Page inbox.

import { fill, h, icon } from "./dom.js";
import { lang, t } from "./i18n.js";
import { attempt } from "./notice.js";
import { act, state } from "./store.js";

const drafts = new Map();
const field = h("textarea", { rows: "1", maxlength: "5000", enterkeyhint: "send" });
const send = h("button", { class: "round", type: "submit" });
const popup = h("div", { class: "popup", hidden: true });
const bar = h("form", { class: "composer" });

export function composer() {
  return h("div", { class: "composer-box" }, popup, bar);
}

export function drawComposer(page, visitor) {
  const sig = JSON.stringify([page.id, page.persistent_menu, visitor.psid, lang()]);
  if (bar.sig !== sig) {
    bar.sig = sig;
    field.value = drafts.get(visitor.psid) ?? "";
    field.placeholder = t("message");
    field.setAttribute("aria-label", `${t("write_to")} ${page.name}`);
    popup.hidden = true;
    fill(
      bar,
      h("button", { type: "button", class: "round", "aria-label": t("page_menu"), title: t("page_menu"), onclick: () => togglePopup(page, visitor) }, icon("menu")),
      h("button", { type: "button", class: "round", "aria-label": t("send_photo"), title: t("send_photo"), onclick: photo }, icon("image")),
      field,
      send,
    );
  }
  grow();
}

function grow() {
  const empty = field.value.trim() === "";
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 140)}px`;
  const label = t(empty ? "send_like" : "send");
  if (send.getAttribute("aria-label") === label && send.firstChild) return;
  send.setAttribute("aria-label", label);
  send.title = label;
  fill(send, icon(empty ? "like" : "send", true));
}

async function submit(event) {
  event?.preventDefault();
  const text = field.value.trim();
  if (!text) {
    const url = `${location.origin}/sandbox/web/pictures/like.svg`;
    return attempt(() => act({ act: "attach", kind: "sticker", url }));
  }
  field.value = "";
  drafts.delete(state.psid);
  grow();
  await attempt(() => act({ act: "say", text }));
  field.focus();
}

field.addEventListener("input", () => {
  drafts.set(state.psid, field.value);
  grow();
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
});
bar.addEventListener("submit", submit);
document.addEventListener("keydown", (event) => event.key === "Escape" && (popup.hidden = true));

function photo() {
  const url = `${location.origin}/sandbox/web/pictures/broken-lamp.svg`;
  return attempt(() => act({ act: "attach", kind: "image", url }));
}

/** The page's persistent menu, then what a person at the Page's inbox could do. */
function togglePopup(page, visitor) {
  popup.hidden = !popup.hidden;
  if (popup.hidden) return;
  const menus = Array.isArray(page.persistent_menu) ? page.persistent_menu : [];
  const menu = menus.find((one) => one.locale === visitor.locale) ?? menus.find((one) => one.locale === "default");
  const tap = (item) => {
    popup.hidden = true;
    attempt(() => act({ act: "postback", title: item.title, payload: item.payload }));
  };
  const items = (menu?.call_to_actions ?? []).map((item) =>
    item.type === "web_url"
      ? h("a", { class: "popup-item", href: item.url, target: "_blank", rel: "noopener noreferrer" }, item.title)
      : h("button", { type: "button", class: "popup-item", onclick: () => tap(item) }, item.title),
  );
  const answer = h("input", { type: "text", id: "inbox-answer", maxlength: "1900", autocomplete: "off" });
  const inbox = h(
    "form",
    { class: "popup-inbox" },
    h("label", { for: "inbox-answer" }, icon("inbox"), t("inbox_answer")),
    h("p", { class: "hint" }, t("inbox_hint")),
    h("div", { class: "paste-row" }, answer, h("button", { class: "button small" }, t("send"))),
  );
  inbox.onsubmit = (event) => {
    event.preventDefault();
    if (!answer.value.trim()) return;
    popup.hidden = true;
    attempt(() => act({ act: "inbox", text: answer.value }));
  };
  fill(popup, items.length > 0 && h("p", { class: "popup-title" }, t("page_menu")), items, inbox);
  popup.querySelector("button, a, input")?.focus();
}


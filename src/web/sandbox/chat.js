// The middle pane: one thread with the page, as Messenger shows it.

import { avatar, fill, h, icon, pinToEnd, reconcile } from "./dom.js";
import { bubble, quickReplies } from "./bubbles.js";
import { composer, drawComposer } from "./composer.js";
import { lang, t, day } from "./i18n.js";
import { attempt } from "./notice.js";
import { act, currentPage, currentVisitor, state } from "./store.js";

const QUARTER = 15 * 60 * 1000;
const REACTIONS = ["❤️", "😆", "😮", "😢", "😠", "👍"];

const head = h("div", { class: "chat-head" });
const log = h("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0" });
const scroller = h("div", { class: "scroller" }, log);
const foot = h("div", { class: "chat-foot" });
const toEnd = pinToEnd(scroller, log);
let shown = "";
let readAsked = "";

/** Draws the thread; keeps to the bottom unless the reader has scrolled up. */
export function drawChat() {
  const pane = document.getElementById("chat");
  const visitor = currentVisitor();
  const page = currentPage();
  if (!state.data || !visitor || !page) return fill(pane, h("p", { class: "empty" }, state.offline ? t("lost") : t(state.data ? "pick" : "loading")));
  if (head.parentNode !== pane) fill(pane, head, scroller, foot);
  drawHead(visitor, page);
  const thread = state.data.thread;
  if (!thread) return;
  const other = shown !== thread.psid;
  reconcile(log, lines(thread, visitor, page));
  drawFoot(thread, visitor, page);
  log.setAttribute("aria-label", `${visitor.name} – ${page.name}`);
  if (other || ownIsNew(thread)) requestAnimationFrame(toEnd);
  shown = thread.psid;
  markRead(thread, visitor);
}

let lastOwnMid = "";

/** What the visitor writes is always shown, wherever they had scrolled to. */
function ownIsNew(thread) {
  const tail = thread.items.at(-1);
  const fresh = tail?.side === "visitor" && tail.mid !== lastOwnMid;
  if (fresh) lastOwnMid = tail.mid;
  return fresh;
}

function drawHead(visitor, page) {
  const sig = JSON.stringify([visitor.name, page, lang(), state.offline]);
  if (head.sig === sig) return;
  head.sig = sig;
  fill(
    head,
    avatar(page.picture, page.name, "l"),
    h(
      "div",
      { class: "chat-title" },
      h("h2", {}, page.name),
      h("p", { class: state.offline ? "lost" : "" }, state.offline ? t("lost") : `${page.category} · ${t("replies_at_once")}`),
    ),
    h("div", { class: "as" }, avatar(visitor.picture, visitor.name, "s"), h("span", {}, visitor.name)),
  );
}

/** Every row of the thread, with what decides whether it must be drawn anew. */
function lines(thread, visitor, page) {
  const rows = [];
  if (!thread.started && thread.items.length === 0) return [{ key: "welcome", sig: JSON.stringify([thread.psid, thread.pending_ref, page, lang()]), make: () => welcome(thread, visitor, page) }];
  const { items } = thread;
  rows.push({ key: `intro:${thread.psid}`, sig: JSON.stringify([page, lang()]), make: () => intro(page) });
  const seenMid = lastSeen(thread);
  const lastOwn = items.findLast((item) => item.side === "visitor");
  items.forEach((item, index) => {
    const before = items[index - 1];
    const after = items[index + 1];
    if (!before || gap(before, item) > QUARTER) rows.push(dateLine(item));
    const first = !before || before.side !== item.side || gap(before, item) > QUARTER;
    const last = !after || after.side !== item.side || gap(item, after) > QUARTER;
    const seen = item.mid === seenMid;
    const shape = { first, last, seen, delivered: item === lastOwn && !seen };
    const sig = JSON.stringify([item.message, item.reaction, shape, lang()]);
    rows.push({ key: `${thread.psid}:${item.mid}`, sig, make: (known) => row(item, shape, page, known) });
  });
  const tail = items.at(-1);
  if (tail?.side === "page" && tail.message.quick_replies?.length && !thread.typing) {
    rows.push({ key: `replies:${tail.mid}`, sig: lang(), make: () => quickReplies(tail, thread) });
  }
  if (thread.typing) rows.push({ key: `typing:${thread.psid}`, sig: "", make: () => typing(page) });
  return rows;
}

function gap(one, two) {
  return new Date(two.at) - new Date(one.at);
}

/** The last message of the visitor's that the page has marked as seen. */
function lastSeen(thread) {
  if (!thread.seen_at) return null;
  const seen = new Date(thread.seen_at);
  return thread.items.findLast((item) => item.side === "visitor" && new Date(item.at) <= seen)?.mid ?? null;
}

function dateLine(item) {
  return { key: `day:${item.mid}`, sig: lang(), make: () => h("div", { class: "day" }, day(item.at, state.data.now)) };
}

function row(item, shape, page, known) {
  const own = item.side === "visitor";
  const classes = ["row", own ? "own" : "theirs", shape.first && "first", shape.last && "last", known && "still"];
  const said = bubble(item);
  return h(
    "div",
    { class: classes.filter(Boolean).join(" "), "data-mid": item.mid },
    !own && (shape.last ? avatar(page.picture, page.name, "s") : h("span", { class: "avatar s" })),
    h(
      "div",
      { class: "said" },
      !own && h("span", { class: "unseen" }, `${page.name} ${t("page_said")}`),
      said,
      item.reaction && h("span", { class: "reaction" }, item.reaction),
    ),
    !own && reactor(item),
    own && status(shape, page),
  );
}

function status(shape, page) {
  if (shape.seen) return h("img", { class: "status seen", src: page.picture, alt: t("seen"), title: t("seen") });
  if (shape.delivered) return h("span", { class: "status mark", role: "img", "aria-label": t("delivered"), title: t("delivered") }, icon("check"));
  return h("span", { class: "status" });
}

function reactor(item) {
  const choices = h("span", { class: "reactions", hidden: true });
  const send = (emoji) => attempt(() => act({ act: "react", mid: item.mid, emoji: item.reaction === emoji ? null : emoji }));
  fill(choices, REACTIONS.map((emoji) => h("button", { "aria-label": emoji, onclick: () => ((choices.hidden = true), send(emoji)) }, emoji)));
  const button = h("button", { class: "react", "aria-label": t("react"), onclick: () => (choices.hidden = !choices.hidden) }, icon("smile"));
  return h("span", { class: "reactor" }, button, choices);
}

function typing(page) {
  return h(
    "div",
    { class: "row theirs first last" },
    avatar(page.picture, page.name, "s"),
    h("div", { class: "said" }, h("div", { class: "bubble dots", role: "img", "aria-label": `${page.name} ${t("typing")}` }, h("i"), h("i"), h("i"))),
  );
}

/** What Messenger shows above the first message. */
function intro(page) {
  return h("div", { class: "intro" }, avatar(page.picture, page.name, "xl"), h("h3", {}, page.name), h("p", {}, `${page.category} · Messenger`));
}

function welcome(thread, visitor, page) {
  const greeting = localised(page.greeting, visitor.locale)?.text;
  const text = greeting?.replaceAll("{{user_first_name}}", visitor.first_name).replaceAll("{{user_full_name}}", visitor.name);
  return h(
    "div",
    { class: "welcome" },
    avatar(page.picture, page.name, "xl"),
    h("h3", {}, page.name),
    h("p", {}, `${page.category} · Messenger`),
    page.username && h("p", { class: "handle" }, `m.me/${page.username}`),
    text && h("p", { class: "greeting" }, text),
    thread.pending_ref && h("p", { class: "came-by" }, icon("link"), t("by_link"), h("code", {}, thread.pending_ref)),
  );
}

function localised(list, locale) {
  if (!Array.isArray(list)) return null;
  return list.find((one) => one.locale === locale) ?? list.find((one) => one.locale === "default") ?? null;
}

/** A new thread has questions or a button where others have the composer. */
function drawFoot(thread, visitor, page) {
  const fresh = !thread.started && thread.items.length === 0;
  const breakers = localised(page.ice_breakers, visitor.locale)?.call_to_actions ?? [];
  const sig = JSON.stringify([thread.psid, fresh, fresh && page, lang()]);
  if (foot.sig !== sig) {
    foot.sig = sig;
    const questions = fresh && breakers.length > 0;
    fill(
      foot,
      questions && askList(breakers),
      fresh && !questions && page.get_started && starter(),
      fresh && !page.get_started && h("p", { class: "start-note" }, t("no_button")),
      (!fresh || questions || !page.get_started) && composer(),
    );
  }
  drawComposer(page, visitor);
}

function askList(questions) {
  const ask = (one) => attempt(() => act({ act: "postback", title: one.question, payload: one.payload }));
  return h(
    "div",
    { class: "breakers" },
    h("p", {}, t("ask")),
    questions.map((one) => h("button", { onclick: () => ask(one) }, one.question)),
  );
}

function starter() {
  return h(
    "div",
    { class: "start" },
    h("p", { class: "start-note" }, t("welcome_note")),
    h("button", { class: "button wide", id: "get-started", onclick: () => attempt(() => act({ act: "get_started" })) }, t("get_started")),
  );
}

/** Whoever looks at the thread has read it. */
function markRead(thread, visitor) {
  const tail = thread.items.at(-1)?.mid;
  const key = `${thread.psid}:${tail}`;
  if (visitor.unread === 0 || document.visibilityState !== "visible" || readAsked === key) return;
  readAsked = key;
  setTimeout(() => act({ act: "read" }).catch(() => (readAsked = "")), 400);
}

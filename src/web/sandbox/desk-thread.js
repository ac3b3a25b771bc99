// One conversation at the desk: who and why, the transcript, tickets, and the ways to act on it.

import { api, session } from "./desk-api.js";
import { badge, face } from "./desk-list.js";
import { desk, load, show } from "./desk.js";
import { fill, h, icon, pinToEnd, reconcile, safeUrl } from "./dom.js";
import { lang, t, time } from "./i18n.js";
import { attempt } from "./notice.js";

const head = h("div", { class: "case-head" });
const facts = h("div", { class: "facts" });
const lines = h("div", { class: "lines", role: "log", "aria-live": "polite", tabindex: "0" });
const scroller = h("div", { class: "scroller" }, lines);
const toEnd = pinToEnd(scroller, lines);
const foot = h("form", { class: "case-foot" });
const field = h("textarea", { rows: "2", maxlength: "8000" });
let mode = "reply";
let shown = "";

export function drawThread(body) {
  if (head.parentNode !== body) fill(body, head, facts, scroller, foot);
  const { detail } = desk;
  if (!detail) return;
  const other = shown !== detail.id;
  if (other) {
    shown = detail.id;
    mode = "reply";
    field.value = "";
    facts.sig = foot.sig = head.sig = null;
  }
  drawHead(detail);
  drawFacts(detail);
  reconcile(lines, desk.lines.map((line) => ({ key: line.id, sig: JSON.stringify([line, lang(), desk.colleagues.get(line.agent)?.name]), make: () => drawLine(line) })));
  drawFoot(detail);
  if (other) requestAnimationFrame(toEnd);
}

/** Draws again only when `data` is another. */
function redraw(element, data, draw) {
  const sig = JSON.stringify([data, lang()]);
  if (element.sig === sig) return;
  element.sig = sig;
  draw();
}

function drawHead(detail) {
  redraw(head, [detail.contact, detail.owner, detail.status, desk.colleagues.get(detail.owner.agent)?.name], () => {
    const order = (verb) => attempt(() => api("POST", `conversations/${detail.id}/${verb}`)).then(load);
    const mine = detail.owner.agent === session.user.id;
    const open = detail.status === "open";
    fill(
      head,
      h(
        "div",
        { class: "case-who" },
        h("button", { class: "quiet", "aria-label": t("back"), title: t("back"), onclick: () => show({ open: null }) }, icon("left")),
        face(detail.contact),
        h("div", { class: "desk-who" }, h("h3", {}, detail.contact.name ?? t("anonymous")), badge(detail)),
      ),
      h(
        "div",
        { class: "case-acts" },
        !(mine && open) && h("button", { class: "button small", id: "claim", onclick: () => order("claim") }, t("claim")),
        detail.owner.kind !== "bot" && open && h("button", { class: "button small plain", id: "release", onclick: () => order("release") }, icon("bot"), t("release")),
        open && h("button", { class: "button small plain", id: "close", onclick: () => order("close") }, t("close_it")),
      ),
    );
  });
}

function drawFacts(detail) {
  redraw(facts, [detail.came_from, detail.session?.variables, detail.visitor, detail.open_tickets, desk.pipelines.length], () => {
    const collected = Object.entries({ ...detail.visitor.attributes, ...detail.session?.variables }).filter(([, value]) => value !== null && value !== "");
    const came = [detail.came_from.chatflow_name, detail.came_from.link_label ?? detail.came_from.link_ref].filter(Boolean).join(" · ");
    fill(
      facts,
      detail.open_tickets.map(ticket),
      h(
        "dl",
        {},
        came && fact(t("came_by"), came),
        detail.visitor.locale && fact(t("language_of"), detail.visitor.locale),
        collected.map(([name, value]) => fact(name, shownValue(value))),
      ),
    );
  });
}

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

/** A picture that was sent is shown, anything else as it is kept. */
function shownValue(value) {
  if (value?.url && value?.kind) return attached(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function ticket(one) {
  const status = desk.pipelines.flatMap((pipeline) => pipeline.statuses).find((status) => status.key === one.status);
  const next = status?.next ?? [];
  const name = (key) => desk.pipelines.flatMap((pipeline) => pipeline.statuses).find((status) => status.key === key)?.name ?? key;
  const move = async (event) => {
    await attempt(() => api("POST", `tickets/${one.id}/transitions`, { to: event.target.value }));
    facts.sig = null;
    await load();
  };
  return h(
    "div",
    { class: "ticket" },
    icon("ticket"),
    h("div", { class: "ticket-words" }, h("strong", {}, `${t("ticket")} #${one.number}`), h("span", {}, one.subject)),
    next.length > 0 && session.user.service_seat
      ? h("select", { "aria-label": t("move_to"), onchange: move }, h("option", { value: "" }, name(one.status)), next.map((key) => h("option", { value: key }, `→ ${name(key)}`)))
      : h("span", { class: "badge bot" }, name(one.status)),
  );
}

/** A card, or a line of a receipt. */
function card(one) {
  const url = one.url && safeUrl(one.url);
  const title = h("strong", {}, one.title);
  return h("li", {}, url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title) : title, one.subtitle && h("span", {}, one.subtitle), one.choices?.length > 0 && h("small", {}, one.choices.join(" · ")));
}

function drawLine(line) {
  if (line.kind === "line") return h("div", { class: "line system" }, reasons(line.text), h("time", {}, time(line.at)));
  if (line.kind === "entry") return h("div", { class: "line system" }, icon("link"), `${t("came_from")}: ${line.text}`, h("time", {}, time(line.at)));
  if (line.kind === "reaction") return h("div", { class: "line system" }, `${t("reacted")} ${line.text}`, h("time", {}, time(line.at)));
  const note = line.kind === "note";
  const by = note ? "note" : line.by;
  const who = line.agent ? (line.agent === session?.user.id ? t("owner_me") : desk.colleagues.get(line.agent)?.name ?? t("owner_agent")) : line.by === "visitor" ? "" : t(`owner_${line.by}`);
  const trouble = ["failed", "held", "cancelled"].includes(line.status);
  return h(
    "div",
    { class: `line from-${by}` },
    h(
      "div",
      { class: "line-head" },
      note && h("span", {}, `${t("note_by")} · `),
      who && h("span", {}, who),
      h("time", {}, time(line.at)),
      by !== "visitor" && !note && line.status !== "received" && h("span", { class: trouble ? "trouble" : "" }, t(`status_${line.status}`)),
    ),
    h("div", { class: "line-body" }, line.kind === "tap" && h("span", { class: "tap" }, icon("check")), line.kind !== "cards" && line.text, line.attachments?.map(attached), line.cards?.length > 0 && h("ul", { class: "line-cards" }, line.cards.map(card))),
    line.choices?.length > 0 && h("div", { class: "choices" }, line.choices.map((title) => h("span", {}, title))),
    trouble && line.reason && h("p", { class: "trouble" }, line.reason),
  );
}

/** A decision tells each rule that was looked at; the last one decided, the others are there on request. */
function reasons(text) {
  const rules = text.split(/; (?=rule \d)/);
  if (rules.length < 2) return text;
  return h("details", {}, h("summary", {}, rules.at(-1)), rules.slice(0, -1).map((rule) => h("p", {}, rule)));
}

function attached(one) {
  const url = one.url && safeUrl(one.url);
  if (!url) return one.title ?? `[${one.kind}]`;
  if (["image", "sticker"].includes(one.kind)) return h("img", { class: "attached", src: url, alt: one.title ?? "", loading: "lazy" });
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, one.title ?? `[${one.kind}]`);
}

function drawFoot(detail) {
  const mine = detail.owner.agent === session.user.id && detail.status === "open";
  if (!mine && mode === "reply" && foot.contains(document.activeElement)) field.blur();
  redraw(foot, [detail.id, mine, mode, session.user.service_seat], () => {
    const choose = (next) => {
      mode = next;
      drawFoot(desk.detail);
      field.focus();
    };
    const tab = (name) => h("button", { type: "button", "aria-pressed": String(mode === name), onclick: () => choose(name) }, t(name));
    const blocked = mode === "reply" && !mine;
    field.disabled = blocked;
    field.placeholder = blocked ? t(session.user.service_seat ? "claim_first" : "no_seat") : t(`${mode}_hint`);
    field.setAttribute("aria-label", t(`${mode}_hint`));
    foot.className = `case-foot ${mode}`;
    fill(
      foot,
      field,
      h(
        "div",
        { class: "case-send" },
        h("div", { class: "modes" }, tab("reply"), tab("note")),
        h("button", { class: "button small", id: "send-reply", disabled: blocked }, t(mode === "reply" ? "send_reply" : "save_note")),
      ),
    );
  });
}

async function submit(event) {
  event?.preventDefault();
  const text = field.value.trim();
  if (!text || field.disabled) return;
  const path = mode === "reply" ? "messages" : "notes";
  const done = await attempt(async () => (await api("POST", `conversations/${desk.open}/${path}`, { text })) ?? true);
  if (done === undefined) return;
  field.value = "";
  await load();
}

foot.addEventListener("submit", submit);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
});

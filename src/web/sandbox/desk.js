// The right pane: an agent's desk on the real admin API. Signed out: who to be. Signed in: the inbox, then one conversation.

import "./desk-words.js";
import { api, session, signIn, signOut } from "./desk-api.js";
import { drawList } from "./desk-list.js";
import { drawThread } from "./desk-thread.js";
import { fill, h, icon } from "./dom.js";
import { lang, t } from "./i18n.js";
import { attempt, notice } from "./notice.js";
import { state } from "./store.js";

/** What the desk shows: tab, list, opened conversation, colleagues by id. */
export const desk = { tab: "waiting", list: [], open: null, detail: null, lines: [], colleagues: new Map(), pipelines: [], me: null };

const head = h("div", { class: "desk-head" });
const body = h("div", { class: "desk-body" });
let drawn = "";

export function drawDesk() {
  const pane = document.getElementById("desk");
  if (!state.data) return;
  const user = session?.user;
  const offers = state.data.offers.sign_ins;
  const sig = JSON.stringify([user?.id, lang(), user ? null : offers]);
  if (drawn !== sig) {
    drawn = sig;
    fill(pane, head, body);
    body.textContent = "";
    if (user) start();
    else drawSignIn(offers);
  }
  if (session) drawInbox();
}

function drawInbox() {
  drawHead();
  if (desk.open) drawThread(body);
  else drawList(body);
}

function drawHead() {
  const { user } = session;
  const mine = desk.colleagues.get(user.id);
  const sig = JSON.stringify([user.id, mine?.presence, lang()]);
  if (head.sig === sig) return;
  head.sig = sig;
  fill(
    head,
    disc(user.name),
    h("div", { class: "desk-who" }, h("h2", {}, user.name), h("p", {}, user.role)),
    mine && presence(mine),
    h("button", { class: "quiet", "aria-label": t("sign_out"), title: t("sign_out"), onclick: leave }, icon("out")),
  );
}

function presence(mine) {
  const options = ["online", "away", "offline"].map((word) => h("option", { value: word, selected: mine.presence === word }, t(`presence_${word}`)));
  const change = async (event) => {
    await attempt(() => api("PUT", `agents/${session.user.id}/presence`, { presence: event.target.value }));
    await load();
  };
  return h("span", { class: `presence ${mine.presence}` }, h("select", { "aria-label": t("presence"), onchange: change }, options));
}

/** A disc with initials, for people without a picture. */
export function disc(name, small = false) {
  const letters = name.split(/\s+/).map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();
  return h("span", { class: small ? "disc small" : "disc", "aria-hidden": "true" }, letters);
}

function drawSignIn(offers) {
  head.sig = null;
  const enter = (email, password) =>
    attempt(async () => {
      await signIn(email, password);
      drawDesk();
    });
  const form = h(
    "form",
    { class: "sign-in" },
    h("label", {}, t("address"), h("input", { type: "email", name: "email", required: true, autocomplete: "username" })),
    h("label", {}, t("password"), h("input", { type: "password", name: "password", required: true, autocomplete: "current-password" })),
    h("button", { class: "button" }, t("sign_in")),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    enter(form.elements.email.value, form.elements.password.value);
  };
  fill(head, h("span", { class: "link-sign" }, icon("desk")), h("div", { class: "desk-who" }, h("h2", {}, t("desk"))));
  fill(
    body,
    h(
      "div",
      { class: "sign-ins" },
      h("p", { class: "hint" }, t("desk_hint")),
      offers.length > 0 && h("h3", {}, t("sign_in_as")),
      h("ul", {}, offers.map((one) => h("li", {}, person(one, () => enter(one.email, one.password))))),
      h("details", { open: offers.length === 0 }, h("summary", {}, t("other_account")), form),
    ),
  );
}

function person(one, onclick) {
  return h(
    "button",
    { class: "sign-in-as", "data-email": one.email, onclick },
    disc(one.name),
    h("span", { class: "visitor-words" }, h("span", { class: "visitor-name" }, one.name), h("span", { class: "visitor-last" }, h("span", { class: "clip" }, one.note[lang()] || one.role))),
    icon("right"),
  );
}

async function leave() {
  Object.assign(desk, { tab: "waiting", list: [], open: null, detail: null, lines: [] });
  await signOut();
  drawDesk();
}

const FILTERS = { waiting: "owner=queue&status=open", mine: "agent=me&status=open", all: "status=open" };

/** Shows another tab, or a conversation, or (null) the list again. */
export async function show(change) {
  Object.assign(desk, change);
  if ("open" in change) Object.assign(desk, { detail: null, lines: [] });
  body.textContent = "";
  drawDesk();
  await load();
}

async function start() {
  await Promise.all([
    attempt(async () => (desk.pipelines = (await api("GET", "pipelines")).items)),
    load(),
  ]);
  if (desk.list.length === 0 && desk.tab === "waiting" && session) {
    const mine = await api("GET", `conversations?${FILTERS.mine}`).catch(() => null);
    if (mine?.items.length) await show({ tab: "mine" });
  }
}

let loading = null;
let again = false;

/** Reads what is shown. Quick calls become one more reading, not many. */
export async function load() {
  if (!session) return undefined;
  if (loading) {
    again = true;
    return loading;
  }
  loading = (async () => {
    do {
      again = false;
      await read().catch((error) => error.status && error.status !== 401 && notice(`${t("failed")} ${error.message}`));
    } while (again && session);
    loading = null;
    drawDesk();
  })();
  return loading;
}

async function read() {
  const opened = desk.open;
  const [agents, list, detail, lines] = await Promise.all([
    api("GET", "agents?limit=200").catch(() => null),
    opened ? null : api("GET", `conversations?${FILTERS[desk.tab]}`),
    opened ? api("GET", `conversations/${opened}`) : null,
    opened ? transcript(opened) : null,
  ]);
  for (const agent of agents?.items ?? []) desk.colleagues.set(agent.user ?? agent.id, agent);
  if (list && !desk.open) desk.list = list.items;
  if (detail && desk.open === opened) Object.assign(desk, { detail, lines });
}

/** The newest lines, in reading order. */
async function transcript(id) {
  const newest = await api("GET", `conversations/${id}/messages?limit=200`);
  return newest.items.reverse();
}

let soon = 0;

/** Something happened in the sandbox: look again shortly. */
export function deskChanged() {
  clearTimeout(soon);
  soon = setTimeout(load, 120);
}

setInterval(() => document.visibilityState === "visible" && load(), 4000);

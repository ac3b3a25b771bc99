// What the page knows: the sandbox's state, and who the visitor is. Everything draws from here.

/** { psid, data, offline, pane } */
export const state = { psid: localStorage.getItem("causerie.psid"), data: null, offline: false, pane: "chat" };

const listeners = new Set();

/** Calls `listener` now and after every change. */
export function watch(listener) {
  listeners.add(listener);
}

export function changed() {
  for (const listener of listeners) listener(state);
}

export function currentVisitor() {
  return state.data?.visitors.find((visitor) => visitor.psid === state.psid) ?? null;
}

export function currentPage() {
  const page = state.data?.thread?.page ?? currentVisitor()?.page;
  return state.data?.pages.find((one) => one.id === page) ?? state.data?.pages[0] ?? null;
}

async function load() {
  const query = state.psid ? `?psid=${encodeURIComponent(state.psid)}` : "";
  const answer = await fetch(`/sandbox/api/state${query}`);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  state.data = await answer.json();
  if (!currentVisitor() && state.data.visitors.length > 0) {
    state.psid = state.data.visitors[0].psid;
    return load();
  }
}

let running = null;
let again = false;

/** Reads the state anew; calls during a running read lead to one more. */
export async function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      try {
        await load();
        state.offline = false;
      } catch {
        state.offline = true;
      }
      changed();
    } while (again);
    running = null;
  })();
  return running;
}

/** Listens for changes; the browser reconnects by itself. */
export function follow(onChange) {
  const source = new EventSource("/sandbox/api/live");
  source.onmessage = () => onChange();
  source.onerror = () => {
    state.offline = true;
    changed();
  };
}

/** Becomes another visitor. */
export async function choose(psid) {
  state.psid = psid;
  localStorage.setItem("causerie.psid", psid);
  state.data.thread = null;
  state.pane = "chat";
  changed();
  await refresh();
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.error || `HTTP ${answer.status}`);
}

/** The visitor does something: { act: "say", text } and so on. */
export function act(body) {
  return post(`/sandbox/api/threads/${encodeURIComponent(state.psid)}/acts`, body);
}

export async function addVisitor(person) {
  const { psid } = await post("/sandbox/api/visitors", person);
  await choose(psid);
}

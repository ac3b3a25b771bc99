// The agent's side speaks the real admin API, as any agent's tool would: sign in, refresh, list, answer.

const KEY = "causerie.desk";

/** { access_token, refresh_token, user } or null. One per browser tab, so that two tabs can be two agents. */
export let session = JSON.parse(sessionStorage.getItem(KEY) || "null");

function keep(next) {
  session = next;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
}

async function call(method, path, body, token) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = key();
  return fetch(`/v1/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function read(answer) {
  const body = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.ok) return body;
  const error = new Error(body?.detail || body?.title || `HTTP ${answer.status}`);
  error.code = body?.code;
  error.status = answer.status;
  throw error;
}

export async function signIn(email, password) {
  keep(await read(await call("POST", "auth/login", { email, password })));
}

export async function signOut() {
  const { access_token: token, refresh_token } = session ?? {};
  keep(null);
  if (token) await call("POST", "auth/logout", { refresh_token }, token).catch(() => null);
}

let refreshing = null;

/** Exchanges the refresh token; callers at the same time share one exchange, for it works only once. */
function renew() {
  refreshing ??= (async () => {
    try {
      keep(await read(await call("POST", "auth/refresh", { refresh_token: session.refresh_token })));
    } catch (error) {
      if (error.status) keep(null);
      throw error;
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

/** api("GET", "conversations?status=open"); an expired token is renewed once. */
export async function api(method, path, body) {
  const answer = await call(method, path, body, session?.access_token);
  if (answer.status !== 401 || !session) return read(answer);
  await renew();
  return read(await call(method, path, body, session.access_token));
}

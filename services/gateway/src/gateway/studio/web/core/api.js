// The one way to the API: cookies, the token for changes, one refresh at a time, errors that say what to do.

export const API = "/api/v1";

/** An answer of 400 and above, or none at all. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 where nothing answered
   * @param {{code?: string, message?: string, fields?: Record<string, string> | null, details?: any, request_id?: string}} error
   * @param {number | null} retryAfter seconds
   */
  constructor(status, error, retryAfter = null) {
    super(error.message ?? "");
    this.status = status;
    this.code = error.code ?? "unknown";
    /** @type {Record<string, string>} what is wrong with which input */
    this.fields = error.fields ?? {};
    this.details = error.details ?? {};
    this.requestId = error.request_id ?? null;
    this.retryAfter = retryAfter;
  }
}

/** @type {() => void} what is called when the session is over for good */
let ended = () => {};

/** @param {() => void} then */
export function whenEnded(then) {
  ended = then;
}

export function csrf() {
  return document.cookie.match(/(?:^|; )__Host-csrf=([^;]*)/)?.[1] ?? "";
}

/** A key under which an order is placed once, however often it is sent. */
export function newKey() {
  return crypto.randomUUID();
}

/**
 * @typedef {object} Asked
 * @property {unknown} [body] sent as JSON, or as it is where it is a FormData or a Blob
 * @property {Record<string, string | number | boolean | null | undefined>} [query] absent values are left away
 * @property {string} [key] an Idempotency-Key
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 * @property {boolean} [open] no session is needed: a 401 is an answer like others
 * @property {"json" | "blob" | "response"} [as]
 */

/**
 * Ask the API. Paths begin behind `/api/v1`, or are whole addresses of this host.
 * @param {string} method
 * @param {string} path
 * @param {Asked} [asked]
 * @returns {Promise<any>} the JSON of the answer, null where it has no body
 * @throws {ApiError}
 */
export async function call(method, path, asked = {}) {
  const before = csrf();
  let answer = await send(method, path, asked);
  if (answer.status === 401 && !asked.open && (await refreshed(before))) answer = await send(method, path, asked);
  if (answer.ok) return read(answer, asked.as ?? "json");
  const error = await problem(answer);
  if (answer.status === 401 && !asked.open) ended();
  throw error;
}

/** @param {string} path @param {Asked} [asked] */
export const get = (path, asked) => call("GET", path, asked);
/** @param {string} path @param {unknown} [body] @param {Asked} [asked] */
export const post = (path, body, asked) => call("POST", path, { ...asked, body });
/** @param {string} path @param {unknown} [body] @param {Asked} [asked] */
export const put = (path, body, asked) => call("PUT", path, { ...asked, body });
/** @param {string} path @param {unknown} [body] @param {Asked} [asked] */
export const patch = (path, body, asked) => call("PATCH", path, { ...asked, body });
/** @param {string} path @param {Asked} [asked] */
export const remove = (path, asked) => call("DELETE", path, asked);

/**
 * Open a session in cookies: login, second factor, or the ticket of a sign-in elsewhere.
 * @param {string} path
 * @param {unknown} body
 * @param {string} [line] the product line
 */
export function open(path, body, line) {
  /** @type {Record<string, string>} */
  const headers = { "X-Session": "cookie" };
  if (line) headers["X-Product-Line"] = line;
  return call("POST", path, { body, headers, open: true });
}

/** @param {string} path @param {Asked["query"]} [query] */
export function address(path, query = {}) {
  const url = new URL(path.startsWith("/api/") || /^https?:/.test(path) ? path : API + path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url;
}

/** @param {string} method @param {string} path @param {Asked} asked */
async function send(method, path, asked) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...asked.headers };
  let body;
  if (asked.body instanceof FormData || asked.body instanceof Blob) body = asked.body;
  else if (asked.body !== undefined) {
    body = JSON.stringify(asked.body);
    headers["Content-Type"] = "application/json";
  }
  const token = csrf();
  if (token && method !== "GET") headers["X-CSRF-Token"] = token;
  if (asked.key) headers["Idempotency-Key"] = asked.key;
  try {
    const url = address(path, asked.query);
    return await fetch(url, { method, headers, body, signal: asked.signal, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { code: "offline" });
  }
}

/** @param {Response} answer @param {string} as */
async function read(answer, as) {
  if (as === "response") return answer;
  if (as === "blob") return answer.blob();
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

/** @param {Response} answer */
async function problem(answer) {
  const after = Number(answer.headers.get("Retry-After"));
  let error = {};
  try {
    error = (await answer.json()).error ?? {};
  } catch {
    error = { code: `http_${answer.status}` };
  }
  return new ApiError(answer.status, error, after > 0 ? after : null);
}

/** @type {Promise<boolean> | null} */
let refreshing = null;

/**
 * Exchange the refresh token once for all that wait, other tabs among them; it is good for one exchange.
 * @param {string} before the token for changes that was there when the answer was 401
 */
export function refreshed(before) {
  refreshing ??= locked(async () => {
    const now = csrf();
    if (!now) return false;
    // Another tab was quicker: its cookies are ours.
    if (now !== before) return true;
    const answer = await fetch(`${API}/auth/refresh`, {
      method: "POST",
      headers: { "X-Session": "cookie", "X-CSRF-Token": now },
      credentials: "same-origin",
    });
    return answer.ok;
  })
    .catch(() => false)
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

/** @param {() => Promise<boolean>} work @returns {Promise<boolean>} */
async function locked(work) {
  return navigator.locks ? navigator.locks.request("studio.refresh", work) : work();
}

/**
 * A signed link as an address of the host that the page is from, where it leads there: people may call it by another name.
 * @param {string} url
 */
export function local(url) {
  const found = new URL(url, location.origin);
  return found.pathname.startsWith(`${API}/objects/`) && isLoopback(found.hostname) && isLoopback(location.hostname)
    ? found.pathname + found.search
    : found.href;
}

/** @param {string} host */
const isLoopback = (host) => host === "localhost" || host.endsWith(".localhost") || /^127\./.test(host) || host === "[::1]";

/**
 * Have the browser save what an address leads to.
 * @param {string} url
 */
export function save(url) {
  const link = document.createElement("a");
  link.href = local(url);
  link.download = "";
  link.click();
}

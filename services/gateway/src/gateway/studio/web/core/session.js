// Who is signed in, and what they have.
import { csrf, get, open, post, whenEnded } from "./api.js";
import { BASE } from "./router.js";
import { draftsOf, keep, recall } from "./store.js";
import { computed, signal } from "./view.js";

/**
 * The account as `GET /users/me` says it; null: nobody; undefined: not known yet.
 * @type {import("@preact/signals").Signal<any>}
 */
export const me = signal(undefined);

/**
 * As `GET /billing/credits/balance` says it, or null.
 * @type {import("@preact/signals").Signal<any>}
 */
export const balance = signal(null);

/** The product line of the session. @type {import("@preact/signals").Signal<string>} */
export const line = signal(recall("line") ?? "talkingphoto");

export const isAdmin = computed(() => me.value?.role === "admin");

export const LINES = ["talkingphoto", "reely", "filmstudio", "pixie"];

whenEnded(() => {
  if (me.value) me.value = null;
});

/** Find out who is here. */
export async function begin() {
  if (!csrf()) {
    me.value = null;
    return;
  }
  try {
    await known(await get("/users/me"));
  } catch (error) {
    me.value = null;
    if (/** @type {any} */ (error).status !== 401) throw error;
  }
}

/**
 * @param {string} email
 * @param {string} password
 * @param {{line?: string, consents?: {kind: string}[]}} [more]
 * @returns {Promise<string | null>} a ticket where a code is asked for too
 */
export async function signIn(email, password, more = {}) {
  const body = more.consents ? { email, password, consents: more.consents } : { email, password };
  return opened(await open("/auth/login", body, more.line), more.line);
}

/** @param {string} ticket @param {string} code @param {string} [asked] */
export async function signInWithCode(ticket, code, asked) {
  await opened(await open("/auth/login/second-factor", { ticket, code }), asked);
}

/**
 * With the ticket of a sign-in at Google or Apple, and the secret that it was begun with.
 * @param {string} ticket @param {string} verifier @param {string} [asked]
 * @returns {Promise<string | null>} another ticket where a code is asked for too
 */
export async function signInWithTicket(ticket, verifier, asked) {
  return opened(await open("/auth/oauth/tokens", { ticket, code_verifier: verifier }), asked);
}

/** @param {any} answer @param {string} [asked] @returns {Promise<string | null>} */
async function opened(answer, asked) {
  if (answer.ticket) return answer.ticket;
  line.value = asked ?? answer.user.home_product_line;
  keep("line", line.value);
  await known(answer.user);
  return null;
}

/** End the session. The page is loaded anew: nothing of the account stays in its memory. */
export async function signOut() {
  await post("/auth/logout").catch(() => null);
  location.assign(`${BASE}/`);
}

/** Ask again what the account is and has, after something changed it. */
export async function renewed() {
  await known(await get("/users/me"));
}

/** Ask again how many credits there are; none are known in a product that billing has not heard of yet. */
export async function renewBalance() {
  balance.value = await get("/billing/credits/balance").catch((error) => (error.status === 404 ? null : balance.value));
}

/** @param {any} user */
async function known(user) {
  draftsOf(user.id);
  me.value = user;
  await renewBalance();
}

// Signing in with Google or Apple: the page keeps a secret, the browser goes there, and comes back with a ticket.
import { API, get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { t } from "../../core/i18n.js";
import { BASE } from "../../core/router.js";
import { html } from "../../core/view.js";
import { Button } from "../../ui/button.js";

const KEPT = "studio.sign-in";

/** @param {Uint8Array} bytes */
const url64 = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

/**
 * @typedef {object} Begun a sign-in that was begun in this window
 * @property {string} provider
 * @property {string} verifier the secret that the ticket is good with
 * @property {string} query of the page that it began on: where to go then, and in which product
 */

/** What was begun, once. @returns {Begun | null} */
export function begun() {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return kept ? JSON.parse(kept) : null;
}

/**
 * Send the browser there.
 * @param {string} provider
 * @param {string} query
 * @param {boolean} agrees to the terms and the privacy policy, in case an account is opened
 */
export async function leave(provider, query, agrees) {
  const verifier = url64(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem(KEPT, JSON.stringify({ provider, verifier, query }));
  const asked = new URLSearchParams({ redirect_to: `${location.origin}${BASE}/signed-in`, code_challenge: url64(new Uint8Array(digest)) });
  const line = new URLSearchParams(query).get("line");
  if (line) asked.set("product_line", line);
  if (agrees) for (const kind of ["terms", "privacy"]) asked.append("consent", kind);
  location.assign(`${API}/auth/oauth/${provider}/start?${asked}`);
  // The page stays as it is until the other one is there; who comes back to it may press again.
  await new Promise((/** @type {(value: unknown) => void} */ done) => addEventListener("pageshow", done, { once: true }));
}

/**
 * A button for each of them that is set up; nothing where none is.
 * @param {{query: URLSearchParams, agrees?: boolean}} given `agrees`: whoever presses it agrees to what stands beside it
 */
export function Elsewhere({ query, agrees = false }) {
  const asked = useAsked(() => get("/auth/oauth/providers", { open: true }), []);
  const providers = asked.value?.providers ?? [];
  if (providers.length === 0) return null;
  return html`<div class="stack elsewhere"><p class="or"><span>${t("account.elsewhere.or")}</span></p>
    ${providers.map((/** @type {string} */ one) => html`<${Button} size="large" class="button-wide" onPress=${() => leave(one, String(query), agrees)}>${t(`account.elsewhere.${one}`)}</${Button}>`)}
    ${agrees && html`<p class="faint">${t("account.elsewhere.agree")}</p>`}</div>`;
}

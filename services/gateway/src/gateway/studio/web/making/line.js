// A page of one product in the session of another: says so, and leads there and back.
import { t } from "../core/i18n.js";
import { line, me } from "../core/session.js";
import { html } from "../core/view.js";
import { LinkButton } from "../ui/button.js";
import { Icon } from "../ui/icon.js";

const OPENING_TRIES = 20;
const OPENING_MS = 700;

/**
 * Draws `children` in a session of the product, and the way into one otherwise.
 * @param {{product: string, room: string, path: string, icon: string, children: any}} given `room` has the words `gate.title` and `gate.text`
 */
export function InLine({ product, room, path, icon, children }) {
  if (line.value === product) return children;
  // An address keeps its own direction within the sentence.
  const names = { product: t(`common.line.${product}`), now: t(`common.line.${line.value}`), email: `\u2068${me.value?.email ?? ""}\u2069` };
  const next = new URLSearchParams({ line: product, next: path });
  // The one heading is in sight: one that shows itself only while it has the focus moves the button that is pressed.
  return html`<div class="page"><div class="empty"><span class="empty-icon"><${Icon} name=${icon} size=${28} /></span>
    <h1 tabindex="-1">${t(`${room}.gate.title`, names)}</h1>
    <div class="empty-text"><p>${t(`${room}.gate.text`, names)}</p><p>${t(`${room}.gate.note`, names)}</p></div>
    <${LinkButton} kind="primary" size="large" to=${`/sign-in?${next}`}>${t(`${room}.gate.action`, names)}</${LinkButton}></div></div>`;
}

/**
 * Ask billing, which hears of an account's first visit to a product a moment later than the page is there.
 * @template T
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function onceOpened(ask) {
  for (let left = OPENING_TRIES; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0 || ![403, 404, 409, 503].includes(/** @type {any} */ (error).status)) throw error;
      await new Promise((/** @type {(value: void) => void} */ done) => setTimeout(done, OPENING_MS));
    }
  }
}

// What the doors of the studio share.
import { html, useState } from "../../core/view.js";

/** Where each product begins. @type {Record<string, string>} */
const HOMES = { talkingphoto: "/videos/new", reely: "/clips", filmstudio: "/film", pixie: "/pictures" };

/** Where to go after signing in: only to a page of the studio. @param {URLSearchParams} query */
export function nextOf(query) {
  const next = query.get("next") ?? "";
  return /^\/(?!\/)/.test(next) && !/^\/sign-/.test(next) ? next : (HOMES[query.get("line") ?? ""] ?? "/videos/new");
}

/** @param {{title: string, lead?: any, children: any}} given */
export function Door({ title, lead, children }) {
  return html`<div class="door card"><div class="stack-tight"><h1 tabindex="-1">${title}</h1>${lead && html`<p class="soft">${lead}</p>`}</div>${children}</div>`;
}

/**
 * What can be asked while a form is sent: its error, and whether it is under way.
 * @param {(event: Event) => Promise<unknown>} send
 */
export function useForm(send) {
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await send(event);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, submit, setError, fieldError: (/** @type {string} */ name) => error?.fields?.[name] ?? null };
}

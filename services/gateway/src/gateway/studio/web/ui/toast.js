// Short messages that go away, with a way back where there is one.
import { t } from "../core/i18n.js";
import { html, signal } from "../core/view.js";
import { Button, IconButton } from "./button.js";

/** @typedef {{id: number, text: string, undo?: () => unknown}} Toast */

/** @type {import("@preact/signals").Signal<Toast[]>} */
const toasts = signal([]);
let next = 1;

/**
 * Say something in passing. With `undo` it stays longer and offers that.
 * @param {string} text
 * @param {{undo?: () => unknown}} [more]
 */
export function toast(text, { undo } = {}) {
  const id = next++;
  toasts.value = [...toasts.value, { id, text, undo }];
  setTimeout(() => drop(id), undo ? 10000 : 6000);
}

/** @param {number} id */
function drop(id) {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** Where they appear; the shell has it once. */
export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map((one) => html`<div class="toast" key=${one.id}>
      <span>${one.text}</span>
      ${one.undo && html`<${Button} size="small" kind="quiet" onPress=${async () => { drop(one.id); await one.undo?.(); }}>
        ${t("common.undo")}</${Button}>`}
      <${IconButton} label=${t("common.close")} icon="close" size="small" onPress=${() => drop(one.id)} />
    </div>`)}
  </div>`;
}

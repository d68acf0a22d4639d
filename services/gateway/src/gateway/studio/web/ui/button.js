// Things to press.
import { BASE } from "../core/router.js";
import { html, useState } from "../core/view.js";
import { Icon } from "./icon.js";

/**
 * @typedef {object} Look
 * @property {"primary" | "plain" | "quiet" | "danger"} [kind]
 * @property {"small" | "large"} [size]
 * @property {string} [icon]
 * @property {string} [class]
 * @property {any} [children]
 */

/** @param {Look} look */
const classes = (look) =>
  ["button", `button-${look.kind ?? "plain"}`, look.size && `button-${look.size}`, look.class].filter(Boolean).join(" ");

/**
 * A button. While what it began is not done it stays where it is, says so, and begins nothing twice.
 * @param {Look & {onPress?: (event: Event) => unknown, busy?: boolean, disabled?: boolean, type?: "button" | "submit", [more: string]: any}} given
 */
export function Button({ kind, size, icon, class: more, children, onPress, busy = false, disabled = false, type = "button", ...rest }) {
  const [running, setRunning] = useState(false);
  const isBusy = busy || running;
  const press = async (/** @type {Event} */ event) => {
    if (isBusy || disabled) {
      event.preventDefault();
      return;
    }
    const begun = onPress?.(event);
    if (begun instanceof Promise) {
      setRunning(true);
      await begun.finally(() => setRunning(false));
    }
  };
  return html`<button
    ...${rest}
    type=${type}
    class=${classes({ kind, size, class: more })}
    aria-busy=${isBusy ? "true" : undefined}
    aria-disabled=${disabled || isBusy ? "true" : undefined}
    onClick=${press}
  >
    ${isBusy ? html`<span class="spinner" aria-hidden="true"></span>` : icon && html`<${Icon} name=${icon} />`}
    ${children && html`<span>${children}</span>`}
  </button>`;
}

/**
 * A button that shows a picture alone; `label` is what it says.
 * @param {{label: string, icon: string, onPress?: (event: Event) => unknown, [more: string]: any}} given
 */
export function IconButton({ label, icon, onPress, ...rest }) {
  return html`<${Button} ...${rest} kind=${rest.kind ?? "quiet"} icon=${icon} onPress=${onPress} aria-label=${label} title=${label} />`;
}

/**
 * A link that looks like a button. `to` is a page of the studio; `href` any other address.
 * @param {Look & {to?: string, href?: string, [more: string]: any}} given
 */
export function LinkButton({ kind, size, icon, class: more, children, to, href, ...rest }) {
  return html`<a ...${rest} class=${classes({ kind, size, class: more })} href=${to ? BASE + to : href}>
    ${icon && html`<${Icon} name=${icon} />`}${children && html`<span>${children}</span>`}
  </a>`;
}

// What a page shows when there is nothing yet, while it waits, and how far something is.
import { percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Icon } from "./icon.js";

/**
 * Nothing here yet: what would be, and the way to it.
 * @param {{icon: string, title: string, children?: any, action?: any}} given
 */
export function Empty({ icon, title, children, action }) {
  return html`<div class="empty"><span class="empty-icon"><${Icon} name=${icon} size=${28} /></span>
    <h2>${title}</h2>${children && html`<div class="empty-text">${children}</div>`}${action}</div>`;
}

/**
 * The shape of what is coming. @param {{lines?: number, block?: boolean}} given
 */
export function Skeleton({ lines = 3, block = false }) {
  return html`<div class="skeleton" role="status"><span class="hidden">${t("common.loading")}</span>
    ${block && html`<div class="skeleton-block"></div>`}
    ${Array.from({ length: lines }, () => html`<div class="skeleton-line"></div>`)}</div>`;
}

/**
 * How far something is; without `value` only that it goes on.
 * @param {{label: string, value?: number | null, note?: any}} given `value` of one
 */
export function Progress({ label, value, note }) {
  const known = typeof value === "number";
  return html`<div class="progress">
    <div class="progress-line"><span>${label}</span>${known && html`<span class="faint">${percent(value)}</span>`}</div>
    <progress aria-label=${label} max="1" value=${known ? value : undefined}></progress>
    ${note && html`<p class="faint">${note}</p>`}
  </div>`;
}

/**
 * A word on how something stands. @param {{kind?: "good" | "bad" | "busy" | "calm" | "warn", children: any}} given
 */
export function Badge({ kind = "calm", children }) {
  return html`<span class="badge badge-${kind}">${children}</span>`;
}

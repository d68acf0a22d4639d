// A few choices behind a button, by the popover that browsers have.
import { html, useId, useRef } from "../core/view.js";
import { BASE } from "../core/router.js";
import { Icon } from "./icon.js";

/**
 * @typedef {{label: any, icon?: string, to?: string, href?: string, onPress?: () => unknown, current?: boolean, danger?: boolean}} Item
 * @param {{label: string, face: any, items: (Item | null)[], head?: any, class?: string}} given `face` is drawn in the button
 */
export function Menu({ label, face, items, head, class: more = "" }) {
  const id = useId();
  const box = useRef(/** @type {any} */ (null));
  const shut = () => box.current?.hidePopover();
  return html`<div class="menu ${more}">
    <button type="button" class="menu-button" popovertarget=${id} aria-label=${label} title=${label}>${face}</button>
    <div class="menu-list" id=${id} ref=${box} popover role="group" aria-label=${label}
      onToggle=${(/** @type {any} */ event) => place(event.currentTarget)}>
      ${head && html`<div class="menu-head">${head}</div>`}
      ${items.map((item) => item && row(item, shut))}
    </div>
  </div>`;
}

/** @param {Item} item @param {() => void} shut */
function row(item, shut) {
  const inside = html`${item.icon && html`<${Icon} name=${item.icon} size=${18} />`}<span>${item.label}</span>
    ${item.current && html`<${Icon} name="check" size=${16} />`}`;
  const look = item.danger ? "menu-item danger" : "menu-item";
  const current = item.current ? "true" : undefined;
  if (item.to || item.href) {
    return html`<a class=${look} href=${item.to ? BASE + item.to : item.href} aria-current=${current} onClick=${shut}>${inside}</a>`;
  }
  return html`<button type="button" class=${look} aria-current=${current} onClick=${() => { shut(); item.onPress?.(); }}>${inside}</button>`;
}

/** Below its button and within the window. @param {HTMLElement} list */
function place(list) {
  const button = list.previousElementSibling?.getBoundingClientRect();
  if (!button) return;
  const { width, height } = list.getBoundingClientRect();
  const wanted = getComputedStyle(list).direction === "rtl" ? button.left : button.right - width;
  const below = button.bottom + 6;
  list.style.left = `${Math.max(8, Math.min(wanted, innerWidth - width - 8))}px`;
  list.style.top = `${below + height > innerHeight && button.top > height ? button.top - height - 6 : below}px`;
}

// Several views of one thing; arrow keys go from one to the next.
import { html, useId, useRef } from "../core/view.js";

/**
 * @param {{label: string, tabs: {key: string, label: any, draw: () => any}[], value: string, onChange: (key: string) => void}} given
 */
export function Tabs({ label, tabs, value, onChange }) {
  const id = useId();
  const list = useRef(/** @type {any} */ (null));
  const at = Math.max(0, tabs.findIndex((tab) => tab.key === value));
  const move = (/** @type {KeyboardEvent} */ event) => {
    const forward = getComputedStyle(list.current).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const steps = { [forward]: 1, ArrowLeft: -1, ArrowRight: -1, Home: -at, End: tabs.length - 1 - at };
    steps[forward] = 1;
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = (at + steps[event.key] + tabs.length) % tabs.length;
    onChange(tabs[next].key);
    list.current.children[next].focus();
  };
  return html`<div class="tabs">
    <div class="tabs-list" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${tabs.map((tab, index) => html`<button type="button" role="tab" id="${id}-${tab.key}" class="tab" aria-selected=${index === at}
        aria-controls="${id}-panel" tabindex=${index === at ? 0 : -1} onClick=${() => onChange(tab.key)}>${tab.label}</button>`)}
    </div>
    <div role="tabpanel" id="${id}-panel" class="tabs-panel" aria-labelledby="${id}-${tabs[at].key}" tabindex="0">${tabs[at].draw()}</div>
  </div>`;
}

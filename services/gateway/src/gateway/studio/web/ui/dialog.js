// A window over the page: the browser's own, which keeps the focus inside and closes on Escape.
import { t } from "../core/i18n.js";
import { html, useEffect, useId, useRef } from "../core/view.js";
import { Button, IconButton } from "./button.js";

/**
 * @param {{title: string, onClose: () => void, children: any, actions?: any, side?: boolean}} given
 */
export function Dialog({ title, onClose, children, actions, side = false }) {
  const id = useId();
  const box = useRef(/** @type {any} */ (null));
  useEffect(() => {
    const dialog = /** @type {HTMLDialogElement} */ (box.current);
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return html`<dialog ref=${box} class=${side ? "dialog dialog-side" : "dialog"} aria-labelledby=${id}
    onCancel=${(/** @type {Event} */ event) => { event.preventDefault(); onClose(); }}
    onClick=${(/** @type {MouseEvent} */ event) => { if (event.target === box.current) onClose(); }}>
    <div class="dialog-inside">
      <div class="dialog-head"><h2 id=${id}>${title}</h2>
        <${IconButton} label=${t("common.close")} icon="close" onPress=${onClose} /></div>
      <div class="dialog-body">${children}</div>
      ${actions && html`<div class="dialog-actions">${actions}</div>`}
    </div>
  </dialog>`;
}

/**
 * Asks before what cannot be undone.
 * @param {{title: string, text: any, action: string, onDo: () => unknown, onClose: () => void, danger?: boolean}} given
 */
export function Confirm({ title, text, action, onDo, onClose, danger = true }) {
  return html`<${Dialog} title=${title} onClose=${onClose} actions=${html`
    <${Button} onPress=${onClose}>${t("common.cancel")}</${Button}>
    <${Button} kind=${danger ? "danger" : "primary"} onPress=${async () => { await onDo(); onClose(); }}>${action}</${Button}>`}>
    <p>${text}</p>
  </${Dialog}>`;
}

// Files by dropping, pasting, choosing or the camera; a keyboard reaches the same.
import { t } from "../core/i18n.js";
import { html, useEffect, useId, useRef, useState } from "../core/view.js";
import { Icon } from "./icon.js";

/**
 * @param {{label: string, hint?: any, accept: string, onFiles: (files: File[]) => void, many?: boolean, paste?: boolean, error?: string | null}} given
 */
export function Dropzone({ label, hint, accept, onFiles, many = false, paste = true, error }) {
  const id = useId();
  const input = useRef(/** @type {any} */ (null));
  const [over, setOver] = useState(false);
  const take = (/** @type {FileList | null | undefined} */ list) => {
    const files = [...(list ?? [])];
    if (files.length) onFiles(many ? files : files.slice(0, 1));
  };
  useEffect(() => {
    if (!paste) return undefined;
    const pasted = (/** @type {ClipboardEvent} */ event) => {
      if (event.clipboardData?.files.length) {
        event.preventDefault();
        take(event.clipboardData.files);
      }
    };
    addEventListener("paste", pasted);
    return () => removeEventListener("paste", pasted);
  });
  return html`<div class="dropzone" data-over=${over}
    onDragOver=${(/** @type {DragEvent} */ event) => { event.preventDefault(); setOver(true); }}
    onDragLeave=${() => setOver(false)}
    onDrop=${(/** @type {DragEvent} */ event) => { event.preventDefault(); setOver(false); take(event.dataTransfer?.files); }}>
    <input ref=${input} id=${id} type="file" accept=${accept} multiple=${many} aria-describedby="${id}-hint"
      aria-invalid=${error ? "true" : undefined}
      onChange=${(/** @type {any} */ event) => { take(event.currentTarget.files); event.currentTarget.value = ""; }} />
    <label for=${id}><${Icon} name="upload" size=${26} /><span class="dropzone-label">${label}</span>
      <span class="faint" id="${id}-hint">${hint ?? t(paste ? "common.drop_hint_paste" : "common.drop_hint")}</span></label>
    ${error && html`<p class="field-error" role="alert">${error}</p>`}
  </div>`;
}

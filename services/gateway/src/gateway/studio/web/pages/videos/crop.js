// Cutting a photo to the face that is to speak: by pointing at it, or by the sliders alone.
import { t } from "../../core/i18n.js";
import { html, useId, useRef, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { drawn } from "./picture.js";

/** @param {{url: string, name: string, onDone: (file: File | null) => void}} given */
export function Crop({ url, name, onDone }) {
  const picture = useRef(/** @type {any} */ (null));
  const [cut, setCut] = useState({ x: 50, y: 40, size: 60 });
  const set = (/** @type {Partial<typeof cut>} */ change) => setCut((before) => ({ ...before, ...change }));

  const point = (/** @type {PointerEvent} */ event) => {
    if (event.type === "pointermove" && event.buttons !== 1) return;
    const box = picture.current.getBoundingClientRect();
    set({ x: (100 * (event.clientX - box.left)) / box.width, y: (100 * (event.clientY - box.top)) / box.height });
  };
  const part = () => {
    const { naturalWidth: width, naturalHeight: height } = picture.current;
    const side = (Math.min(width, height) * cut.size) / 100;
    const at = (/** @type {number} */ share, /** @type {number} */ whole) => Math.max(0, Math.min(whole - side, (share / 100) * whole - side / 2));
    return { x: at(cut.x, width), y: at(cut.y, height), width: side, height: side };
  };
  const shown = () => {
    if (!picture.current?.naturalWidth) return undefined;
    const { naturalWidth: width, naturalHeight: height } = picture.current;
    const box = part();
    return {
      "--x": `${(100 * box.x) / width}%`, "--y": `${(100 * box.y) / height}%`,
      "--w": `${(100 * box.width) / width}%`, "--h": `${(100 * box.height) / height}%`,
    };
  };
  const done = async () => {
    const box = part();
    const side = Math.round(box.width);
    onDone(await drawn(picture.current, box, side, side, name));
  };
  return html`<${Dialog} title=${t("videos.crop.title")} onClose=${() => onDone(null)} actions=${html`
      <${Button} onPress=${() => onDone(null)}>${t("common.cancel")}</${Button}>
      <${Button} kind="primary" onPress=${done}>${t("videos.crop.action")}</${Button}>`}>
    <p class="soft">${t("videos.crop.text")}</p>
    <div class="crop" dir="ltr" onPointerDown=${point} onPointerMove=${point}>
      <img ref=${picture} src=${url} alt="" draggable=${false} onLoad=${() => set({})} />
      <span class="crop-frame" style=${shown()}></span>
    </div>
    <${Slider} label=${t("videos.crop.across")} value=${cut.x} onInput=${(/** @type {number} */ x) => set({ x })} />
    <${Slider} label=${t("videos.crop.down")} value=${cut.y} onInput=${(/** @type {number} */ y) => set({ y })} />
    <${Slider} label=${t("videos.crop.size")} value=${cut.size} min=${15} onInput=${(/** @type {number} */ size) => set({ size })} />
  </${Dialog}>`;
}

/** @param {{label: string, value: number, min?: number, onInput: (value: number) => void}} given */
function Slider({ label, value, min = 0, onInput }) {
  const id = useId();
  return html`<div class="slider"><label for=${id}>${label}</label>
    <input id=${id} type="range" min=${min} max="100" value=${value} onInput=${(/** @type {any} */ event) => onInput(Number(event.currentTarget.value))} /></div>`;
}

// The photo of a video: brought, made smaller where it is too large, looked at by the platform, cut to one face.
import { get, local } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { upload } from "../../core/upload.js";
import { html, useRef, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Dropzone } from "../../ui/dropzone.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Progress, Skeleton } from "../../ui/states.js";
import { Crop } from "./crop.js";
import { alone, drawn, fitted } from "./picture.js";

/**
 * @param {{photo: import("./order.js").Order["photo"], onPhoto: (photo: import("./order.js").Order["photo"]) => void}} given
 */
export function Photo({ photo, onPhoto }) {
  const [part, setPart] = useState(/** @type {number | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [cropping, setCropping] = useState(false);

  /** @param {File} file @param {import("./order.js").Brought} [whole] */
  const take = async (file, whole) => {
    setError(null);
    setPart(0);
    try {
      const { file: sent, reduced } = await fitted(file);
      const kept = await upload(sent, { onProgress: setPart });
      const note = reduced ? t("videos.photo.reduced", { width: number(reduced.width), height: number(reduced.height) }) : undefined;
      onPhoto({ id: kept.id, name: kept.original_name, findings: kept.findings, note, ...(whole ? { whole } : {}) });
    } catch (failure) {
      setError(failure);
    } finally {
      setPart(null);
    }
  };

  if (part !== null) {
    return html`<div class="photo-wait"><${Progress} label=${part < 1 ? t("videos.photo.sending") : t("videos.photo.looking")} value=${part < 1 ? part : null} /></div>`;
  }
  if (!photo) {
    return html`<${Dropzone} label=${t("videos.photo.drop")} accept="image/jpeg,image/png,image/webp,image/heic,image/avif"
        onFiles=${(/** @type {File[]} */ [file]) => take(file)} />
      <${Problem} error=${error} />`;
  }
  const { whole, ...brought } = photo;
  return html`<${Shown} photo=${photo} onCrop=${() => setCropping(true)} onOther=${() => onPhoto(null)} onGone=${() => onPhoto(null)} cropping=${cropping}
      onWhole=${whole && (() => onPhoto(whole))}
      onCropped=${(/** @type {File | null} */ file) => { setCropping(false); if (file) void take(file, whole ?? brought); }} />
    <${Problem} error=${error} />`;
}

/** @param {any} given */
function Shown({ photo, onCrop, onOther, onGone, onWhole, cropping, onCropped }) {
  const file = useAsked(() => get(`/files/${photo.id}`), [photo.id]);
  const picture = useRef(/** @type {any} */ (null));
  const [failed, setFailed] = useState(false);
  if (file.error?.status === 404) onGone();
  const url = file.value?.url && local(file.value.url);
  /** @type {import("./picture.js").Part[]} */
  const faces = file.value?.id === photo.id ? (file.value.faces ?? []) : [];
  const choose = async (/** @type {number} */ chosen) => {
    setFailed(false);
    await picture.current.decode().catch(() => null);
    const { naturalWidth: width, naturalHeight: height } = picture.current;
    const part = alone(faces, chosen, width, height);
    const cut = await drawn(picture.current, part, Math.round(part.width), Math.round(part.height), photo.name).catch(() => null);
    if (cut) onCropped(cut);
    else setFailed(true);
  };
  const worst = photo.findings.some((/** @type {any} */ one) => one.blocking);
  return html`<div class="photo">
    <div class="photo-picture" data-state=${worst ? "bad" : photo.findings.length ? "warn" : "good"}>
      ${url ? html`<div class="faces" dir="ltr"><img ref=${picture} src=${url} alt=${t("videos.photo.alt", { name: photo.name })} />
        ${faces.length === 1 && html`<span class="face-mark" style=${at(faces[0])}></span>`}
        ${faces.length > 1 && faces.map((face, index) => html`<button type="button" class="face-mark" style=${at(face)} data-speaks=${index === 0 && !worst ? "true" : undefined}
          aria-label=${t(index === 0 && !worst ? "videos.face.speaks" : "videos.face.choose", { number: index + 1, count: faces.length })}
          onClick=${() => choose(index)}><span class="face-number" aria-hidden="true">${number(index + 1)}</span></button>`)}</div>`
        : html`<${Skeleton} lines=${0} block />`}
    </div>
    <div class="stack">
      ${photo.findings.length === 0 && html`<${Notice} kind="good" title=${t("videos.photo.good")} />`}
      ${photo.findings.map((/** @type {any} */ finding) => html`<${Notice} kind=${finding.blocking ? "error" : "warning"} title=${advice(finding)} />`)}
      ${faces.length > 1 && html`<p class="soft">${t("videos.face.several")}</p>`}
      ${failed && html`<${Notice} kind="error" title=${t("common.error.broken")} />`}
      ${photo.note && html`<p class="faint">${photo.note}</p>`}
      <div class="row">${onWhole && html`<${Button} size="small" icon="redo" onPress=${onWhole}>${t("videos.face.whole")}</${Button}>`}
        <${Button} size="small" icon="image" onPress=${onCrop}>${t("videos.photo.crop")}</${Button}>
        <${Button} size="small" icon="upload" onPress=${onOther}>${t("videos.photo.other")}</${Button}></div>
    </div>
    ${cropping && url && html`<${Crop} url=${url} name=${photo.name} onDone=${onCropped} />`}
  </div>`;
}

/** Where the mark of a face lies over the photo. @param {import("./picture.js").Part} face */
const at = (face) => ({ "--x": `${100 * face.x}%`, "--y": `${100 * face.y}%`, "--w": `${100 * face.width}%`, "--h": `${100 * face.height}%` });

/** @param {{code: string, advice: string}} finding */
function advice(finding) {
  const key = `videos.finding.${finding.code}`;
  return says(key) ? t(key) : finding.advice;
}

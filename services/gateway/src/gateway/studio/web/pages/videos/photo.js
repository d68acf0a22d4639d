// The photo of a video: brought, made smaller where it is too large, looked at by the platform, cut to one face.
import { get, local } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { upload } from "../../core/upload.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Dropzone } from "../../ui/dropzone.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Progress, Skeleton } from "../../ui/states.js";
import { Crop } from "./crop.js";
import { fitted } from "./picture.js";

/**
 * @param {{photo: import("./order.js").Order["photo"], onPhoto: (photo: import("./order.js").Order["photo"]) => void}} given
 */
export function Photo({ photo, onPhoto }) {
  const [part, setPart] = useState(/** @type {number | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [cropping, setCropping] = useState(false);

  const take = async (/** @type {File} */ file) => {
    setError(null);
    setPart(0);
    try {
      const { file: sent, reduced } = await fitted(file);
      const kept = await upload(sent, { onProgress: setPart });
      const note = reduced ? t("videos.photo.reduced", { width: number(reduced.width), height: number(reduced.height) }) : undefined;
      onPhoto({ id: kept.id, name: kept.original_name, findings: kept.findings, note });
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
  return html`<${Shown} photo=${photo} onCrop=${() => setCropping(true)} onOther=${() => onPhoto(null)} onGone=${() => onPhoto(null)} cropping=${cropping}
      onCropped=${(/** @type {File | null} */ file) => { setCropping(false); if (file) void take(file); }} />
    <${Problem} error=${error} />`;
}

/** @param {any} given */
function Shown({ photo, onCrop, onOther, onGone, cropping, onCropped }) {
  const file = useAsked(() => get(`/files/${photo.id}`), [photo.id]);
  if (file.error?.status === 404) onGone();
  const url = file.value?.url && local(file.value.url);
  const worst = photo.findings.some((/** @type {any} */ one) => one.blocking);
  return html`<div class="photo">
    <div class="photo-picture" data-state=${worst ? "bad" : photo.findings.length ? "warn" : "good"}>
      ${url ? html`<img src=${url} alt=${t("videos.photo.alt", { name: photo.name })} />` : html`<${Skeleton} lines=${0} block />`}
    </div>
    <div class="stack">
      ${photo.findings.length === 0 && html`<${Notice} kind="good" title=${t("videos.photo.good")} />`}
      ${photo.findings.map((/** @type {any} */ finding) => html`<${Notice} kind=${finding.blocking ? "error" : "warning"} title=${advice(finding)} />`)}
      ${photo.note && html`<p class="faint">${photo.note}</p>`}
      <div class="row"><${Button} size="small" icon="image" onPress=${onCrop}>${t("videos.photo.crop")}</${Button}>
        <${Button} size="small" icon="upload" onPress=${onOther}>${t("videos.photo.other")}</${Button}></div>
    </div>
    ${cropping && url && html`<${Crop} url=${url} name=${photo.name} onDone=${onCropped} />`}
  </div>`;
}

/** @param {{code: string, advice: string}} finding */
function advice(finding) {
  const key = `videos.finding.${finding.code}`;
  return says(key) ? t(key) : finding.advice;
}

// The video that clips are made of: a link, or a file on its way up.
import { get } from "../../core/api.js";
import { bytes } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { upload } from "../../core/upload.js";
import { html, signal, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Dropzone } from "../../ui/dropzone.js";
import { TextField } from "../../ui/field.js";
import { Icon } from "../../ui/icon.js";
import { Problem } from "../../ui/notice.js";
import { Progress } from "../../ui/states.js";

/** @typedef {{link: string, file: {id: string, name: string, size: number} | null}} Source */

/** @type {Source} */
export const NOTHING = { link: "", file: null };

/** What is on its way up; it goes on while other pages are looked at. */
const going = signal(/** @type {{name: string, part: number, stop: AbortController, file: File} | null} */ (null));
const failed = signal(/** @type {any} */ (null));
/** The chosen file itself, for as long as the page lives: it plays before it is up. */
export const local = signal(/** @type {{url: string, id: string | null} | null} */ (null));

/** @param {File} file @param {(file: {id: string, name: string, size: number}) => void} onThere */
async function send(file, onThere) {
  going.value?.stop.abort();
  const mine = { name: file.name, part: 0, stop: new AbortController(), file };
  going.value = mine;
  failed.value = null;
  if (local.value) URL.revokeObjectURL(local.value.url);
  local.value = { url: URL.createObjectURL(file), id: null };
  try {
    const there = await upload(file, {
      signal: mine.stop.signal,
      onProgress: (part) => {
        if (going.value?.stop === mine.stop) going.value = { ...mine, part };
      },
    });
    if (going.value?.stop !== mine.stop) return;
    local.value = local.value && { ...local.value, id: there.id };
    onThere({ id: there.id, name: file.name, size: file.size });
  } catch (error) {
    if (!(error instanceof DOMException)) failed.value = error;
  } finally {
    if (going.value?.stop === mine.stop) going.value = null;
  }
}

/** Whether an order has to wait for a file. */
export const isGoing = () => going.value !== null;

/** Whether there is something to order from. @param {Source} source */
export const isThere = (source) => source.file !== null || source.link.trim() !== "";

/** As an order says it. @param {Source} source */
export const asOrdered = (source) => (source.file ? { file_id: source.file.id } : { url: source.link.trim() });

/** Where a file of the account plays from. @param {string} id */
export const playable = async (id) => (local.value?.id === id ? local.value.url : (await get(`/files/${id}`)).url);

/**
 * @param {{source: Source, onChange: (source: Source) => void, errors?: Record<string, string>}} given
 */
export function SourceField({ source, onChange, errors = {} }) {
  const [wrong, setWrong] = useState(/** @type {string | null} */ (null));
  const take = (/** @type {File[]} */ files) => {
    const [file] = files;
    if (!/^video\//.test(file.type) && !/\.(mp4|mov|webm|mkv|m4v)$/i.test(file.name)) {
      setWrong(t("clips.source.not_video"));
      return;
    }
    setWrong(null);
    onChange({ ...source, file: null });
    void send(file, (there) => onChange({ link: "", file: there }));
  };
  const now = going.value;
  if (now) {
    return html`<div class="card source-there"><${Progress} label=${t("clips.source.going", { name: now.name })} value=${now.part}
        note=${t("clips.source.resumes")} />
      <div><${Button} size="small" onPress=${() => { now.stop.abort(); going.value = null; }}>${t("common.cancel")}</${Button}></div></div>`;
  }
  if (source.file) {
    return html`<div class="card source-there"><div class="row-apart"><div class="row"><${Icon} name="check" />
        <span><strong><bdi>${source.file.name}</bdi></strong> <span class="faint">${bytes(source.file.size)}</span></span></div>
      <${Button} size="small" onPress=${() => onChange(NOTHING)}>${t("clips.source.other")}</${Button}></div>
      ${errors.file_id && html`<p class="field-error" role="alert">${errors.file_id}</p>`}</div>`;
  }
  return html`<div class="stack">
    <${TextField} label=${t("clips.source.link")} hint=${t("clips.source.link_hint")} value=${source.link} type="url" inputmode="url" dir="ltr"
      placeholder="youtube.com/watch?v=…" required=${false} maxlength="2000" error=${errors.url ?? null}
      onInput=${(/** @type {string} */ link) => onChange({ ...source, link })} />
    <p class="or"><span>${t("clips.source.or")}</span></p>
    <${Dropzone} label=${t("clips.source.file")} hint=${t("clips.source.file_hint")} accept="video/*,.mkv" onFiles=${take} error=${wrong} />
    <${Problem} error=${failed.value} />
  </div>`;
}

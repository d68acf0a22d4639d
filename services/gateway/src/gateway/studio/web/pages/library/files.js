// The files that were brought: to look at, to use again, to delete.
import { get, local, remove, save } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, bytes, clock, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { upload } from "../../core/upload.js";
import { html, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Head } from "../../ui/card.js";
import { Checkbox } from "../../ui/field.js";
import { Confirm } from "../../ui/dialog.js";
import { Dropzone } from "../../ui/dropzone.js";
import { Icon } from "../../ui/icon.js";
import { Problem } from "../../ui/notice.js";
import { Empty, Progress, Skeleton } from "../../ui/states.js";
import { Pager } from "../../ui/table.js";
import { toast } from "../../ui/toast.js";
import { order } from "../videos/order.js";

const PER_PAGE = 24;
const KINDS = ["", "image", "video", "audio"];
const ICONS = /** @type {Record<string, string>} */ ({ image: "image", video: "video", audio: "volume", document: "list" });

/** @param {{query: URLSearchParams}} given */
export default function Library({ query }) {
  const page = Number(query.get("page") ?? 1);
  const kind = query.get("kind") ?? "";
  const files = useAsked(() => get("/files", { query: { page, per_page: PER_PAGE, type: kind } }), [page, kind]);
  const [sending, setSending] = useState(/** @type {{name: string, part: number} | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [ending, setEnding] = useState(/** @type {any[]} */ ([]));
  const [chosen, setChosen] = useState(/** @type {string[]} */ ([]));

  const bring = async (/** @type {File[]} */ brought) => {
    setError(null);
    try {
      for (const file of brought) {
        await upload(file, { onProgress: (part) => setSending({ name: file.name, part }) });
      }
      toast(t("library.brought", { count: brought.length }));
    } catch (failure) {
      setError(failure);
    } finally {
      setSending(null);
      await files.again();
    }
  };
  const end = async () => {
    setError(null);
    let ended = 0;
    try {
      for (const file of ending) {
        await remove(`/files/${file.id}`);
        ended += 1;
      }
    } catch (failure) {
      setError(failure);
    }
    if (ended > 0) toast(t("library.deleted", { count: ended }));
    setChosen([]);
    await files.again();
  };
  const found = files.value;
  // What was chosen on another page is not in sight, and nothing is done with it.
  const among = (found?.items ?? []).filter((/** @type {any} */ file) => chosen.includes(file.id));
  const keepAll = async () => {
    for (const file of among) save((await get(`/files/${file.id}`)).url);
  };
  return html`<div class="page">
    <${Head} title=${t("library.title")} lead=${t("library.lead")} />
    ${sending
      ? html`<div class="card"><${Progress} label=${t("library.sending", { name: sending.name })} value=${sending.part} /></div>`
      : html`<${Dropzone} many label=${t("library.drop")} accept="image/*,video/*,audio/*" onFiles=${bring} />`}
    <${Problem} error=${error ?? files.error} onRetry=${files.error ? files.again : undefined} />
    <nav class="filters" aria-label=${t("library.kinds")}>${KINDS.map((one) => html`<${LinkButton} size="small" kind=${one === kind ? "primary" : "plain"}
      aria-current=${one === kind ? "true" : undefined} to=${one ? `/library?kind=${one}` : "/library"}>${t(`library.kind.${one || "all"}`)}</${LinkButton}>`)}</nav>
    ${!found && !files.error && html`<${Skeleton} block lines=${2} />`}
    ${found?.total === 0 && html`<${Empty} icon="folder" title=${t("library.empty")}><p>${t("library.empty_text")}</p></${Empty}>`}
    ${found?.total > 0 && html`<div class="row bulk" role="group" aria-label=${t("library.bulk")}>
        <${Checkbox} label=${t("library.choose_all")} checked=${among.length === found.items.length} onInput=${(/** @type {boolean} */ all) => setChosen(all ? found.items.map((/** @type {any} */ file) => file.id) : [])} />
        <span class="faint" aria-live="polite">${among.length > 0 && t("library.chosen", { count: among.length })}</span>
        ${among.length > 0 && html`<${Button} size="small" icon="download" onPress=${keepAll}>${t("common.download")}</${Button}>
          <${Button} size="small" kind="danger" icon="trash" onPress=${() => setEnding(among)}>${t("common.delete")}</${Button}>`}</div>
      <ul class="tiles">${found.items.map((/** @type {any} */ file) => html`<${Tile} key=${file.id} file=${file} chosen=${chosen.includes(file.id)}
        onChoose=${(/** @type {boolean} */ is) => setChosen(is ? [...chosen, file.id] : chosen.filter((one) => one !== file.id))} onEnd=${() => setEnding([file])} />`)}</ul>
      <${Pager} page=${page} perPage=${PER_PAGE} total=${found.total} onPage=${(/** @type {number} */ next) => go(`/library?page=${next}${kind ? `&kind=${kind}` : ""}`)} />`}
    ${ending.length > 0 && html`<${Confirm} title=${ending.length === 1 ? t("library.delete", { name: ending[0].original_name }) : t("library.delete_many", { count: ending.length })}
      text=${t("library.delete_text")} action=${t("common.delete")} onDo=${end} onClose=${() => setEnding([])} />`}
  </div>`;
}

/** @param {{file: any, chosen: boolean, onChoose: (is: boolean) => void, onEnd: () => void}} given */
function Tile({ file, chosen, onChoose, onEnd }) {
  const [isGone, setGone] = useState(false);
  const isImage = file.kind === "image";
  const small = useAsked(() => (isImage ? get(`/files/${file.id}/sizes/thumbnail`) : Promise.resolve(null)), [file.id]);
  const use = () => {
    const video = order();
    video.value = { ...video.value, photo: { id: file.id, name: file.original_name, findings: file.findings } };
    return go("/videos/new");
  };
  const keep = async () => save((await get(`/files/${file.id}`)).url);
  return html`<li class="tile card" data-chosen=${chosen}>
    <input class="tile-choose" type="checkbox" checked=${chosen} aria-label=${t("library.choose", { name: file.original_name })}
      onChange=${(/** @type {any} */ event) => onChoose(event.currentTarget.checked)} />
    <div class="tile-picture">${small.value && !isGone
      ? html`<img src=${local(small.value.url)} alt="" loading="lazy" onError=${() => setGone(true)} />`
      : html`<${Icon} name=${ICONS[file.kind] ?? "folder"} size=${32} />`}</div>
    <div><p class="tile-name"><bdi>${file.original_name}</bdi></p>
      <p class="faint">${bytes(file.file_size)}${file.duration ? ` · ${clock(file.duration)}` : ""} · <time datetime=${file.created_at} title=${moment(file.created_at)}>${ago(file.created_at)}</time></p></div>
    <div class="tile-acts">
      ${isImage && html`<${Button} size="small" icon="video" onPress=${use}>${t("library.use")}</${Button}>`}
      <${Button} size="small" kind="quiet" icon="download" aria-label=${t("library.download", { name: file.original_name })} onPress=${keep} />
      <${Button} size="small" kind="quiet" icon="trash" aria-label=${t("library.delete", { name: file.original_name })} onPress=${onEnd} />
    </div>
  </li>`;
}

// A project: what is in it, who may see it, and links to it that end.
import { get, post, put, remove } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { upload } from "../../core/upload.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Dropzone } from "../../ui/dropzone.js";
import { Checkbox, Select, TextField } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Pager } from "../../ui/table.js";
import { Progress, Skeleton } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";
import { fitted } from "../videos/picture.js";
import { Assets } from "./assets.js";

const PER_PAGE = 24;

/** @param {{params: {id: string}, query: URLSearchParams}} given */
export default function One({ params, query }) {
  return html`<${InLine} product="pixie" room="pictures" path=${`/pictures/projects/${params.id}`} icon="folder"><${Project} id=${params.id} page=${Number(query.get("page") ?? 1)} /></${InLine}>`;
}

/** @param {{id: string, page: number}} given */
function Project({ id, page }) {
  const project = useAsked(() => get(`/projects/${id}`), [id]);
  const assets = useAsked(() => get(`/projects/${id}/assets`, { query: { page, per_page: PER_PAGE } }), [id, page]);
  const [going, setGoing] = useState(/** @type {{name: string, part: number} | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isLeaving, setLeaving] = useState(false);
  const now = project.value;
  if (!now) return html`<div class="page"><${Head} title=${t("pictures.projects.one")} /><${Problem} error=${project.error} onRetry=${project.again} />${!project.error && html`<${Skeleton} />`}</div>`;
  const isOwner = now.right === "own";
  const bring = async (/** @type {File[]} */ files) => {
    setError(null);
    for (const file of files) {
      try {
        setGoing({ name: file.name, part: 0 });
        const sent = await upload((await fitted(file)).file, { onProgress: (part) => setGoing({ name: file.name, part }) });
        await post(`/projects/${id}/assets`, { file_id: sent.id, asset_type: "input" });
      } catch (failure) {
        setError(failure);
      }
    }
    setGoing(null);
    await assets.again();
  };
  const out = async (/** @type {any} */ asset) => {
    try {
      await remove(`/projects/${id}/assets/${asset.id}`);
      await assets.again();
      toast(t("pictures.project.taken_out"), { undo: async () => {
        await post(`/projects/${id}/assets`, { file_id: asset.file_id, asset_type: asset.asset_type });
        await assets.again();
      } });
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<div class="page">
    <${Head} title=${html`<bdi>${now.title}</bdi>`} lead=${now.description && html`<bdi>${now.description}</bdi>`}>
      ${isOwner && html`<${Button} icon="trash" onPress=${() => setLeaving(true)}>${t("common.delete")}</${Button}>`}</${Head}>
    <${Problem} error=${error ?? assets.error} />
    <div class="columns columns-side">
      <div class="stack">
        <${Card} title=${t("pictures.project.inside")}>
          ${assets.value?.total === 0 && html`<p class="soft">${t("pictures.project.empty")}</p>`}
          ${assets.value && html`<${Assets} items=${assets.value.items} onOut=${now.right === "view" ? undefined : out} />
            <${Pager} page=${page} perPage=${PER_PAGE} total=${assets.value.total} onPage=${(/** @type {number} */ next) => go(`/pictures/projects/${id}?page=${next}`)} />`}
          ${now.right !== "view" && (going ? html`<${Progress} label=${t("pictures.new.going", { name: going.name })} value=${going.part} />`
            : html`<${Dropzone} label=${t("pictures.new.drop")} accept="image/*" many onFiles=${bring} />`)}
        </${Card}>
      </div>
      ${isOwner ? html`<${Sharing} project=${now} onChanged=${project.again} />` : html`<${Notice} title=${t(now.right === "edit" ? "pictures.share.you_edit" : "pictures.share.you_view")} />`}
    </div>
    ${isLeaving && html`<${Confirm} title=${t("pictures.project.remove_title")} text=${t("pictures.project.remove_text")} action=${t("common.delete")} onClose=${() => setLeaving(false)}
      onDo=${async () => { await remove(`/projects/${id}`).catch(setError); await go("/pictures/projects"); }} />`}
  </div>`;
}

/** @param {{project: any, onChanged: () => Promise<unknown>}} given */
function Sharing({ project, onChanged }) {
  const shares = useAsked(() => get(`/projects/${project.id}/shares`), [project.id]);
  const [email, setEmail] = useState("");
  const [right, setRight] = useState("viewer");
  const [hours, setHours] = useState("168");
  const [error, setError] = useState(/** @type {any} */ (null));
  const [link, setLink] = useState("");
  /** @param {() => Promise<any>} work */
  const doing = async (work) => {
    setError(null);
    try {
      await work();
      await shares.again();
    } catch (failure) {
      setError(failure);
    }
  };
  const copy = async (/** @type {string} */ text) => {
    await navigator.clipboard.writeText(text).catch(() => null);
    toast(t("common.copied"));
  };
  const publicly = `${location.origin}${href(`/pictures/public/${project.id}`)}`;
  return html`<${Card} title=${t("pictures.share.title")}>
    <form class="stack" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); void doing(async () => { await post(`/projects/${project.id}/share`, { email: email.trim(), permission: right }); setEmail(""); }); }}>
      <${TextField} label=${t("pictures.share.email")} type="email" dir="ltr" value=${email} maxlength="255" error=${error?.fields?.email} onInput=${setEmail} />
      <${Select} label=${t("pictures.share.right")} value=${right} onInput=${setRight} options=${["viewer", "editor"].map((value) => ({ value, label: t(`pictures.share.${value}`) }))} />
      <div><${Button} type="submit">${t("pictures.share.invite")}</${Button}></div>
    </form>
    <hr />
    <${Select} label=${t("pictures.share.until")} value=${hours} onInput=${setHours} options=${[["24", "day"], ["168", "week"], ["720", "month"]].map(([value, name]) => ({ value, label: t(`pictures.share.${name}`) }))} />
    <div><${Button} icon="add" onPress=${() => doing(async () => { const made = await post(`/projects/${project.id}/share`, { expires_in_hours: Number(hours) }); setLink(`${location.origin}${href(`/pictures/shared/${made.url.split("/").pop()}`)}`); })}>${t("pictures.share.link")}</${Button}></div>
    ${link && html`<${Notice} kind="good" title=${t("pictures.share.made")}><code class="text-long">${link}</code><${Button} size="small" onPress=${() => copy(link)}>${t("common.copy")}</${Button}></${Notice}>`}
    <${Checkbox} label=${t("pictures.share.public")} hint=${t("pictures.share.public_hint")} checked=${project.is_public}
      onInput=${(/** @type {boolean} */ checked) => doing(async () => { await put(`/projects/${project.id}`, { is_public: checked }); await onChanged(); })} />
    ${project.is_public && html`<div class="row"><code class="text-long">${publicly}</code><${Button} size="small" onPress=${() => copy(publicly)}>${t("common.copy")}</${Button}></div>`}
    <${Problem} error=${error} fields=${["email"]} />
    ${shares.value?.items.length > 0 && html`<ul class="shares">${shares.value.items.map((/** @type {any} */ one) => html`<li key=${one.id}>
      <span class="grow"><bdi>${one.email ?? t("pictures.share.a_link")}</bdi> <span class="faint">${t(`pictures.share.${one.permission === "editor" ? "editor" : "viewer"}`)}${one.expires_at && `, ${t("pictures.share.ends", { time: moment(one.expires_at) })}`}</span></span>
      <${Button} size="small" onPress=${() => doing(() => remove(`/projects/${project.id}/shares/${one.id}`))}>${t("pictures.share.end")}</${Button}></li>`)}</ul>`}
  </${Card}>`;
}

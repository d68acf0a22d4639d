// One run: how it goes, then the moments it found and their clips, or the part that was cut out.
import { get, remove } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { html, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { InLine } from "../../making/line.js";
import { Menu } from "../../ui/menu.js";
import { Icon } from "../../ui/icon.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Player } from "../../ui/player.js";
import { Failed, OVER, Running } from "../../making/running.js";
import { Empty, Skeleton } from "../../ui/states.js";
import { save } from "../../making/saving.js";
import { read } from "./times.js";

/** @param {{params: {id: string}}} given */
export default function One({ params }) {
  return html`<${InLine} product="reely" room="clips" path=${`/clips/${params.id}`} icon="clips"><${Run} id=${params.id} /></${InLine}>`;
}

/** @param {{id: string}} given */
function Run({ id }) {
  const asked = useAsked(() => get(`/workflows/${id}`), [id]);
  const [isLeaving, setLeaving] = useState(false);
  const run = asked.value;
  if (!run) {
    return html`<div class="page"><${Head} title=${t("clips.one.title")} /><${Problem} error=${asked.error} onRetry=${asked.again} />
      ${!asked.error && html`<${Skeleton} block />`}</div>`;
  }
  const isTrim = run.workflow_type === "clip_trim";
  const isOver = OVER.includes(run.status);
  // Why there are fewer is said with the moments.
  const warnings = run.warnings.filter((/** @type {string} */ one) => !run.shortfall_reasons.includes(one));
  return html`<div class="page">
    <${Head} title=${html`<bdi>${run.title || t("clips.untitled")}</bdi>`} lead=${t(isTrim ? "clips.kind.trim" : "clips.kind.auto_hooks")}>
      ${isOver && html`<${Button} icon="trash" onPress=${() => setLeaving(true)}>${t("clips.one.clean")}</${Button}>`}
      ${!isTrim && run.status === "completed" && html`<${LinkButton} icon="film" to=${`/clips/trim?from=${id}`}>${t("clips.trim.by_words")}</${LinkButton}>`}
    </${Head}>
    ${!isOver && html`<${Card}><${Running} run=${run} words="clips" onOver=${asked.again} /></${Card}>`}
    ${(run.status === "failed" || run.status === "cancelled") && html`<${Failed} run=${run} onRetry=${asked.again} />`}
    ${run.status === "completed" && warnings.length > 0 && html`<${Notice} kind="warning"><ul>${warnings.map((/** @type {string} */ one) => html`<li><bdi>${one}</bdi></li>`)}</ul></${Notice}>`}
    ${run.status === "completed" && (isTrim ? html`<${Part} run=${run} />` : html`<${Moments} run=${run} />`)}
    ${isLeaving && html`<${Confirm} title=${t("clips.one.clean_title")} text=${t("clips.one.clean_text")} action=${t("clips.one.clean")}
      onClose=${() => setLeaving(false)} onDo=${async () => { await remove(`/workflows/${id}/files`); await go("/clips"); }} />`}
  </div>`;
}

/** @param {{run: any, result: string, label: string, ratio?: string}} given */
function Watched({ run, result, label, ratio }) {
  const film = run.results[result];
  if (!film) return html`<p class="faint hook-none"><${Icon} name="film" /> ${t("clips.one.gone")}</p>`;
  return html`<${Player} src=${film.url} poster=${run.results[`${result}_image`]?.url} label=${label} ratio=${ratio} />`;
}

/** @param {{run: any}} given */
function Part({ run }) {
  const name = run.title || t("clips.untitled");
  return html`<div class="columns columns-side"><${Card}><${Watched} run=${run} result="video" label=${name} /></${Card}>
    <${Card} title=${t("clips.one.ready")}>
      <p>${t("clips.one.part", { start: read(Number(run.input.start)), end: read(Number(run.input.end)) })}</p>
      <${Button} kind="primary" size="large" icon="download" onPress=${() => save(run.id)}>${t("common.download")}</${Button}></${Card}></div>`;
}

/** @type {Record<string, string>} */
const RATIOS = { vertical: "9 / 16", square: "1", wide: "16 / 9" };

/** @param {{run: any}} given */
function Moments({ run }) {
  if (run.hooks.length === 0) {
    return html`<${Empty} icon="search" title=${t("clips.one.none")} action=${html`<${LinkButton} to="/clips/new">${t("clips.new.action")}</${LinkButton}>`}>
      ${run.shortfall_reasons.map((/** @type {string} */ one) => html`<p><bdi>${one}</bdi></p>`)}</${Empty}>`;
  }
  return html`<div class="stack-wide">
    ${run.shortfall_reasons.length > 0 && html`<${Notice} title=${t("clips.one.fewer")}>
      <ul>${run.shortfall_reasons.map((/** @type {string} */ one) => html`<li><bdi>${one}</bdi></li>`)}</ul></${Notice}>`}
    ${run.method === "motion" && html`<${Notice} title=${t("clips.one.silent")} />`}
    <ol class="hooks">${run.hooks.map((/** @type {any} */ hook) => html`<li key=${hook.rank}><${Moment} run=${run} hook=${hook} /></li>`)}</ol>
  </div>`;
}

/** @param {{run: any, hook: any}} given */
function Moment({ run, hook }) {
  const files = [["", "clips.one.file_video"], ["_srt", "clips.one.file_srt"], ["_vtt", "clips.one.file_vtt"], ["_image", "clips.one.file_image"]]
    .map(([end, label]) => ({ result: `${hook.clip}${end}`, label: t(label) }))
    .filter((file) => file.result in run.results);
  return html`<article class="card hook">
    <div class="hook-film" data-aspect=${run.input.aspect}>
      ${hook.clip ? html`<${Watched} run=${run} result=${hook.clip} label=${hook.title} ratio=${RATIOS[run.input.aspect]} />`
        : html`<p class="faint hook-none"><${Icon} name="film" /> ${t("clips.one.no_clip")}</p>`}
    </div>
    <div class="stack">
      <div class="row-apart"><span class="faint number">${t("clips.one.from_to", { start: read(hook.start), end: read(hook.end) })}</span>
        <span class="score" title=${t("clips.one.score")}><span class="hidden">${t("clips.one.score")} </span>${number(hook.score, { maximumFractionDigits: 1, minimumFractionDigits: 1 })}</span></div>
      <h2><bdi>${hook.title}</bdi></h2>
      ${hook.text && hook.text !== hook.title && html`<blockquote><bdi>${hook.text}</bdi></blockquote>`}
      <p class="soft"><strong>${t("clips.one.why")}</strong> <bdi>${hook.reason}</bdi></p>
      <div class="row">
        ${files.length > 0 && html`<${Button} kind="primary" icon="download" onPress=${() => save(run.id, hook.clip)}>${t("common.download")}</${Button}>`}
        ${files.length > 1 && html`<${Menu} label=${t("clips.one.files", { title: hook.title })} face=${html`<span>${t("clips.one.more_files")}</span><${Icon} name="chevron" size=${16} />`}
          items=${files.slice(1).map((file) => ({ label: file.label, icon: "download", onPress: () => save(run.id, file.result) }))} />`}
        <${LinkButton} icon="film" to=${`/clips/${run.id}/edit/${hook.rank}`}>${t("common.edit")}</${LinkButton}>
        <${LinkButton} kind="quiet" to=${`/clips/trim?from=${run.id}&start=${hook.start}&end=${hook.end}`}>${t("clips.one.trim")}</${LinkButton}>
      </div>
    </div>
  </article>`;
}

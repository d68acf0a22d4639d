// What was made of videos, newest first.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { InLine } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";
import { Meters } from "./meters.js";

const PER_PAGE = 20;

/** @type {Record<string, "good" | "bad" | "busy" | "calm">} */
const LOOKS = { pending: "calm", processing: "busy", completed: "good", failed: "bad", cancelled: "calm" };

/** @param {{query: URLSearchParams}} given */
export default function Clips({ query }) {
  return html`<${InLine} product="reely" room="clips" path="/clips" icon="clips"><${List} page=${Number(query.get("page") ?? 1)} /></${InLine}>`;
}

/** @param {{page: number}} given */
function List({ page }) {
  const runs = useAsked(() => get("/workflows", { query: { product_line: "reely", page, per_page: PER_PAGE } }), [page]);
  return html`<div class="page">
    <${Head} title=${t("clips.list.title")} lead=${t("clips.list.lead")}>
      <${LinkButton} icon="film" to="/clips/trim">${t("clips.trim.action")}</${LinkButton}>
      <${LinkButton} kind="primary" icon="add" to="/clips/new">${t("clips.new.action")}</${LinkButton}></${Head}>
    <${Problem} error=${runs.error} onRetry=${runs.again} />
    <div class="columns columns-side">
      <div class="stack">
        ${!runs.value && !runs.error && html`<${Skeleton} lines=${6} />`}
        ${runs.value?.total === 0 && html`<${Empty} icon="clips" title=${t("clips.list.empty")}
          action=${html`<${LinkButton} kind="primary" size="large" icon="add" to="/clips/new">${t("clips.new.action")}</${LinkButton}>`}>
          <p>${t("clips.list.empty_text")}</p></${Empty}>`}
        ${runs.value?.total > 0 && html`<div class="card">
          <${Table} caption=${t("clips.list.caption")} columns=${columns()} rows=${runs.value.items} rowKey=${(/** @type {any} */ run) => run.id} />
          <${Pager} page=${page} perPage=${PER_PAGE} total=${runs.value.total} onPage=${(/** @type {number} */ next) => go(`/clips?page=${next}`)} />
        </div>`}
      </div>
      <${Card} title=${t("clips.meter.title")}><${Meters} /></${Card}>
    </div>
  </div>`;
}

/** @returns {import("../../ui/table.js").Column<any>[]} */
function columns() {
  return [
    { key: "title", label: t("clips.list.name"), head: true, draw: (run) => html`<a href=${href(`/clips/${run.id}`)}><bdi>${run.title || t("clips.untitled")}</bdi></a>` },
    { key: "type", label: t("clips.list.kind"), draw: (run) => t(run.workflow_type === "clip_trim" ? "clips.kind.trim" : "clips.kind.auto_hooks") },
    { key: "status", label: t("clips.list.state"), draw: (run) => html`<${Badge} kind=${LOOKS[run.status]}>${t(`making.status.${run.status}`)}</${Badge}>` },
    { key: "created", label: t("clips.list.when"), number: true, draw: (run) => html`<time datetime=${run.created_at} title=${moment(run.created_at)}>${ago(run.created_at)}</time>` },
  ];
}

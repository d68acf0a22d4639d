// The runs of the account: a page that asks a list, shows it in parts, and teaches where there is none.
import { get } from "../../core/api.js";
import { ago, moment } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { useAsked } from "../../core/asked.js";
import { html } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Head } from "../../ui/card.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";

const PER_PAGE = 20;

/** How a status is coloured. @type {Record<string, "good" | "bad" | "busy" | "calm">} */
export const LOOKS = { pending: "calm", processing: "busy", completed: "good", failed: "bad", cancelled: "calm" };

/** @param {{query: URLSearchParams}} given */
export default function Videos({ query }) {
  const page = Number(query.get("page") ?? 1);
  const runs = useAsked(() => get("/workflows", { query: { page, per_page: PER_PAGE } }), [page]);
  return html`<div class="page">
    <${Head} title=${t("videos.list.title")}>
      <${LinkButton} kind="primary" icon="add" to="/videos/new">${t("videos.new.action")}</${LinkButton}></${Head}>
    <${Problem} error=${runs.error} onRetry=${runs.again} />
    ${!runs.value && !runs.error && html`<${Skeleton} lines=${6} />`}
    ${runs.value?.total === 0 && html`<${Empty} icon="video" title=${t("videos.list.empty")}
      action=${html`<${LinkButton} kind="primary" size="large" icon="add" to="/videos/new">${t("videos.new.action")}</${LinkButton}>`}>
      <p>${t("videos.list.empty_text")}</p></${Empty}>`}
    ${runs.value?.total > 0 && html`<div class="card">
      <${Table} caption=${t("videos.list.caption")} columns=${columns()} rows=${runs.value.items} rowKey=${(/** @type {any} */ run) => run.id} />
      <${Pager} page=${page} perPage=${PER_PAGE} total=${runs.value.total} onPage=${(/** @type {number} */ next) => go(`/videos?page=${next}`)} />
    </div>`}
  </div>`;
}

/** @returns {import("../../ui/table.js").Column<any>[]} */
function columns() {
  return [
    { key: "title", label: t("videos.list.name"), head: true, draw: (run) => html`<a href=${href(`/videos/${run.id}`)}><bdi>${run.title || t("videos.untitled")}</bdi></a>` },
    { key: "type", label: t("videos.list.kind"), draw: (run) => kind(run.workflow_type) },
    { key: "status", label: t("videos.list.state"), draw: (run) => html`<${Badge} kind=${LOOKS[run.status]}>${t(`videos.status.${run.status}`)}</${Badge}>` },
    { key: "created", label: t("videos.list.when"), number: true, draw: (run) => html`<time datetime=${run.created_at} title=${moment(run.created_at)}>${ago(run.created_at)}</time>` },
  ];
}

/** @param {string} type */
const kind = (type) => (says(`videos.type.${type}`) ? t(`videos.type.${type}`) : type);

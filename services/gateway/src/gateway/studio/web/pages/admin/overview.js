// How the platform does: the last day, what waits, the newest runs, what is due.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, bytes, lasting, money, moment, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge, Skeleton } from "../../ui/states.js";
import { Table } from "../../ui/table.js";
import { LOOKS } from "../videos/list.js";
import { COSTS_IN, Figure, Frame, percents } from "./parts.js";

export default function Overview() {
  return html`<${Frame} page="overview" draw=${() => html`<${Day} /><${Now} />`} />`;
}

/** What a name of the API is called. @param {string} room @param {string | null} name */
const called = (room, name) => (name === null ? "–" : says(`${room}.${name}`) ? t(`${room}.${name}`) : name);

function Day() {
  const found = useAsked(() => get("/analytics/dashboard"), []);
  const now = found.value;
  const change = (/** @type {string | null} */ value) => value !== null && t("admin.overview.change", { change: `${Number(value) > 0 ? "+" : ""}${percents(value)}` });
  if (!now) return html`<${Card} title=${t("admin.overview.day")}><${Problem} error=${found.error} onRetry=${found.again} />${!found.error && html`<${Skeleton} lines=${4} />`}</${Card}>`;
  const day = now.summary;
  const due = now.recommendations.filter((/** @type {any} */ one) => one.due);
  return html`<${Card} title=${t("admin.overview.day")} aside=${html`<${Button} size="small" icon="redo" onPress=${found.again}>${t("admin.again")}</${Button}>`}>
      <div class="figures">
        <${Figure} label=${t("admin.overview.runs")} value=${number(day.workflows)} note=${change(day.workflows_change)} />
        <${Figure} label=${t("admin.overview.success")} value=${percents(day.success_rate)} note=${change(day.success_rate_change)} />
        <${Figure} label=${t("admin.overview.takes")} value=${day.average_seconds === null ? "–" : lasting(day.average_seconds, "short")} note=${change(day.average_seconds_change)} />
        <${Figure} label=${t("admin.overview.cost")} value=${money(day.ai_cost_today, COSTS_IN)} note=${change(day.ai_cost_change)} />
        <${Figure} label=${t("admin.overview.new_users")} value=${number(day.new_users)} note=${change(day.new_users_change)} />
        <${Figure} label=${t("admin.overview.active_users")} value=${number(day.active_users)} />
      </div>
      ${due.map((/** @type {any} */ one) => html`<${Notice} kind="warning" title=${one.advice}><p><bdi>${one.figure}: ${one.measured} / ${one.limit} ${one.unit}</bdi></p></${Notice}>`)}
    </${Card}>
    <${Card} title=${t("admin.overview.recent")}>
      ${now.recent.length === 0 && html`<p class="soft">${t("admin.overview.no_runs")}</p>`}
      ${now.recent.length > 0 && html`<${Table} caption=${t("admin.overview.recent")} rows=${now.recent} rowKey=${(/** @type {any} */ one) => one.id} columns=${[
        { key: "what", label: t("admin.overview.what"), head: true, draw: (/** @type {any} */ one) => html`${called("videos.type", one.workflow_type)} <code dir="ltr" class="faint">${one.id.slice(-8)}</code>` },
        { key: "line", label: t("admin.line"), draw: (/** @type {any} */ one) => called("common.line", one.product_line) },
        { key: "status", label: t("admin.state"), draw: (/** @type {any} */ one) => html`<${Badge} kind=${LOOKS[one.status] ?? "calm"}>${called("videos.status", one.status)}</${Badge}>` },
        { key: "cost", label: t("admin.cost"), number: true, draw: (/** @type {any} */ one) => (one.cost === null ? "–" : money(one.cost, COSTS_IN)) },
        { key: "when", label: t("admin.when"), number: true, draw: (/** @type {any} */ one) => html`<time datetime=${one.created_at} title=${moment(one.created_at)}>${ago(one.created_at)}</time>` },
      ]} />`}</${Card}>`;
}

function Now() {
  const found = useAsked(() => get("/system/stats"), []);
  const all = found.value?.operators;
  const sum = (/** @type {Record<string, number> | null | undefined} */ counts) => (counts ? number(Object.values(counts).reduce((one, other) => one + other, 0)) : "–");
  return html`<${Card} title=${t("admin.overview.now")}>
    <${Problem} error=${found.error} onRetry=${found.again} />
    ${!found.value && !found.error && html`<${Skeleton} lines=${2} />`}
    ${found.value?.missing.length > 0 && html`<${Notice} kind="warning" title=${t("admin.overview.missing", { services: found.value.missing.join(", ") })} />`}
    ${all && html`<div class="figures">
      <${Figure} label=${t("admin.overview.waiting")} value=${sum(all.waiting)} />
      <${Figure} label=${t("admin.overview.jobs_open")} value=${all.jobs ? number((all.jobs.pending ?? 0) + (all.jobs.processing ?? 0)) : "–"} />
      <${Figure} label=${t("admin.overview.jobs_failed")} value=${all.jobs ? number(all.jobs.failed ?? 0) : "–"} />
      <${Figure} label=${t("admin.overview.accounts")} value=${all.users ? number(all.users.total) : "–"} note=${all.users && t("admin.overview.of_them", { count: all.users.active })} />
      <${Figure} label=${t("admin.overview.stored")} value=${all.stored ? bytes(all.stored.bytes) : "–"} note=${all.stored && t("admin.overview.files", { count: all.stored.files })} />
    </div>`}
    <p class="faint">${t("admin.overview.dead")} <a href=${href("/admin/letters")}>${t("admin.letters.title")}</a></p>
  </${Card}>`;
}

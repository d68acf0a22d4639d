// Two pictures over one another with a slider between them, and what is different about how they were made.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { html, useId, useState } from "../../core/view.js";
import { Card, Head } from "../../ui/card.js";
import { Select } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { Empty, Skeleton } from "../../ui/states.js";
import { Table } from "../../ui/table.js";
import { linkTo } from "./jobs.js";

/** @param {{query: URLSearchParams}} given */
export default function Compare({ query }) {
  return html`<${InLine} product="pixie" room="pictures" path=${`/pictures/compare?${query}`} icon="image"><${Pair} left=${query.get("left") ?? ""} right=${query.get("right") ?? ""} /></${InLine}>`;
}

/** @param {{left: string, right: string}} given */
function Pair({ left, right }) {
  const jobs = useAsked(() => get("/ai/jobs", { query: { status: "completed", per_page: 100 } }), []);
  const both = useAsked(async () => {
    if (!left || !right) return null;
    const [compared, one, other] = await Promise.all([get("/assets/compare", { query: { left, right } }), linkTo({ job_id: left }), linkTo({ job_id: right })]);
    return { differences: compared.differences, urls: [one, other] };
  }, [left, right]);
  const options = (jobs.value?.items ?? []).filter((/** @type {any} */ job) => job.job_type.startsWith("image_"))
    .map((/** @type {any} */ job) => ({ value: job.id, label: `${t(`pictures.kind.${job.job_type}`)} · ${ago(job.created_at)}` }));
  const choose = (/** @type {Record<string, string>} */ change) => go(`/pictures/compare?${new URLSearchParams({ left, right, ...change })}`, { replace: true });
  const choice = [{ value: "", label: t("pictures.compare.choose") }, ...options];
  return html`<div class="page">
    <${Head} title=${t("pictures.compare.title")} lead=${t("pictures.compare.lead")} />
    <div class="pair"><${Select} label=${t("pictures.compare.left")} value=${left} options=${choice} onInput=${(/** @type {string} */ value) => choose({ left: value })} />
      <${Select} label=${t("pictures.compare.right")} value=${right} options=${choice} onInput=${(/** @type {string} */ value) => choose({ right: value })} /></div>
    <${Problem} error=${both.error ?? jobs.error} onRetry=${both.again} />
    ${!left || !right ? html`<${Empty} icon="image" title=${t("pictures.compare.empty")} />` : !both.value && !both.error && html`<${Skeleton} block />`}
    ${both.value && html`<${Slider} urls=${both.value.urls} />
      <${Card} title=${t("pictures.compare.differences")}>
        ${both.value.differences.length === 0 ? html`<p class="soft">${t("pictures.compare.same")}</p>` : html`<${Table} caption=${t("pictures.compare.differences")} rowKey=${(/** @type {any} */ row) => row.field}
          rows=${both.value.differences} columns=${[
            { key: "field", label: t("pictures.compare.what"), head: true, draw: (/** @type {any} */ row) => html`<bdi>${row.field.replace(/^parameters\./, "")}</bdi>` },
            { key: "left", label: t("pictures.compare.left"), draw: (/** @type {any} */ row) => html`<bdi class="text-long">${shown(row.left)}</bdi>` },
            { key: "right", label: t("pictures.compare.right"), draw: (/** @type {any} */ row) => html`<bdi class="text-long">${shown(row.right)}</bdi>` },
          ]} />`}
      </${Card}>`}
  </div>`;
}

/** @param {any} value */
const shown = (value) => (value === null || value === undefined ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value));

/** @param {{urls: string[]}} given */
function Slider({ urls }) {
  const id = useId();
  const [at, setAt] = useState(50);
  const cut = (/** @type {HTMLElement | null} */ element) => element?.style.setProperty("--at", `${at}%`);
  return html`<figure class="card picture">
    <div class="slider" ref=${cut}><img src=${urls[0]} alt=${t("pictures.compare.left")} /><img class="slider-over" src=${urls[1]} alt=${t("pictures.compare.right")} /><span class="slider-line" aria-hidden="true"></span></div>
    <label class="brush slider-hand" for=${id}><span>${t("pictures.compare.slider")}</span>
      <input id=${id} type="range" min="0" max="100" value=${at} dir="ltr" onInput=${(/** @type {any} */ event) => setAt(Number(event.currentTarget.value))} /></label>
  </figure>`;
}

// Every entry of a time, and what was paid: to read, and to take along.
import { call, get, local } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { date, money, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { html, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Select } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";
import { Entries } from "./entries.js";
import { meterName } from "./overview.js";

const PER_PAGE = 20;
const DAYS = ["30", "90", "365"];
const DAY_MS = 86_400_000;
const BATCH = 100;
const MOST = 1000;
const PAID = /** @type {Record<string, "good" | "bad" | "warn" | "calm">} */ ({ completed: "good", paid: "good", failed: "bad", open: "warn", pending: "warn", processing: "warn" });

/**
 * The entries of the last days, newest first, and whether these are all of them.
 * @param {number} days
 * @returns {Promise<{entries: any[], complete: boolean}>}
 */
async function entriesOf(days) {
  const since = Date.now() - days * DAY_MS;
  const entries = [];
  for (let page = 1; entries.length < MOST; page++) {
    const found = await get("/billing/credits/transactions", { query: { page, per_page: BATCH } });
    const fresh = found.items.filter((/** @type {any} */ one) => new Date(one.created_at).getTime() >= since);
    entries.push(...fresh);
    if (fresh.length < BATCH) return { entries, complete: true };
  }
  return { entries, complete: false };
}

/** @param {{query: URLSearchParams}} given */
export default function Statement({ query }) {
  const days = DAYS.includes(query.get("days") ?? "") ? String(query.get("days")) : DAYS[0];
  const way = query.get("way") ?? "all";
  const page = Number(query.get("page") ?? 1);
  const found = useAsked(() => entriesOf(Number(days)), [days]);
  const [error, setError] = useState(/** @type {any} */ (null));
  const to = (/** @type {Record<string, string | number>} */ change) =>
    go(`/money/statement?${new URLSearchParams({ days, way, ...Object.fromEntries(Object.entries(change).map(([name, value]) => [name, String(value)])) })}`, { replace: true });
  const rows = (found.value?.entries ?? []).filter((one) => way === "all" || (way === "in" ? one.amount > 0 : one.amount < 0));
  const download = async () => {
    setError(null);
    const until = new Date();
    const since = new Date(until.getTime() - Number(days) * DAY_MS);
    try {
      const sheet = await call("GET", "/billing/statement", { query: { since: since.toISOString(), until: until.toISOString() }, as: "blob", headers: { Accept: "text/csv, application/json" } });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(sheet);
      link.download = `statement-${until.toISOString().slice(0, 10)}.csv`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<div class="page">
    <${Head} title=${t("money.statement.title")} lead=${t("money.statement.lead")}>
      <${LinkButton} to="/money">${t("common.back")}</${LinkButton}>
      <${Button} icon="download" onPress=${download}>${t("money.statement.csv")}</${Button}></${Head}>
    <${Problem} error=${error} />
    <${Card} title=${t("money.statement.entries")}>
      <div class="pair"><${Select} label=${t("money.statement.time")} value=${days} onInput=${(/** @type {string} */ value) => to({ days: value, page: 1 })}
          options=${DAYS.map((value) => ({ value, label: t("money.statement.days", { count: Number(value) }) }))} />
        <${Select} label=${t("money.statement.way")} value=${way} onInput=${(/** @type {string} */ value) => to({ way: value, page: 1 })}
          options=${["all", "in", "out"].map((value) => ({ value, label: t(`money.statement.${value}`) }))} /></div>
      <${Problem} error=${found.error} onRetry=${found.again} />
      ${!found.value && !found.error && html`<${Skeleton} lines=${6} />`}
      ${found.value && !found.value.complete && html`<${Notice} kind="info" title=${t("money.statement.more", { count: MOST })} />`}
      ${found.value && rows.length === 0 && html`<${Empty} icon="list" title=${t("money.statement.empty")}><p>${t("money.statement.empty_text")}</p></${Empty}>`}
      ${rows.length > 0 && html`<${Entries} rows=${rows.slice((page - 1) * PER_PAGE, page * PER_PAGE)} />
        <${Pager} page=${page} perPage=${PER_PAGE} total=${rows.length} onPage=${(/** @type {number} */ next) => to({ page: next })} />`}
    </${Card}>
    <${Paged} title=${t("money.payments.title")} path="/billing/payments" empty=${t("money.payments.empty")} columns=${payments()} />
    <${Paged} title=${t("money.invoices.title")} path="/billing/invoices" empty=${t("money.invoices.empty")} columns=${invoices()} />
    <${Paged} title=${t("money.periods.title")} path="/usage/periods" empty=${t("money.periods.empty")} columns=${periods()} />
  </div>`;
}

/** A list of the API with pages of its own. @param {{title: string, path: string, empty: string, columns: import("../../ui/table.js").Column<any>[]}} given */
function Paged({ title, path, empty, columns }) {
  const [page, setPage] = useState(1);
  const found = useAsked(() => get(path, { query: { page, per_page: PER_PAGE } }), [page]);
  return html`<${Card} title=${title}>
    <${Problem} error=${found.error} onRetry=${found.again} />
    ${!found.value && !found.error && html`<${Skeleton} lines=${2} />`}
    ${found.value?.total === 0 && html`<p class="soft">${empty}</p>`}
    ${found.value?.total > 0 && html`<${Table} caption=${title} columns=${columns} rows=${found.value.items}
        rowKey=${(/** @type {any} */ one) => one.id ?? `${one.meter}-${one.period_start}`} />
      <${Pager} page=${page} perPage=${PER_PAGE} total=${found.value.total} onPage=${setPage} />`}
  </${Card}>`;
}

/** @param {string} status */
const paid = (status) => html`<${Badge} kind=${PAID[status] ?? "calm"}>${says(`money.payments.state.${status}`) ? t(`money.payments.state.${status}`) : status}</${Badge}>`;

/** @returns {import("../../ui/table.js").Column<any>[]} */
const payments = () => [
  { key: "what", label: t("money.entry.what"), head: true, draw: (one) => html`<bdi>${one.description}</bdi>${one.failure_reason && html`<span class="entry-note"><bdi>${one.failure_reason}</bdi></span>`}` },
  { key: "when", label: t("money.entry.when"), draw: (one) => date(one.created_at) },
  { key: "status", label: t("money.payments.status"), draw: (one) => paid(one.status) },
  { key: "amount", label: t("money.payments.amount"), number: true, draw: (one) => html`${money(one.amount, one.currency)}${Number(one.refunded) > 0 && html`<span class="entry-note">${t("money.payments.refunded", { amount: money(one.refunded, one.currency) })}</span>`}` },
];

/** @returns {import("../../ui/table.js").Column<any>[]} */
const invoices = () => [
  { key: "number", label: t("money.invoices.number"), head: true, draw: (one) => html`<bdi>${one.number ?? t("money.invoices.draft")}</bdi>` },
  { key: "when", label: t("money.entry.when"), draw: (one) => date(one.issued_at) },
  { key: "status", label: t("money.payments.status"), draw: (one) => paid(one.status) },
  { key: "amount", label: t("money.payments.amount"), number: true, draw: (one) => money(one.amount, one.currency) },
  { key: "see", label: t("money.invoices.see"), draw: (one) => html`<span class="row">
    ${one.page_url && html`<a href=${local(one.page_url)} target="_blank" rel="noreferrer">${t("money.invoices.page")}</a>`}
    ${one.pdf_url && html`<a href=${local(one.pdf_url)} target="_blank" rel="noreferrer">PDF</a>`}</span>` },
];

/** @returns {import("../../ui/table.js").Column<any>[]} */
const periods = () => [
  { key: "meter", label: t("money.entry.what"), head: true, draw: (one) => meterName(one.meter) },
  { key: "when", label: t("money.entry.when"), draw: (one) => `${date(one.period_start)} – ${date(one.period_end)}` },
  { key: "used", label: t("money.periods.used"), number: true, draw: (one) => (one.limit < 0 ? number(one.used) : `${number(one.used)} / ${number(one.limit)}`) },
];

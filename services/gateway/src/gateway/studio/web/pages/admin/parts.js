// What the pages of administration share: who may see them, the way between them, lists with pages.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { isAdmin } from "../../core/session.js";
import { html, useState } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Icon } from "../../ui/icon.js";
import { Problem } from "../../ui/notice.js";
import { Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";

const PAGES = ["overview", "providers", "users", "money", "letters", "audit"];
export const PER_PAGE = 20;
/** What AI work and its limits are counted in. */
export const COSTS_IN = "INR";

/**
 * A page for administrators; who is none is told so, and nothing is asked.
 * @param {{page: string, actions?: any, draw: () => any}} given
 */
export function Frame({ page, actions, draw }) {
  if (!isAdmin.value) {
    return html`<div class="page"><div class="empty"><span class="empty-icon"><${Icon} name="shield" size=${28} /></span>
      <h1 tabindex="-1">${t("admin.shut.title")}</h1><div class="empty-text"><p>${t("admin.shut.text")}</p></div>
      <${LinkButton} kind="primary" to="/">${t("admin.shut.action")}</${LinkButton}></div></div>`;
  }
  return html`<div class="page"><${Head} title=${t(`admin.${page}.title`)} lead=${t(`admin.${page}.lead`)}>${actions}</${Head}>
    <div class="settings">
      <nav class="settings-nav" aria-label=${t("admin.title")}>${PAGES.map((one) => html`<a href=${href(one === "overview" ? "/admin" : `/admin/${one}`)}
        aria-current=${one === page ? "true" : undefined}>${t(`admin.${one}.title`)}</a>`)}</nav>
      <div class="stack"><${Inside} draw=${draw} /></div>
    </div></div>`;
}

/** Its hooks run only where somebody may see it. @param {{draw: () => any}} given */
const Inside = ({ draw }) => draw();

/**
 * A list of the API, page by page.
 * @param {{title: string, path: string, query?: Record<string, any>, empty: string, note?: any, whole?: boolean, columns: import("../../ui/table.js").Column<any>[], rowKey: (row: any) => string}} given `whole`: it comes in one piece
 */
export function Listed({ title, path, query = {}, empty, note, whole = false, columns, rowKey }) {
  const [page, setPage] = useState(1);
  const found = useAsked(() => get(path, { query: whole ? query : { ...query, page, per_page: PER_PAGE } }), [path, page, ...Object.values(query)]);
  const items = found.value?.items;
  return html`<${Card} title=${title}>
    ${note && html`<p class="soft">${note}</p>`}
    <${Problem} error=${found.error} onRetry=${found.again} />
    ${!items && !found.error && html`<${Skeleton} lines=${3} />`}
    ${items?.length === 0 && html`<p class="soft">${empty}</p>`}
    ${items?.length > 0 && html`<${Table} caption=${title} columns=${columns} rows=${items} rowKey=${rowKey} />
      ${!whole && html`<${Pager} page=${page} perPage=${PER_PAGE} total=${found.value.total} onPage=${setPage} />`}`}
  </${Card}>`;
}

/** Percent as the API says it, or a dash. @param {string | number | null | undefined} value */
export const percents = (value) => (value === null || value === undefined ? "–" : number(Number(value) / 100, { style: "percent", maximumFractionDigits: 1 }));

/** @param {{label: string, value: any, note?: any}} given */
export const Figure = ({ label, value, note }) => html`<div class="figure"><span class="faint">${label}</span><strong>${value}</strong>${note && html`<span class="faint">${note}</span>`}</div>`;

// Rows and columns that become cards where the window is narrow, and the way through their pages.
import { t } from "../core/i18n.js";
import { html } from "../core/view.js";
import { Button } from "./button.js";

/**
 * @template T
 * @typedef {{key: string, label: string, draw: (row: T) => any, number?: boolean, head?: boolean}} Column
 */

/**
 * @template T
 * @param {{caption: string, columns: Column<T>[], rows: T[], rowKey: (row: T) => string}} given the caption is for those who cannot see the table
 */
export function Table({ caption, columns, rows, rowKey }) {
  return html`<div class="table-box"><table class="table">
    <caption class="hidden">${caption}</caption>
    <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.number ? "number" : ""}>${column.label}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${rowKey(row)}>
      ${columns.map((column) => column.head
        ? html`<th scope="row" data-label=${column.label}>${column.draw(row)}</th>`
        : html`<td class=${column.number ? "number" : ""} data-label=${column.label}>${column.draw(row)}</td>`)}
    </tr>`)}</tbody>
  </table></div>`;
}

/**
 * Forward and back through pages; nothing where there is but one.
 * @param {{page: number, perPage: number, total: number, onPage: (page: number) => void}} given
 */
export function Pager({ page, perPage, total, onPage }) {
  const last = Math.max(1, Math.ceil(total / perPage));
  if (last === 1) return null;
  return html`<nav class="pager" aria-label=${t("common.pages")}>
    <${Button} disabled=${page <= 1} onPress=${() => onPage(page - 1)}>${t("common.newer")}</${Button}>
    <span aria-live="polite">${t("common.page_of", { page, last })}</span>
    <${Button} disabled=${page >= last} onPress=${() => onPage(page + 1)}>${t("common.older")}</${Button}>
  </nav>`;
}

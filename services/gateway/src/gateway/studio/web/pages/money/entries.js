// Entries of the ledger: as a table, and the newest of them.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { date, moment, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Problem } from "../../ui/notice.js";
import { Skeleton } from "../../ui/states.js";
import { Table } from "../../ui/table.js";

const FEW = 5;

export function Recent() {
  const found = useAsked(() => get("/billing/credits/transactions", { query: { per_page: FEW } }), []);
  return html`<${Card} title=${t("money.recent")} aside=${html`<a href=${href("/money/statement")}>${t("money.all_entries")}</a>`}>
    <${Problem} error=${found.error} onRetry=${found.again} />
    ${!found.value && !found.error && html`<${Skeleton} lines=${3} />`}
    ${found.value?.total === 0 && html`<p class="soft">${t("money.none_yet")}</p><div><${LinkButton} to="/videos/new" icon="video">${t("money.make")}</${LinkButton}></div>`}
    ${found.value?.total > 0 && html`<${Entries} rows=${found.value.items} />`}
  </${Card}>`;
}

/** Why an entry was made. @param {any} entry */
const kind = (entry) => (says(`money.kind.${entry.transaction_type}`) ? t(`money.kind.${entry.transaction_type}`) : entry.transaction_type);

/** @param {{rows: any[]}} given */
export function Entries({ rows }) {
  return html`<${Table} caption=${t("money.statement.title")} rows=${rows} rowKey=${(/** @type {any} */ one) => String(one.id)} columns=${[
    { key: "what", label: t("money.entry.what"), head: true, draw: (/** @type {any} */ one) => html`${kind(one)}<span class="entry-note"><bdi>${one.description}</bdi></span>` },
    { key: "when", label: t("money.entry.when"), draw: (/** @type {any} */ one) => html`<time datetime=${one.created_at} title=${moment(one.created_at)}>${date(one.created_at)}</time>` },
    { key: "amount", label: t("money.entry.credits"), number: true, draw: (/** @type {any} */ one) => html`<span class=${one.amount > 0 ? "entry-in" : ""}>${number(one.amount, { signDisplay: "exceptZero" })}</span>` },
    { key: "after", label: t("money.entry.after"), number: true, draw: (/** @type {any} */ one) => number(one.balance_after) },
  ]} />`;
}

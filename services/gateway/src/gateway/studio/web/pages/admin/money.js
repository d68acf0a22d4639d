// What comes in, what the work costs, and what is left.
import { money, number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html, useMemo, useState } from "../../core/view.js";
import { Select } from "../../ui/field.js";
import { planName } from "../money/subscription.js";
import { COSTS_IN, Frame, Listed, percents } from "./parts.js";

const DAYS = ["7", "30", "90", "365"];
const DAY_MS = 86_400_000;

export default function Money() {
  return html`<${Frame} page="money" draw=${() => html`<${Reports} />`} />`;
}

function Reports() {
  const [days, setDays] = useState("30");
  const period = useMemo(() => {
    const until = Date.now();
    return { since: new Date(until - Number(days) * DAY_MS).toISOString(), until: new Date(until).toISOString() };
  }, [days]);
  return html`<div class="card"><${Select} label=${t("admin.money.time")} value=${days} onInput=${setDays} options=${DAYS.map((value) => ({ value, label: t("admin.money.days", { count: Number(value) }) }))} /></div>
    <${Listed} title=${t("admin.money.margins")} path="/admin/billing/reports/margins" query=${period} empty=${t("admin.money.no_margins")} rowKey=${(/** @type {any} */ one) => `${one.product_line}.${one.currency}`} columns=${margins()} />
    <${Listed} title=${t("admin.money.users")} path="/admin/billing/reports/users" query=${period} empty=${t("admin.money.no_users")} rowKey=${(/** @type {any} */ one) => one.user_id} columns=${users()} />
    <${Listed} title=${t("admin.money.units")} path="/admin/billing/reports/unit-costs" empty=${t("admin.money.no_units")} rowKey=${(/** @type {any} */ one) => one.plan_type} columns=${units()} />`;
}

/** @returns {import("../../ui/table.js").Column<any>[]} */
const margins = () => [
  { key: "line", label: t("admin.line"), head: true, draw: (one) => t(`common.line.${one.product_line}`) },
  { key: "payments", label: t("admin.money.payments"), number: true, draw: (one) => number(one.payments) },
  { key: "received", label: t("admin.money.received"), number: true, draw: (one) => money(one.received, one.currency) },
  { key: "refunded", label: t("admin.money.refunded"), number: true, draw: (one) => money(one.refunded, one.currency) },
  { key: "cost", label: t("admin.cost"), number: true, draw: (one) => money(one.ai_cost, one.currency) },
  { key: "profit", label: t("admin.money.profit"), number: true, draw: (one) => money(one.profit, one.currency) },
  { key: "margin", label: t("admin.money.margin"), number: true, draw: (one) => percents(one.margin) },
];

/** @returns {import("../../ui/table.js").Column<any>[]} */
const users = () => [
  { key: "who", label: t("admin.users.account"), head: true, draw: (one) => html`<a class="long" href=${href(`/admin/users/${one.user_id}`)}><code dir="ltr">${one.user_id}</code></a>` },
  { key: "calls", label: t("admin.money.calls"), number: true, draw: (one) => number(one.attempts) },
  { key: "cost", label: t("admin.cost"), number: true, draw: (one) => money(one.cost, COSTS_IN) },
];

/** @returns {import("../../ui/table.js").Column<any>[]} */
const units = () => [
  { key: "plan", label: t("admin.users.plan"), head: true, draw: (one) => planName(one.plan_type) },
  { key: "price", label: t("admin.money.price"), number: true, draw: (one) => money(one.price, one.currency) },
  { key: "minutes", label: t("admin.money.minutes"), number: true, draw: (one) => number(one.minutes) },
  { key: "cost", label: t("admin.cost"), number: true, draw: (one) => money(one.cost, one.currency) },
  { key: "profit", label: t("admin.money.profit"), number: true, draw: (one) => money(one.profit, one.currency) },
  { key: "margin", label: t("admin.money.margin"), number: true, draw: (one) => percents(one.margin) },
];

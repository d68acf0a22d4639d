// What there is, what was used of it, and the plan that it comes from.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { date, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { balance, line, renewBalance } from "../../core/session.js";
import { html, useEffect } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge, Progress, Skeleton } from "../../ui/states.js";
import { Recent } from "./entries.js";
import { planName, subscription, Subscription } from "./subscription.js";

const NEAR = 0.8;

export default function Money() {
  const usage = useAsked(() => get("/usage/current"), []);
  const held = useAsked(subscription, []);
  useEffect(() => void renewBalance(), []);
  const now = balance.value;
  const renew = () => Promise.all([held.again(), usage.again(), renewBalance()]);
  return html`<div class="page">
    <${Head} title=${t("money.title")} lead=${t("money.lead", { product: t(`common.line.${line.value}`) })}>
      <${LinkButton} to="/money/statement" icon="list">${t("money.statement.title")}</${LinkButton}>
      <${LinkButton} kind="primary" to="/money/plans">${t("money.plans.title")}</${LinkButton}></${Head}>
    <${Problem} error=${usage.error ?? held.error} onRetry=${renew} />
    <div class="columns columns-side">
      <div class="stack">
        ${now ? html`<${Balance} now=${now} free=${Object.values(usage.value?.meters ?? {}).some((meter) => /** @type {any} */ (meter).limit < 0)} />` : html`<div class="card"><${Skeleton} lines=${4} /></div>`}
        ${usage.value ? html`<${Usage} usage=${usage.value} />` : !usage.error && html`<div class="card"><${Skeleton} lines=${3} /></div>`}
        <${Recent} />
      </div>
      ${held.busy && !held.value ? html`<div class="card"><${Skeleton} lines=${4} /></div>` : !held.error && html`<${Subscription} held=${held.value} onChanged=${renew} />`}
    </div>
  </div>`;
}

/** @param {{now: any, free: boolean}} given `free`: something has no limit, so that it takes no credits */
function Balance({ now, free }) {
  return html`<${Card} title=${t("money.balance.title")} aside=${html`<${Badge}>${planName(now.plan_type)}</${Badge}>`}>
    <p class="amount"><strong class="number">${number(now.available)}</strong> <span class="soft">${t("money.balance.left", { count: now.available })}</span></p>
    ${now.credits_per_minute && html`<p class="soft">${t("money.balance.minute", { count: now.credits_per_minute })}</p>`}
    ${now.reserved > 0 && html`<p class="soft">${t("money.balance.reserved", { count: now.reserved })}</p>`}
    ${now.grants.length > 0
      ? html`<h3>${t("money.balance.grants")}</h3><ul class="grants">${now.grants.map((/** @type {any} */ grant) => html`<li>
          <span><strong>${t(`money.grant.${grant.category}`)}</strong>
            <span class="faint">${grant.expires_at ? t("money.balance.until", { date: date(grant.expires_at) }) : t("money.balance.for_ever")}</span></span>
          <span class="number">${number(grant.credits)}</span></li>`)}</ul><p class="faint">${t("money.balance.order")}</p>`
      : free ? html`<p class="soft">${t("money.balance.unmetered")}</p>` : html`<${Notice} title=${t("money.balance.empty")}><p>${t("money.balance.empty_text")}</p>
          <${LinkButton} size="small" kind="primary" to="/money/plans">${t("money.plans.title")}</${LinkButton}></${Notice}>`}
  </${Card}>`;
}

/** @param {{usage: any}} given */
function Usage({ usage }) {
  const meters = Object.entries(usage.meters);
  return html`<${Card} title=${t("money.usage.title")} aside=${html`<span class="faint">${t("money.usage.anew", { date: date(usage.period_end) })}</span>`}>
    ${meters.map(([name, meter]) => html`<${Meter} key=${name} name=${name} meter=${meter} upgrade=${usage.upgrade_to} />`)}
    <p class="soft">${t("money.usage.credits", { count: usage.credits_used })}</p>
  </${Card}>`;
}

/** What a meter is called. @param {string} name */
export const meterName = (name) => (says(`money.meter.${name}`) ? t(`money.meter.${name}`) : name);

/** @param {{name: string, meter: any, upgrade: string[]}} given */
function Meter({ name, meter, upgrade }) {
  const { used, limit } = meter;
  if (limit < 0) return html`<p class="row-apart"><span><strong>${meterName(name)}</strong></span><span class="soft">${t("money.usage.unlimited", { count: used })}</span></p>`;
  const isReached = used >= limit;
  const isNear = !isReached && used >= limit * NEAR;
  return html`<div class="stack-tight" data-full=${isReached || isNear}>
    <${Progress} label=${meterName(name)} value=${limit ? Math.min(1, used / limit) : 1} note=${t("money.usage.of", { used, limit })} />
    ${(isReached || isNear) && html`<${Notice} kind=${isReached ? "error" : "warning"} title=${t(isReached ? "money.usage.reached" : "money.usage.near")}>
      ${upgrade.length > 0 && html`<${LinkButton} size="small" to="/money/plans">${t("money.usage.more", { plans: upgrade.map(planName).join(", ") })}</${LinkButton}>`}</${Notice}>`}
  </div>`;
}

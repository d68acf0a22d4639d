// The plans of the product, and the way into one of them.
import { get, newKey, post, put } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { lasting, money, number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { line, me, renewBalance } from "../../core/session.js";
import { html, useRef, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Head } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Choices } from "../../ui/field.js";
import { Icon } from "../../ui/icon.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";
import { meterName } from "./overview.js";
import { isPaid, planName, subscription } from "./subscription.js";

const MANY = 100;

/** @param {{query: URLSearchParams}} given */
export default function Plans({ query }) {
  const plans = useAsked(() => get("/billing/plans", { query: { product_line: line.value, per_page: MANY } }), []);
  const held = useAsked(subscription, []);
  const [interval, setInterval] = useState("month");
  const [error, setError] = useState(/** @type {any} */ (null));
  const [asked, setAsked] = useState(/** @type {any} */ (null));
  // One order for each plan and interval, however often it is pressed.
  const keys = useRef(/** @type {Record<string, string>} */ ({}));
  const keyOf = (/** @type {any} */ plan, way = interval) => (keys.current[`${plan.plan_type}.${way}`] ??= newKey());
  const current = held.value?.plan ?? me.value?.plan_type ?? "free";
  const paid = isPaid(held.value);
  const back = {
    success_url: `${location.origin}${href("/money/paid")}`,
    cancel_url: `${location.origin}${href("/money/plans?left=1")}`,
  };

  /** @param {() => Promise<any>} work */
  const doing = async (work) => {
    setError(null);
    try {
      await work();
    } catch (failure) {
      // Refused: what is sent next is another order.
      if (/** @type {any} */ (failure).status) keys.current = {};
      setError(failure);
    }
  };
  const begin = (/** @type {any} */ plan) => doing(async () => {
    const sale = await post("/billing/checkout", { plan: plan.plan_type, interval, ...back }, { key: keyOf(plan) });
    if (sale.checkout_url) location.assign(sale.checkout_url);
    else await go(`/money/paid?plan=${plan.plan_type}`);
  });
  const once = (/** @type {any} */ plan) => doing(async () => {
    const pages = { ...back, success_url: `${back.success_url}?once=${plan.plan_type}` };
    // On the page, where one sees what is taken and agrees: a press of a button alone charges nobody's card.
    const sale = { plan_type: plan.plan_type, use_stored_method: false, ...pages };
    const page = await post("/billing/credits/topup", sale, { key: keyOf(plan, "once") }).catch((failure) =>
      failure.details?.checkout_url ? failure.details.checkout_url : Promise.reject(failure));
    if (typeof page === "string") location.assign(page);
    else await go(`/money/paid?once=${plan.plan_type}`);
  });
  const change = (/** @type {any} */ plan) => doing(async () => {
    await put("/billing/subscription", { plan: plan.plan_type, interval }, { key: keyOf(plan) });
    keys.current = {};
    toast(t("money.plans.changed", { plan: planName(plan.plan_type) }));
    await Promise.all([held.again(), renewBalance()]);
    await go("/money");
  });
  const found = plans.value?.items ?? [];
  const yearly = found.some((/** @type {any} */ one) => one.price_yearly);
  return html`<div class="page">
    <${Head} title=${t("money.plans.title")} lead=${t("money.plans.lead", { product: t(`common.line.${line.value}`) })}>
      <${LinkButton} to="/money">${t("common.back")}</${LinkButton}></${Head}>
    ${query.has("left") && html`<${Notice} title=${t("money.plans.left")} />`}
    ${yearly && html`<${Choices} class="choices-two" name="interval" label=${t("money.plans.interval")} value=${interval} onInput=${setInterval}
      options=${["month", "year"].map((value) => ({ value, label: t(`money.sub.${value}`), note: value === "year" ? t("money.plans.year_note") : t("money.plans.month_note") }))} />`}
    <${Problem} error=${error ?? plans.error ?? held.error} onRetry=${plans.error ? plans.again : undefined} />
    ${!plans.value && !plans.error && html`<${Skeleton} block lines=${3} />`}
    ${plans.value && found.length === 0 && html`<${Empty} icon="credits" title=${t("money.plans.none")} />`}
    ${found.length > 0 && html`<ul class="plans">${found.map((/** @type {any} */ plan) => html`<li key=${plan.plan_type} class="card plan" data-current=${plan.plan_type === current}>
      <${Offer} plan=${plan} interval=${interval} isCurrent=${plan.plan_type === current && (!paid || plan.price_monthly === "0" || held.value.interval === interval)}>
        ${plan.plan_type !== current || (paid && Number(plan.price_monthly) > 0 && held.value.interval !== interval)
          ? Number(plan.price_monthly) === 0
            ? html`<p class="faint">${t("money.plans.free_note")}</p>`
            : html`<${Button} kind="primary" class="button-wide"
                onPress=${() => (paid ? setAsked(plan) : begin(plan))}>${t("money.plans.choose", { plan: planName(plan.plan_type) })}</${Button}
              >${!paid && interval === "month" && html`<${Button} kind="quiet" class="button-wide" onPress=${() => once(plan)}>${t("money.plans.once", { plan: planName(plan.plan_type) })}</${Button}>`}`
          : null}
      </${Offer}></li>`)}</ul>`}
    <p class="faint">${t("money.plans.note")}</p>
    ${asked && html`<${Confirm} danger=${false} title=${t("money.plans.move_title", { plan: planName(asked.plan_type) })} text=${t("money.plans.move_text")}
      action=${t("money.plans.move")} onDo=${() => change(asked)} onClose=${() => setAsked(null)} />`}
  </div>`;
}

/** @param {{plan: any, interval: string, isCurrent: boolean, children: any}} given */
function Offer({ plan, interval, isCurrent, children }) {
  const isYearly = interval === "year" && plan.price_yearly;
  const price = isYearly ? plan.price_yearly : plan.price_monthly;
  const comes = [
    plan.trial_days > 0 && t("money.plans.try", { count: plan.trial_days }),
    plan.credits_per_month > 0 && t("money.plans.credits", { count: plan.credits_per_month }),
    ...Object.entries(plan.quotas).map(([name, limit]) => t("money.plans.quota", { what: meterName(name), limit: limit < 0 ? t("money.plans.unlimited") : number(limit) })),
    plan.max_video_seconds && t("money.plans.longest", { time: lasting(plan.max_video_seconds) }),
    plan.features.api_access && t("money.plans.api"),
    plan.features.customer_webhooks && t("money.plans.webhooks"),
  ].filter(Boolean);
  return html`<div class="card-head"><h2 class="card-title"><bdi>${planName(plan.plan_type)}</bdi></h2>${isCurrent && html`<${Badge} kind="good">${t("money.plans.current")}</${Badge}>`}</div>
    <p class="amount"><strong class="number">${Number(price) === 0 ? t("money.plans.free") : money(price, plan.currency)}</strong>
      ${Number(price) > 0 && html` <span class="soft">${t(isYearly ? "money.plans.a_year" : "money.plans.a_month")}</span>`}</p>
    <ul class="comes">${comes.map((one) => html`<li><${Icon} name="check" size=${18} /><span>${one}</span></li>`)}</ul>
    <div class="plan-act">${children}</div>`;
}

// The plan that one is on, how it goes on, and what can be done about it.
import { get, newKey, post } from "../../core/api.js";
import { date, money } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html, useRef, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Facts } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";

const LOOKS = /** @type {Record<string, "good" | "bad" | "warn" | "calm">} */ ({ active: "good", trialing: "good", past_due: "bad", incomplete: "warn" });

/** What the account is subscribed to, null where it never was. @returns {Promise<any>} */
export const subscription = () => get("/billing/subscription").catch((error) => (error.status === 404 ? null : Promise.reject(error)));

/** Whether somebody pays for a plan month by month, or year by year. @param {any} held */
export const isPaid = (held) => Boolean(held?.interval) && ["trialing", "active", "past_due"].includes(held.status);

/** The name of a plan. @param {string} plan */
export const planName = (plan) => (says(`money.plan.${plan}`) ? t(`money.plan.${plan}`) : plan);

/** @param {{held: any, onChanged: () => unknown}} given */
export function Subscription({ held, onChanged }) {
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isEnding, setEnding] = useState(false);
  const key = useRef(newKey());
  const paid = isPaid(held);
  const act = async (/** @type {() => Promise<unknown>} */ work, /** @type {string} */ said) => {
    setError(null);
    try {
      await work();
      key.current = newKey();
      toast(said);
      await onChanged();
    } catch (failure) {
      setError(failure);
    }
  };
  const portal = async () => {
    setError(null);
    await post("/billing/portal", { return_url: location.origin + href("/money") }).then((found) => location.assign(found.url), setError);
  };
  const goesOn = () => act(() => post("/billing/subscription/resume", undefined, { key: key.current }), t("money.sub.resumed"));
  const ends = () => act(() => post("/billing/subscription/cancel", { at_once: false }, { key: key.current }), t("money.sub.cancelled"));
  const rows = [
    [t("money.sub.plan"), html`<bdi>${planName(held?.plan ?? "free")}</bdi>`],
    held?.interval && [t("money.sub.paid_by"), t(`money.sub.${held.interval}`)],
    held && [t("money.sub.period"), date(held.current_period_end)],
    held?.ends_at && !held.interval && [t("money.sub.until"), date(held.ends_at)],
    held?.trial_ends_at && held.status === "trialing" && [t("money.sub.trial"), date(held.trial_ends_at)],
    held?.next_invoice && [t("money.sub.next"), t("money.sub.next_at", { amount: money(held.next_invoice.amount, held.next_invoice.currency), date: date(held.next_invoice.due_at) })],
  ].filter(Boolean);
  return html`<${Card} title=${t("money.sub.title")} aside=${held && html`<${Badge} kind=${LOOKS[held.status] ?? "calm"}>${t(`money.sub.status.${held.status}`)}</${Badge}>`}>
    <${Facts} rows=${rows} />
    ${held?.status === "past_due" && html`<${Notice} kind="error" title=${t("money.sub.past_due")}><${Button} size="small" onPress=${portal}>${t("money.sub.pay")}</${Button}></${Notice}>`}
    ${held?.cancel_at_period_end && html`<${Notice} kind="warning" title=${t("money.sub.ending", { date: date(held.ends_at ?? held.current_period_end) })}>
      <${Button} size="small" kind="primary" onPress=${goesOn}>${t("money.sub.resume")}</${Button}></${Notice}>`}
    ${held?.next_plan && html`<${Notice} title=${t("money.sub.changes", { plan: planName(held.next_plan), date: date(held.current_period_end) })} />`}
    ${held?.change_pending && html`<${Notice} title=${t("money.sub.pending")} />`}
    <${Problem} error=${error} />
    <div class="row"><${LinkButton} kind=${paid ? "plain" : "primary"} to="/money/plans">${t(paid ? "money.sub.change" : "money.sub.see_plans")}</${LinkButton}>
      ${paid && html`<${Button} onPress=${portal}>${t("money.sub.portal")}</${Button}>`}
      ${paid && !held.cancel_at_period_end && html`<${Button} kind="danger" onPress=${() => setEnding(true)}>${t("money.sub.cancel")}</${Button}>`}</div>
    ${isEnding && html`<${Confirm} title=${t("money.sub.cancel_title")} text=${t("money.sub.cancel_text", { date: date(held.current_period_end) })} action=${t("money.sub.cancel")}
      onDo=${ends} onClose=${() => setEnding(false)} />`}
  </${Card}>`;
}

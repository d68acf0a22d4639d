// Back from the page where one pays: waits until the payment has arrived.
import { useAsked } from "../../core/asked.js";
import { t } from "../../core/i18n.js";
import { renewBalance, renewed } from "../../core/session.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Head } from "../../ui/card.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Progress } from "../../ui/states.js";
import { isPaid, planName, subscription } from "./subscription.js";

const EVERY_MS = 2000;
const TRIES = 30;

/** @param {{query: URLSearchParams}} given `once`: the plan that was bought for a month */
export default function Paid({ query }) {
  const once = query.get("once");
  const held = useAsked(subscription, []);
  const [tries, setTries] = useState(0);
  const isHere = once ? held.value?.plan === once : isPaid(held.value);
  const waits = !isHere && tries < TRIES;
  useEffect(() => {
    if (isHere) {
      void Promise.all([renewed(), renewBalance()]).catch(() => null);
      return undefined;
    }
    if (!waits || held.busy) return undefined;
    const later = setTimeout(() => {
      setTries(tries + 1);
      void held.again();
    }, EVERY_MS);
    return () => clearTimeout(later);
  }, [isHere, waits, held.busy]);
  return html`<div class="page">
    <${Head} title=${t("money.paid.title")} />
    <${Problem} error=${held.error} />
    ${isHere && html`<${Notice} kind="good" title=${t("money.paid.here", { plan: planName(held.value.plan) })}><p>${t("money.paid.here_text")}</p></${Notice}>`}
    ${!isHere && waits && html`<div class="card"><${Progress} label=${t("money.paid.waits")} note=${t("money.paid.waits_text")} /></div>`}
    ${!isHere && !waits && html`<${Notice} kind="warning" title=${t("money.paid.late")}><p>${t("money.paid.late_text")}</p>
      <${Button} size="small" icon="redo" onPress=${() => setTries(0)}>${t("common.again")}</${Button}></${Notice}>`}
    <div class="row"><${LinkButton} kind="primary" to="/money">${t("money.title")}</${LinkButton}><${LinkButton} to="/">${t("money.make")}</${LinkButton}></div>
  </div>`;
}

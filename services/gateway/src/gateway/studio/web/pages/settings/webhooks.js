// Addresses that are told what happens.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { date } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html, useState } from "../../core/view.js";
import { Card } from "../../ui/card.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";
import { HookForm } from "./hook.js";
import { Frame, NotInPlan, Once, useFeature } from "./parts.js";

const PER_PAGE = 20;

/** How a webhook stands. @param {{hook: any}} given */
export const State = ({ hook }) => html`<${Badge} kind=${hook.disabled_at ? "bad" : hook.active ? "good" : "calm"}>${t(`settings.webhooks.${hook.disabled_at ? "disabled" : hook.active ? "on" : "off"}`)}</${Badge}>`;

export default function Webhooks() {
  const [page, setPage] = useState(1);
  const found = useAsked(() => get("/webhooks", { query: { page, per_page: PER_PAGE } }), [page]);
  const plan = useFeature("customer_webhooks");
  const [made, setMade] = useState(/** @type {any} */ (null));
  const total = found.value?.total;
  return html`<${Frame} page="webhooks">
    ${made && html`<${Once} title=${t("settings.webhooks.made")} text=${t("settings.webhooks.made_text")} onDone=${() => setMade(null)}>${made.secret}</${Once}>`}
    <${Problem} error=${found.error} onRetry=${found.again} />
    ${plan.has === false && html`<${NotInPlan} page="webhooks" icon="globe" plans=${plan.plans} />`}
    ${!found.value && !found.error && html`<${Skeleton} lines=${4} />`}
    ${total === 0 && plan.has !== false && html`<${Empty} icon="globe" title=${t("settings.webhooks.empty")}><p>${t("settings.webhooks.empty_text")}</p></${Empty}>`}
    ${total > 0 && html`<div class="card"><${Table} caption=${t("settings.webhooks.title")} rows=${found.value.items} rowKey=${(/** @type {any} */ one) => one.id} columns=${[
      { key: "url", label: t("settings.webhooks.url"), head: true, draw: (/** @type {any} */ one) => html`<a class="long" href=${href(`/settings/webhooks/${one.id}`)}><bdi>${one.url}</bdi></a>` },
      { key: "state", label: t("settings.webhooks.state"), draw: (/** @type {any} */ one) => html`<${State} hook=${one} />` },
      { key: "made", label: t("settings.webhooks.since"), number: true, draw: (/** @type {any} */ one) => date(one.created_at) },
    ]} /><${Pager} page=${page} perPage=${PER_PAGE} total=${total} onPage=${setPage} /></div>`}
    ${plan.has !== false && html`<${Card} title=${t("settings.webhooks.new")}><${HookForm} key=${total} plans=${plan.plans} onSaved=${async (/** @type {any} */ hook) => { setMade(hook); await found.again(); }} /></${Card}>`}
  </${Frame}>`;
}

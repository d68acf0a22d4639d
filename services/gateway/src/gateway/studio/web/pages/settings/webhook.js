// One webhook: what goes there, what arrived, and trying it.
import { get, post, remove } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, moment, number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Select } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";
import { eventName, EVENTS, HookForm } from "./hook.js";
import { Frame, Once, useDoing } from "./parts.js";
import { State } from "./webhooks.js";

const PER_PAGE = 20;
const EVERY_MS = 3000;
const STATES = ["pending", "delivered", "failed", "missed"];
const LOOKS = /** @type {Record<string, "good" | "bad" | "busy" | "warn">} */ ({ pending: "busy", delivered: "good", failed: "bad", missed: "warn" });

/** @param {{params: Record<string, string>}} given */
export default function Webhook({ params }) {
  const path = `/webhooks/${params.id}`;
  const hook = useAsked(() => get(path), [path]);
  const [page, setPage] = useState(1);
  const [status, setStatus] = useState("");
  const log = useAsked(() => get(`${path}/deliveries`, { query: { page, per_page: PER_PAGE, status } }), [path, page, status]);
  const [secret, setSecret] = useState("");
  const [asking, setAsking] = useState(/** @type {"remove" | "secret" | null} */ (null));
  const { error, doing } = useDoing();
  const waits = log.value?.items.some((/** @type {any} */ one) => one.status === "pending");
  useEffect(() => {
    if (!waits) return undefined;
    const later = setTimeout(() => void log.again(), EVERY_MS);
    return () => clearTimeout(later);
  }, [log.value]);
  const renew = () => Promise.all([hook.again(), log.again()]);
  const act = (/** @type {string} */ what, /** @type {string} */ said) => doing(async () => { await post(`${path}/${what}`); await log.again(); }, said);
  const recover = () => doing(async () => {
    await post(`${path}/recover`, { since: hook.value.disabled_at ?? hook.value.created_at });
    await renew();
  }, t("settings.webhooks.recovered"));
  const confirmed = () => doing(async () => {
    if (asking === "remove") {
      await remove(path);
      await go("/settings/webhooks");
    } else {
      setSecret((await post(`${path}/rotate-secret`)).secret);
      await hook.again();
    }
  });
  const found = hook.value;
  return html`<${Frame} page="webhooks" actions=${html`<${LinkButton} to="/settings/webhooks">${t("common.back")}</${LinkButton}>`}>
    <${Problem} error=${error ?? hook.error} onRetry=${hook.error ? hook.again : undefined} />
    ${!found && !hook.error && html`<${Skeleton} lines=${5} />`}
    ${secret && html`<${Once} title=${t("settings.webhooks.new_secret")} text=${t("settings.webhooks.new_secret_text")} onDone=${() => setSecret("")}>${secret}</${Once}>`}
    ${found && html`<${Card} title=${t("settings.webhooks.one")} aside=${html`<${State} hook=${found} />`}>
        ${found.disabled_at && html`<${Notice} kind="error" title=${t("settings.webhooks.disabled_text", { when: moment(found.disabled_at) })}><${Button} size="small" kind="primary" onPress=${recover}>${t("settings.webhooks.recover")}</${Button}></${Notice}>`}
        ${found.failures > 0 && !found.disabled_at && html`<${Notice} kind="warning" title=${t("settings.webhooks.failures", { count: found.failures })} />`}
        <${HookForm} key=${found.updated_at} hook=${found} onSaved=${hook.set} />
        <hr /><div class="row"><${Button} onPress=${() => setAsking("secret")}>${t("settings.webhooks.rotate")}</${Button}>
          <${Button} kind="danger" icon="trash" onPress=${() => setAsking("remove")}>${t("common.delete")}</${Button}></div></${Card}>
      <${Card} title=${t("settings.webhooks.log")} aside=${html`<${Button} size="small" icon="play" onPress=${() => act("test", t("settings.webhooks.tested"))}>${t("settings.webhooks.test")}</${Button}>`}>
        <${Select} label=${t("settings.webhooks.state")} value=${status} onInput=${(/** @type {string} */ value) => { setStatus(value); setPage(1); }}
          options=${["", ...STATES].map((value) => ({ value, label: t(`settings.delivery.${value || "all"}`) }))} />
        <${Problem} error=${log.error} onRetry=${log.again} />
        ${log.value?.total === 0 && html`<${Empty} icon="list" title=${t("settings.webhooks.log_empty")}><p>${t("settings.webhooks.log_empty_text")}</p></${Empty}>`}
        ${log.value?.total > 0 && html`<${Table} caption=${t("settings.webhooks.log")} rows=${log.value.items} rowKey=${(/** @type {any} */ one) => one.id} columns=${[
          { key: "what", label: t("settings.webhooks.event"), head: true, draw: (/** @type {any} */ one) => html`${EVENTS.includes(one.type) ? eventName(one.type) : html`<bdi>${one.type}</bdi>`}
            <details class="more"><summary>${t("settings.webhooks.body")}</summary><pre class="secret" dir="ltr" tabindex="0" aria-label=${t("settings.webhooks.body")}>${pretty(one.body)}</pre></details>` },
          { key: "state", label: t("settings.webhooks.state"), draw: (/** @type {any} */ one) => html`<span><${Badge} kind=${LOOKS[one.status]}>${t(`settings.delivery.${one.status}`)}</${Badge}>
            <span class="faint">${[one.response_status, one.error].filter(Boolean).join(" ")}</span></span>` },
          { key: "tries", label: t("settings.webhooks.attempts"), number: true, draw: (/** @type {any} */ one) => number(one.attempts) },
          { key: "when", label: t("settings.webhooks.when"), draw: (/** @type {any} */ one) => html`<time datetime=${one.created_at} title=${moment(one.created_at)}>${ago(one.created_at)}</time>` },
          { key: "again", label: t("settings.webhooks.resend"), number: true, draw: (/** @type {any} */ one) => html`<${Button} size="small" icon="redo" aria-label=${t("settings.webhooks.resend")} onPress=${() => act(`deliveries/${one.id}/resend`, t("settings.webhooks.resent"))} />` },
        ]} /><${Pager} page=${page} perPage=${PER_PAGE} total=${log.value.total} onPage=${setPage} />`}
      </${Card}>`}
    ${asking && html`<${Confirm} danger=${asking === "remove"} title=${t(`settings.webhooks.${asking}_title`)} text=${t(`settings.webhooks.${asking}_text`)}
      action=${t(asking === "remove" ? "common.delete" : "settings.webhooks.rotate")} onDo=${confirmed} onClose=${() => setAsking(null)} />`}
  </${Frame}>`;
}

/** What was sent, with a line for each thing. @param {string} body */
function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

// The vendors of AI: who is not asked at the moment, what may be spent today, how they did.
import { get, put } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { lasting, money, moment, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm, Dialog } from "../../ui/dialog.js";
import { Select, TextField } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge, Empty, Progress, Skeleton } from "../../ui/states.js";
import { Table } from "../../ui/table.js";
import { useDoing } from "../settings/parts.js";
import { COSTS_IN, Frame, Listed } from "./parts.js";

const HOURS = ["1", "4", "24", "168"];
const ANY = "all";
const HOUR_S = 3600;
const capability = (/** @type {string} */ name) => (says(`admin.capability.${name}`) ? t(`admin.capability.${name}`) : name);

export default function Providers() {
  return html`<${Frame} page="providers" draw=${() => html`<${Breakers} /><${Spent} /><${Emergency} />
    <${Listed} title=${t("admin.providers.figures")} note=${t("admin.providers.figures_text")} path="/analytics/providers" empty=${t("admin.providers.no_figures")}
      rowKey=${(/** @type {any} */ one) => `${one.provider}.${one.capability}`} columns=${figures()} />`} />`;
}

/** @returns {import("../../ui/table.js").Column<any>[]} */
const figures = () => [
  { key: "who", label: t("admin.providers.provider"), head: true, draw: (one) => html`<bdi>${one.provider}</bdi>` },
  { key: "what", label: t("admin.providers.capability"), draw: (one) => capability(one.capability) },
  { key: "jobs", label: t("admin.providers.jobs"), number: true, draw: (one) => number(one.jobs) },
  { key: "takes", label: t("admin.providers.takes"), number: true, draw: (one) => (one.average_seconds === null ? "–" : lasting(Number(one.average_seconds), "short")) },
  { key: "good", label: t("admin.providers.score"), number: true, draw: (one) => (one.average_score === null ? "–" : number(Number(one.average_score), { maximumFractionDigits: 1 })) },
  { key: "fell", label: t("admin.providers.fallbacks"), number: true, draw: (one) => number(one.fallbacks) },
  { key: "cost", label: t("admin.cost"), number: true, draw: (one) => money(one.cost, COSTS_IN) },
];

function Breakers() {
  const found = useAsked(() => get("/admin/router/breakers"), []);
  const [asked, setAsked] = useState(/** @type {any} */ (null));
  const rows = found.value?.breakers;
  const decide = (/** @type {any} */ body, /** @type {any} */ of) => put(`/admin/router/breakers/${encodeURIComponent(of.provider)}/${encodeURIComponent(of.capability)}`, body).then(found.set);
  return html`<${Card} title=${t("admin.breakers.title")} aside=${html`<${Button} size="small" onPress=${() => setAsked({ state: "open", provider: "", capability: ANY })}>${t("admin.breakers.hold")}</${Button}>`}>
    <${Problem} error=${found.error} onRetry=${found.again} />
    ${!rows && !found.error && html`<${Skeleton} lines=${3} />`}
    ${rows?.length === 0 && html`<${Empty} icon="check" title=${t("admin.breakers.none")}><p>${t("admin.breakers.none_text")}</p></${Empty}>`}
    ${rows?.length > 0 && html`<${Table} caption=${t("admin.breakers.title")} rows=${rows} rowKey=${(/** @type {any} */ one) => `${one.provider}.${one.capability}.${one.model}`} columns=${[
      { key: "who", label: t("admin.providers.provider"), head: true, draw: (/** @type {any} */ one) => html`<bdi>${[one.provider, one.model].filter(Boolean).join(" · ")}</bdi>` },
      { key: "what", label: t("admin.providers.capability"), draw: (/** @type {any} */ one) => capability(one.capability) },
      { key: "state", label: t("admin.state"), draw: (/** @type {any} */ one) => html`<span><${Badge} kind=${one.state === "open" ? "bad" : one.state === "closed" ? "good" : "warn"}>${t(`admin.breakers.${one.state}`)}</${Badge}>
        ${one.why && html` <span class="faint"><bdi>${one.why}</bdi></span>`}</span>` },
      { key: "until", label: t("admin.breakers.until"), draw: (/** @type {any} */ one) => moment(one.open_until) },
      { key: "ask", label: t("admin.breakers.close"), number: true, draw: (/** @type {any} */ one) => one.state !== "closed" && html`<${Button} size="small" aria-label=${`${t("admin.breakers.close")}: ${one.provider}`}
        onPress=${() => setAsked({ ...one, state: "closed" })}>${t("admin.breakers.close")}</${Button}>` },
    ]} />`}
    ${asked && html`<${Deciding} asked=${asked} onDo=${decide} onClose=${() => setAsked(null)} />`}
  </${Card}>`;
}

/** @param {{asked: any, onDo: (body: any, of: any) => Promise<unknown>, onClose: () => void}} given */
function Deciding({ asked, onDo, onClose }) {
  const [provider, setProvider] = useState(asked.provider);
  const [what, setWhat] = useState(asked.capability);
  const [hours, setHours] = useState(HOURS[0]);
  const [reason, setReason] = useState("");
  const { error, doing } = useDoing();
  const opens = asked.state === "open";
  const policies = useAsked(() => (opens ? get("/admin/router/policies") : Promise.resolve(null)), []);
  const known = [...new Set((policies.value?.policies ?? []).map((/** @type {any} */ one) => String(one.capability)))].sort();
  const act = async () => {
    const body = { state: asked.state, reason: reason.trim(), model: asked.model ?? "", ...(opens ? { for_s: Number(hours) * HOUR_S } : {}) };
    if (await doing(() => onDo(body, { provider: provider.trim(), capability: what }), t("admin.done"))) onClose();
  };
  return html`<${Dialog} title=${t(opens ? "admin.breakers.hold" : "admin.breakers.close")} onClose=${onClose} actions=${html`<${Button} onPress=${onClose}>${t("common.cancel")}</${Button}>
      <${Button} kind=${opens ? "danger" : "primary"} disabled=${reason.trim().length < 3 || !provider.trim()} onPress=${act}>${t(opens ? "admin.breakers.hold" : "admin.breakers.close")}</${Button}>`}>
    ${opens && html`<p class="soft">${t("admin.breakers.hold_text")}</p>
      <${TextField} label=${t("admin.providers.provider")} dir="ltr" maxlength="100" value=${provider} onInput=${setProvider} error=${error?.fields?.provider} />
      <div class="pair"><${Select} label=${t("admin.providers.capability")} value=${what} onInput=${setWhat} options=${[ANY, ...known].map((value) => ({ value, label: capability(value) }))} />
        <${Select} label=${t("admin.breakers.for")} value=${hours} onInput=${setHours} options=${HOURS.map((value) => ({ value, label: t("admin.breakers.hours", { count: Number(value) }) }))} /></div>`}
    <${TextField} label=${t("admin.reason")} hint=${t("admin.reason_hint")} dir="auto" maxlength="500" value=${reason} onInput=${setReason} error=${error?.fields?.reason} />
    <${Problem} error=${error} fields=${["reason", "provider"]} /></${Dialog}>`;
}

function Spent() {
  const found = useAsked(() => get("/admin/router/daily-cost"), []);
  const [open, setOpen] = useState(false);
  const [limit, setLimit] = useState("");
  const [reason, setReason] = useState("");
  const { error, doing } = useDoing();
  const now = found.value;
  const lift = async () => {
    if (await doing(async () => found.set(await put("/admin/router/daily-cost", { limit, reason: reason.trim() })), t("admin.done"))) setOpen(false);
  };
  return html`<${Card} title=${t("admin.spent.title")} aside=${now && html`<${Button} size="small" onPress=${() => { setLimit(now.limit); setOpen(true); }}>${t("admin.spent.lift")}</${Button}>`}>
    <${Problem} error=${found.error} onRetry=${found.again} />
    ${!now && !found.error && html`<${Skeleton} lines=${2} />`}
    ${now && html`<${Progress} label=${money(now.spent, COSTS_IN)} value=${Math.min(1, Number(now.spent) / Number(now.limit))} note=${t("admin.spent.of", { limit: money(now.limit, COSTS_IN), warning: money(now.warning, COSTS_IN) })} />
      ${now.stopped && html`<${Notice} kind="error" title=${t("admin.spent.stopped")} />`}${now.lifted && html`<${Notice} title=${t("admin.spent.lifted")} />`}`}
    ${open && html`<${Dialog} title=${t("admin.spent.lift")} onClose=${() => setOpen(false)} actions=${html`<${Button} onPress=${() => setOpen(false)}>${t("common.cancel")}</${Button}>
      <${Button} kind="primary" disabled=${reason.trim().length < 3} onPress=${lift}>${t("common.save")}</${Button}>`}>
      <p class="soft">${t("admin.spent.lift_text")}</p>
      <${TextField} label=${t("admin.spent.limit")} type="number" min="0" step="any" dir="ltr" value=${limit} onInput=${setLimit} error=${error?.fields?.limit} />
      <${TextField} label=${t("admin.reason")} hint=${t("admin.reason_hint")} dir="auto" maxlength="500" value=${reason} onInput=${setReason} error=${error?.fields?.reason} />
      <${Problem} error=${error} fields=${["limit", "reason"]} /></${Dialog}>`}
  </${Card}>`;
}

function Emergency() {
  const [on, setOn] = useState(/** @type {boolean | null} */ (null));
  const { error, doing } = useDoing();
  const act = () => doing(() => put("/admin/router/emergency", { on }), t("admin.done"));
  return html`<${Card} title=${t("admin.emergency.title")}>
    <p class="soft">${t("admin.emergency.text")}</p><${Problem} error=${error} />
    <div class="row"><${Button} kind="danger" onPress=${() => setOn(true)}>${t("admin.emergency.on")}</${Button}><${Button} onPress=${() => setOn(false)}>${t("admin.emergency.off")}</${Button}></div>
    ${on !== null && html`<${Confirm} danger=${on} title=${t(on ? "admin.emergency.on" : "admin.emergency.off")} text=${t(on ? "admin.emergency.on_text" : "admin.emergency.off_text")}
      action=${t(on ? "admin.emergency.on" : "admin.emergency.off")} onDo=${act} onClose=${() => setOn(null)} />`}
  </${Card}>`;
}

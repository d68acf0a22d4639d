// Keys for programs: what each may do, made and shown once, replaced, ended.
import { get, newKey, post, remove } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, date } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { html, useRef, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Choices, Select, TextArea, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager } from "../../ui/table.js";
import { Frame, NotInPlan, Once, useDoing, useFeature } from "./parts.js";

const PER_PAGE = 20;
const PATH = "/users/me/api-keys";
const SCOPES = ["read", "files:write", "workflows:write", "ai:write", "export:write", "youtube:write", "notifications:write"];
const FIELDS = ["name", "scopes", "daily_credits", "allowed_addresses", "expires_in_days"];
const OVERLAP_H = 24;
const scopeName = (/** @type {string} */ scope) => t(`settings.scope.${scope.replace(":", "_")}`);

export default function Keys() {
  const [page, setPage] = useState(1);
  const found = useAsked(() => get(PATH, { query: { page, per_page: PER_PAGE } }), [page]);
  const plan = useFeature("api_access");
  const [made, setMade] = useState(/** @type {any} */ (null));
  const [asked, setAsked] = useState(/** @type {{kind: "revoke" | "rotate", key: any} | null} */ (null));
  const { error, doing } = useDoing();
  const show = async (/** @type {any} */ key) => { setMade(key); await found.again(); };
  const act = () => doing(async () => {
    if (asked?.kind === "rotate") await show(await post(`${PATH}/${asked.key.id}/rotate`, { overlap_hours: OVERLAP_H }));
    else if (asked) { await remove(`${PATH}/${asked.key.id}`); await found.again(); }
  }, asked?.kind === "revoke" ? t("settings.keys.revoked") : undefined);
  const total = found.value?.total;
  return html`<${Frame} page="keys">
    ${made && html`<${Once} title=${t("settings.keys.made", { name: made.name })} text=${t("settings.keys.made_text")} onDone=${() => setMade(null)}>${made.key}</${Once}>`}
    <${Problem} error=${error ?? found.error} onRetry=${found.error ? found.again : undefined} />
    ${error?.code === "plan_lacks_feature" && html`<div><${LinkButton} kind="primary" to="/money/plans">${t("settings.see_plans")}</${LinkButton}></div>`}
    ${plan.has === false && html`<${NotInPlan} page="keys" icon="key" plans=${plan.plans} />`}
    ${!found.value && !found.error && html`<${Skeleton} lines=${4} />`}
    ${total === 0 && plan.has !== false && html`<${Empty} icon="key" title=${t("settings.keys.empty")}><p>${t("settings.keys.empty_text")}</p><p><a href="/api/docs">${t("common.api")}</a></p></${Empty}>`}
    ${total > 0 && html`<ul class="rows card">${found.value.items.map((/** @type {any} */ key) => html`<li key=${key.id}><div class="grow">
        <p><strong><bdi>${key.name}</bdi></strong> <code dir="ltr">${key.prefix}…</code> ${key.replaced_by && html`<${Badge} kind="warn">${t("settings.keys.replaced")}</${Badge}>`}</p>
        <p class="faint">${key.scopes.map(scopeName).join(" · ")}</p>
        <p class="faint">${key.last_used_at ? t("settings.keys.used", { when: ago(key.last_used_at) }) : t("settings.keys.unused")}${key.expires_at && ` · ${t("settings.keys.until", { date: date(key.expires_at) })}`}${key.daily_credits !== null && ` · ${t("settings.keys.daily", { count: key.daily_credits })}`}</p></div>
      <div class="row">${!key.replaced_by && html`<${Button} size="small" aria-label=${`${t("settings.keys.rotate")}: ${key.name}`} onPress=${() => setAsked({ kind: "rotate", key })}>${t("settings.keys.rotate")}</${Button}>`}
        <${Button} size="small" kind="danger" aria-label=${`${t("settings.keys.revoke")}: ${key.name}`} onPress=${() => setAsked({ kind: "revoke", key })}>${t("settings.keys.revoke")}</${Button}></div></li>`)}</ul>
      <${Pager} page=${page} perPage=${PER_PAGE} total=${total} onPage=${setPage} />`}
    ${plan.has !== false && html`<${Make} plans=${plan.plans} onMade=${show} />`}
    ${asked && html`<${Confirm} danger=${asked.kind === "revoke"} title=${t(`settings.keys.${asked.kind}_title`, { name: asked.key.name })} text=${t(`settings.keys.${asked.kind}_text`)}
      action=${t(`settings.keys.${asked.kind}`)} onDo=${act} onClose=${() => setAsked(null)} />`}
  </${Frame}>`;
}

/** @param {{plans: string[], onMade: (key: any) => unknown}} given */
function Make({ plans, onMade }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(["read"]);
  const [days, setDays] = useState("90");
  const [credits, setCredits] = useState("");
  const [addresses, setAddresses] = useState("");
  const { error, busy, doing } = useDoing();
  const key = useRef(newKey());
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const wanted = {
      name: name.trim(), scopes, expires_in_days: days ? Number(days) : null, daily_credits: credits ? Number(credits) : null,
      allowed_addresses: addresses.split(/[\s,]+/).filter(Boolean),
    };
    await doing(async () => {
      await onMade(await post(PATH, wanted, { key: key.current }));
      setName("");
    });
    key.current = newKey();
  };
  const lacks = error?.code === "plan_lacks_feature";
  return html`<${Card} title=${t("settings.keys.new")}><form class="stack" onSubmit=${submit}>
    <${TextField} label=${t("settings.keys.name")} hint=${t("settings.keys.name_hint")} value=${name} name="key" maxlength="100" dir="auto" onInput=${setName} error=${error?.fields?.name} />
    <${Choices} many class="choices-scopes" name="scopes" label=${t("settings.keys.scopes")} value=${scopes} onInput=${setScopes} error=${scopes.length === 0 ? t("settings.keys.no_scope") : error?.fields?.scopes}
      options=${SCOPES.map((scope) => ({ value: scope, label: scopeName(scope) }))} />
    <div class="pair"><${Select} label=${t("settings.keys.lasts")} value=${days} onInput=${setDays} error=${error?.fields?.expires_in_days}
        options=${["30", "90", "365", ""].map((value) => ({ value, label: value ? t("settings.keys.days", { count: Number(value) }) : t("settings.keys.for_ever") }))} />
      <${TextField} optional label=${t("settings.keys.limit")} type="number" min="0" step="1" dir="ltr" value=${credits} onInput=${setCredits} error=${error?.fields?.daily_credits} /></div>
    <details class="more"><summary>${t("settings.keys.more")}</summary>
      <${TextArea} optional label=${t("settings.keys.addresses")} hint=${t("settings.keys.addresses_hint")} rows=${2} dir="ltr" value=${addresses} onInput=${setAddresses} error=${error?.fields?.allowed_addresses} /></details>
    ${lacks ? html`<${NotInPlan} page="keys" icon="key" plans=${error.details.plans?.length ? error.details.plans : plans} />` : html`<${Problem} error=${error} fields=${FIELDS} />`}
    <div><${Button} type="submit" kind="primary" icon="key" busy=${busy} disabled=${scopes.length === 0}>${t("settings.keys.make")}</${Button}></div>
  </form></${Card}>`;
}

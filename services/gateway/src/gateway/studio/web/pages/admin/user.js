// One account: how it stands, what it has, and what can be done for it.
import { get, newKey, patch, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { moment, number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { LINES, me } from "../../core/session.js";
import { html, useRef, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Facts } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Select, TextField } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Skeleton } from "../../ui/states.js";
import { Table } from "../../ui/table.js";
import { planName } from "../money/subscription.js";
import { useDoing } from "../settings/parts.js";
import { Frame } from "./parts.js";
import { Standing } from "./users.js";

/** @param {{params: Record<string, string>}} given */
export default function User({ params }) {
  return html`<${Frame} page="users" actions=${html`<${LinkButton} to="/admin/users">${t("common.back")}</${LinkButton}>`} draw=${() => html`<${One} id=${params.id} />`} />`;
}

/** @param {{id: string}} given */
function One({ id }) {
  const path = `/admin/users/${id}`;
  const found = useAsked(() => get(path), [path]);
  const [asked, setAsked] = useState(/** @type {{name: string, change: any} | null} */ (null));
  const { error, doing } = useDoing();
  const user = found.value;
  const change = (/** @type {any} */ wanted) => doing(async () => found.set(await patch(path, wanted)), t("admin.done"));
  if (!user) return html`<${Problem} error=${found.error} onRetry=${found.again} />${!found.error && html`<${Skeleton} lines=${6} />`}`;
  const own = user.id === me.value.id;
  return html`<${Notice} title=${t("admin.users.recorded")}><a href=${href(`/admin/audit?target=${user.id}`)}>${t("admin.users.see_audit")}</a></${Notice}>
    <${Card} title=${html`<bdi>${user.email}</bdi>`} aside=${html`<${Standing} user=${user} />`}>
      <${Facts} rows=${[
        [t("admin.users.name"), html`<bdi>${user.name ?? user.username}</bdi>`],
        [t("admin.users.proved"), t(user.email_verified ? "admin.yes" : "admin.no")],
        [t("admin.users.since"), moment(user.created_at)],
        [t("admin.users.last"), user.last_login ? moment(user.last_login) : "–"],
        [t("admin.users.sessions"), number(user.sessions)],
        [t("admin.users.keys"), number(user.api_keys)],
      ]} />
      <${Problem} error=${error} />
      ${!own && html`<div class="row">
        ${user.locked_until && html`<${Button} onPress=${() => change({ unlock: true })}>${t("admin.users.unlock")}</${Button}>`}
        <${Button} onPress=${() => setAsked({ name: user.role === "admin" ? "demote" : "promote", change: { role: user.role === "admin" ? "user" : "admin" } })}>${t(user.role === "admin" ? "admin.users.demote" : "admin.users.promote")}</${Button}>
        <${Button} kind=${user.is_active ? "danger" : "primary"} onPress=${() => (user.is_active ? setAsked({ name: "deactivate", change: { is_active: false } }) : change({ is_active: true }))}>${t(user.is_active ? "admin.users.deactivate" : "admin.users.activate")}</${Button}></div>`}
    </${Card}>
    <${Card} title=${t("admin.users.plans")}>
      ${user.plans.length === 0 && html`<p class="soft">${t("admin.users.no_plans")}</p>`}
      ${user.plans.length > 0 && html`<${Table} caption=${t("admin.users.plans")} rows=${user.plans} rowKey=${(/** @type {any} */ one) => one.product_line} columns=${[
        { key: "line", label: t("admin.line"), head: true, draw: (/** @type {any} */ one) => t(`common.line.${one.product_line}`) },
        { key: "plan", label: t("admin.users.plan"), draw: (/** @type {any} */ one) => planName(one.plan) },
        { key: "credits", label: t("admin.users.credits"), number: true, draw: (/** @type {any} */ one) => number(one.credits) },
      ]} />`}</${Card}>
    <${Grant} user=${user} onDone=${found.again} />
    ${asked && html`<${Confirm} danger=${asked.name !== "promote"} title=${t(`admin.users.${asked.name}_title`, { email: `\u2068${user.email}\u2069` })} text=${t(`admin.users.${asked.name}_text`)} action=${t(`admin.users.${asked.name}`)}
      onDo=${() => change(asked.change)} onClose=${() => setAsked(null)} />`}`;
}

/** @param {{user: any, onDone: () => unknown}} given */
function Grant({ user, onDone }) {
  const [line, setLine] = useState(user.home_product_line);
  const [credits, setCredits] = useState("");
  const [reason, setReason] = useState("");
  const { error, busy, doing } = useDoing();
  const key = useRef(newKey());
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const done = await doing(() => post("/admin/billing/grants", { user_id: user.id, product_line: line, credits: Number(credits), reason: reason.trim() }, { key: key.current }), t("admin.grant.done"));
    if (done) { setCredits(""); setReason(""); }
    if (done || error?.status) key.current = newKey();
    await onDone();
  };
  return html`<${Card} title=${t("admin.grant.title")}><form class="stack" onSubmit=${submit}>
    <div class="pair"><${Select} label=${t("admin.line")} value=${line} onInput=${setLine} options=${LINES.map((value) => ({ value, label: t(`common.line.${value}`) }))} />
      <${TextField} label=${t("admin.users.credits")} type="number" min="1" step="1" dir="ltr" value=${credits} onInput=${setCredits} error=${error?.fields?.credits} /></div>
    <${TextField} label=${t("admin.reason")} hint=${t("admin.grant.hint")} dir="auto" maxlength="400" value=${reason} onInput=${setReason} error=${error?.fields?.reason} />
    <${Problem} error=${error} fields=${["credits", "reason"]} />
    <div><${Button} type="submit" busy=${busy}>${t("admin.grant.action")}</${Button}></div></form></${Card}>`;
}

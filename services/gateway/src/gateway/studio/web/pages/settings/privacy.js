// What one agreed to, all that is known of one, and the end of it.
import { get, post, put, remove, save } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { date, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { BASE } from "../../core/router.js";
import { draft } from "../../core/store.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Dialog } from "../../ui/dialog.js";
import { Checkbox, PasswordField } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Progress, Skeleton } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";
import { Frame, useDoing } from "./parts.js";

const FREE = ["marketing", "analytics"];
const NEEDED = ["terms", "privacy"];
const EVERY_MS = 3000;

export default function Privacy() {
  return html`<${Frame} page="privacy"><${Consents} /><${Export} /><${Erase} /></${Frame}>`;
}

function Consents() {
  const found = useAsked(() => get("/users/me/consents"), []);
  const { error, doing } = useDoing();
  const held = (/** @type {string} */ kind) => found.value?.consents.find((/** @type {any} */ one) => one.kind === kind);
  const decide = async (/** @type {string} */ kind, /** @type {boolean} */ granted, isUndo = false) => {
    const done = await doing(async () => found.set(await put("/users/me/consents", { consents: [{ kind, granted }] })));
    if (done) toast(t("settings.saved"), isUndo ? {} : { undo: () => decide(kind, !granted, true) });
    else await found.again();
  };
  return html`<${Card} title=${t("settings.consents.title")}>
    <${Problem} error=${error ?? found.error} onRetry=${found.error ? found.again : undefined} />
    ${!found.value && !found.error && html`<${Skeleton} lines=${3} />`}
    ${found.value && html`<ul class="rows">${NEEDED.map((kind) => html`<li key=${kind}><span class="grow">${t(`settings.consents.${kind}`)}</span>
        <span class="faint">${held(kind)?.granted ? t("settings.consents.given", { date: date(held(kind).given_at) }) : t("settings.consents.missing")}</span></li>`)}</ul>
      ${FREE.map((kind) => html`<${Checkbox} key=${kind} label=${t(`settings.consents.${kind}`)} hint=${t(`settings.consents.${kind}_hint`)} checked=${Boolean(held(kind)?.granted)}
        onInput=${(/** @type {boolean} */ granted) => decide(kind, granted)} />`)}
      <p class="faint">${t("settings.consents.note")}</p>`}
  </${Card}>`;
}

function Export() {
  const kept = draft("data-export", /** @type {string | null} */ (null));
  const id = kept.value;
  const found = useAsked(() => (id ? get(`/users/me/data-export/${id}`).catch((error) => (error.status === 404 ? null : Promise.reject(error))) : Promise.resolve(null)), [id]);
  const { error, doing } = useDoing();
  const now = found.value;
  useEffect(() => {
    if (now?.status !== "pending") return undefined;
    const later = setTimeout(() => void found.again(), EVERY_MS);
    return () => clearTimeout(later);
  }, [now]);
  const begin = () => doing(async () => { kept.value = (await post("/users/me/data-export")).id; });
  return html`<${Card} title=${t("settings.export.title")}>
    <p class="soft">${t("settings.export.text")}</p>
    <${Problem} error=${error ?? found.error} onRetry=${found.error ? found.again : undefined} />
    ${now?.status === "pending" && html`<${Progress} label=${t("settings.export.pending")} note=${t("settings.export.pending_text")} />`}
    ${now?.download_url && html`<${Notice} kind="good" title=${t("settings.export.ready", { when: moment(now.expires_at) })}>
      <${Button} size="small" kind="primary" icon="download" onPress=${() => save(now.download_url)}>${t("common.download")}</${Button}></${Notice}>`}
    ${now?.status !== "pending" && html`<div><${Button} icon="download" onPress=${begin}>${t(now?.download_url ? "settings.export.anew" : "settings.export.begin")}</${Button}></div>`}
  </${Card}>`;
}

function Erase() {
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState("");
  const [sure, setSure] = useState(false);
  const [begun, setBegun] = useState(/** @type {any} */ (null));
  const { error, doing } = useDoing();
  const erase = () => doing(async () => {
    setBegun(await remove("/users/me", { body: { password: password || null } }));
    setPassword("");
  });
  // Nothing of the account stays in the memory of the page.
  const leave = () => location.assign(`${BASE}/`);
  return html`<${Card} title=${t("settings.erase.title")} class="card-danger">
    <p class="soft">${t("settings.erase.text")}</p>
    <div><${Button} kind="danger" icon="trash" onPress=${() => setOpen(true)}>${t("settings.erase.begin")}</${Button}></div>
    ${open && !begun && html`<${Dialog} title=${t("settings.erase.sure_title")} onClose=${() => setOpen(false)} actions=${html`<${Button} onPress=${() => setOpen(false)}>${t("common.cancel")}</${Button}>
        <${Button} kind="danger" disabled=${!sure} onPress=${erase}>${t("settings.erase.action")}</${Button}>`}>
      <p>${t("settings.erase.sure_text")}</p>
      <${PasswordField} label=${t("settings.security.your_password")} value=${password} autocomplete="current-password" onInput=${setPassword} error=${error?.fields?.password} />
      <${Checkbox} label=${t("settings.erase.understood")} checked=${sure} onInput=${setSure} />
      <${Problem} error=${error} fields=${["password"]} /></${Dialog}>`}
    ${begun && html`<${Dialog} title=${t("settings.erase.done_title")} onClose=${leave} actions=${html`<${Button} kind="primary" onPress=${leave}>${t("settings.erase.leave")}</${Button}>`}>
      <p>${t("settings.erase.done_text")}</p></${Dialog}>`}
  </${Card}>`;
}

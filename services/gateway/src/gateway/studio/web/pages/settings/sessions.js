// Where the account is signed in, and the way to end that.
import { get, remove } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";
import { Frame, useDoing } from "./parts.js";

const PER_PAGE = 20;

export default function Sessions() {
  const [page, setPage] = useState(1);
  const found = useAsked(() => get("/users/me/sessions", { query: { page, per_page: PER_PAGE } }), [page]);
  const [asking, setAsking] = useState(false);
  const { error, doing } = useDoing();
  const end = (/** @type {string} */ path, /** @type {string} */ said) => doing(async () => { await remove(path); await found.again(); }, said);
  return html`<${Frame} page="sessions" actions=${found.value?.total > 1 && html`<${Button} kind="danger" onPress=${() => setAsking(true)}>${t("settings.sessions.end_others")}</${Button}>`}>
    <${Problem} error=${error ?? found.error} onRetry=${found.error ? found.again : undefined} />
    <${Card}>${!found.value && !found.error && html`<${Skeleton} lines=${4} />`}
      ${found.value && html`<${Table} caption=${t("settings.sessions.title")} rows=${found.value.items} rowKey=${(/** @type {any} */ one) => one.id} columns=${[
        { key: "device", label: t("settings.sessions.device"), head: true, draw: (/** @type {any} */ one) => html`<bdi>${one.device}</bdi> ${one.current && html`<${Badge} kind="good">${t("settings.sessions.this")}</${Badge}>`}` },
        { key: "from", label: t("settings.sessions.from"), draw: (/** @type {any} */ one) => html`<bdi>${one.ip_address ?? "–"}</bdi>` },
        { key: "used", label: t("settings.sessions.used"), draw: (/** @type {any} */ one) => html`<time datetime=${one.last_used_at} title=${moment(one.last_used_at)}>${ago(one.last_used_at)}</time>` },
        { key: "end", label: t("settings.sessions.end"), number: true, draw: (/** @type {any} */ one) => one.current ? "–" : html`<${Button} size="small" aria-label=${`${t("settings.sessions.end")}: ${one.device}`}
          onPress=${() => end(`/users/me/sessions/${one.id}`, t("settings.sessions.ended"))}>${t("settings.sessions.end")}</${Button}>` },
      ]} /><${Pager} page=${page} perPage=${PER_PAGE} total=${found.value.total} onPage=${setPage} />`}
    </${Card}>
    <p class="faint">${t("settings.sessions.unknown")}</p>
    ${asking && html`<${Confirm} title=${t("settings.sessions.end_others")} text=${t("settings.sessions.end_others_text")} action=${t("settings.sessions.end_others")}
      onClose=${() => setAsking(false)} onDo=${() => end("/users/me/sessions", t("settings.sessions.ended"))} />`}
  </${Frame}>`;
}

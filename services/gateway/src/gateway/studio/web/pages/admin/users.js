// The accounts of the platform.
import { ago, date } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Select, TextField } from "../../ui/field.js";
import { Badge } from "../../ui/states.js";
import { Frame, Listed } from "./parts.js";

const KINDS = /** @type {Record<string, Record<string, any>>} */ ({ all: {}, admins: { role: "admin" }, inactive: { is_active: false }, locked: { locked: true } });
const NONE = { role: undefined, is_active: undefined, locked: undefined };

/** @param {{query: URLSearchParams}} given */
export default function Users({ query }) {
  const kind = query.get("kind") ?? "all";
  const text = query.get("text") ?? "";
  return html`<${Frame} page="users" draw=${() => html`<${Search} kind=${kind} text=${text} />
    <${Listed} key=${`${kind}.${text}`} title=${t("admin.users.title")} path="/admin/users" query=${{ ...NONE, ...KINDS[kind], text }} empty=${t("admin.users.none")}
      rowKey=${(/** @type {any} */ one) => one.id} columns=${columns()} />`} />`;
}

/** @param {{kind: string, text: string}} given */
function Search({ kind, text }) {
  const [words, setWords] = useState(text);
  const find = (/** @type {string} */ what) => go(`/admin/users?${new URLSearchParams({ kind: what, text: words.trim() })}`, { replace: true });
  return html`<form class="card" role="search" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); void find(kind); }}>
    <div class="pair"><${TextField} label=${t("admin.users.text")} type="search" dir="auto" required=${false} maxlength="100" value=${words} onInput=${setWords} />
      <${Select} label=${t("admin.users.which")} value=${kind} onInput=${find} options=${Object.keys(KINDS).map((value) => ({ value, label: t(`admin.users.${value}`) }))} /></div>
    <div><${Button} type="submit" icon="search">${t("admin.users.find")}</${Button}></div></form>`;
}

/** How an account stands. @param {{user: any}} given */
export const Standing = ({ user }) => html`<span class="row">
  <${Badge} kind=${user.is_active ? "good" : "bad"}>${t(user.is_active ? "admin.users.is_active" : "admin.users.is_inactive")}</${Badge}>
  ${user.role === "admin" && html`<${Badge} kind="busy">${t("admin.users.admin")}</${Badge}>`}
  ${user.locked_until && new Date(user.locked_until) > new Date() && html`<${Badge} kind="warn">${t("admin.users.is_locked")}</${Badge}>`}</span>`;

/** @returns {import("../../ui/table.js").Column<any>[]} */
const columns = () => [
  { key: "who", label: t("admin.users.account"), head: true, draw: (one) => html`<a class="long" href=${href(`/admin/users/${one.id}`)}><bdi>${one.email}</bdi></a>` },
  { key: "state", label: t("admin.state"), draw: (one) => html`<${Standing} user=${one} />` },
  { key: "line", label: t("admin.line"), draw: (one) => t(`common.line.${one.home_product_line}`) },
  { key: "since", label: t("admin.users.since"), draw: (one) => date(one.created_at) },
  { key: "last", label: t("admin.users.last"), number: true, draw: (one) => (one.last_login ? ago(one.last_login) : "–") },
];

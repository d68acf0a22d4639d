// The record of what was done with accounts.
import { moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Select } from "../../ui/field.js";
import { Badge } from "../../ui/states.js";
import { Frame, Listed } from "./parts.js";

/** @param {{query: URLSearchParams}} given */
export default function Audit({ query }) {
  const target = query.get("target") ?? "";
  const result = query.get("result") ?? "";
  return html`<${Frame} page="audit" draw=${() => html`<div class="card"><${Select} label=${t("admin.audit.result")} value=${result}
      onInput=${(/** @type {string} */ value) => go(`/admin/audit?${new URLSearchParams({ target, result: value })}`, { replace: true })}
      options=${["", "done", "refused"].map((value) => ({ value, label: t(`admin.audit.${value || "all"}`) }))} />
      ${target && html`<div class="row"><code dir="ltr" class="long">${target}</code><${LinkButton} size="small" to="/admin/audit">${t("admin.audit.everybody")}</${LinkButton}></div>`}</div>
    <${Listed} key=${`${target}.${result}`} title=${t("admin.audit.title")} path="/admin/audit" query=${{ target, result }} empty=${t("admin.audit.none")} rowKey=${(/** @type {any} */ one) => String(one.seq)} columns=${columns()} />`} />`;
}

/** @returns {import("../../ui/table.js").Column<any>[]} */
const columns = () => [
  { key: "what", label: t("admin.audit.what"), head: true, draw: (one) => html`<code dir="ltr">${one.action}</code>` },
  { key: "result", label: t("admin.audit.result"), draw: (one) => html`<${Badge} kind=${one.result === "done" ? "good" : "bad"}>${t(`admin.audit.${one.result}`)}</${Badge}>` },
  { key: "who", label: t("admin.audit.by"), draw: (one) => (one.actor ? html`<a href=${href(`/admin/users/${one.actor}`)}><code dir="ltr">${one.actor.slice(-8)}</code></a>` : "–") },
  { key: "of", label: t("admin.audit.of"), draw: (one) => html`<code dir="ltr" class="long">${one.target ? one.target.slice(-12) : "–"}</code>` },
  { key: "from", label: t("admin.audit.from"), draw: (one) => html`<bdi>${one.address ?? "–"}</bdi>` },
  { key: "when", label: t("admin.when"), number: true, draw: (one) => html`<time datetime=${one.at}>${moment(one.at)}</time>` },
];

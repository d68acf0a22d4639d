// Messages that were given up: why, what they say, and putting them back into their queue.
import { get, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, moment, number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm, Dialog } from "../../ui/dialog.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";
import { toast } from "../../ui/toast.js";
import { Frame, PER_PAGE } from "./parts.js";

export default function Letters() {
  return html`<${Frame} page="letters" draw=${() => html`<${List} />`} />`;
}

function List() {
  const [page, setPage] = useState(1);
  const found = useAsked(() => get("/admin/dead-letters", { query: { page, per_page: PER_PAGE } }), [page]);
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [queue, setQueue] = useState("");
  const [error, setError] = useState(/** @type {any} */ (null));
  const items = found.value?.items ?? [];
  /** @param {{queue: string, ids?: string[]}} what */
  const replay = async (what) => {
    setError(null);
    await post("/admin/dead-letters/replay", what).then(({ replayed }) => toast(t("admin.letters.replayed", { count: replayed })), setError);
    setShown(null);
    await found.again();
  };
  const queues = [...new Set(items.map((/** @type {any} */ one) => one.queue))];
  return html`<${Card} title=${t("admin.letters.title")} aside=${html`<${Button} size="small" icon="redo" onPress=${found.again}>${t("admin.again")}</${Button}>`}>
    <${Problem} error=${error ?? found.error} onRetry=${found.error ? found.again : undefined} />
    ${!found.value && !found.error && html`<${Skeleton} lines=${4} />`}
    ${found.value?.missing.length > 0 && html`<${Notice} kind="warning" title=${t("admin.overview.missing", { services: found.value.missing.join(", ") })} />`}
    ${found.value?.total === 0 && html`<${Empty} icon="check" title=${t("admin.letters.none")}><p>${t("admin.letters.none_text")}</p></${Empty}>`}
    ${items.length > 0 && html`<${Table} caption=${t("admin.letters.title")} columns=${columns(setShown, replay)} rows=${items} rowKey=${(/** @type {any} */ one) => one.id} />
      <${Pager} page=${page} perPage=${PER_PAGE} total=${found.value.total} onPage=${setPage} />
      <div class="row">${queues.map((one) => html`<${Button} size="small" onPress=${() => setQueue(one)}>${t("admin.letters.all", { queue: one })}</${Button}>`)}</div>`}
    ${queue && html`<${Confirm} danger=${false} title=${t("admin.letters.all", { queue })} text=${t("admin.letters.all_text")} action=${t("admin.letters.replay")}
      onDo=${() => replay({ queue })} onClose=${() => setQueue("")} />`}
    ${shown && html`<${Dialog} title=${t("admin.letters.one")} onClose=${() => setShown(null)} actions=${html`<${Button} onPress=${() => setShown(null)}>${t("common.close")}</${Button}>
      <${Button} kind="primary" onPress=${() => replay({ queue: shown.queue, ids: [shown.id] })}>${t("admin.letters.replay")}</${Button}>`}>
      <p><code dir="ltr" class="long">${shown.type || shown.queue}</code></p><p><bdi>${shown.reason}</bdi></p>
      <pre class="letter" dir="ltr" tabindex="0" aria-label=${t("admin.letters.body")}>${laidOut(shown.body)}</pre></${Dialog}>`}
  </${Card}>`;
}

/** JSON as people read it; anything else as it is. @param {string} body */
function laidOut(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/**
 * @param {(letter: any) => void} onShow
 * @param {(what: {queue: string, ids: string[]}) => Promise<unknown>} replay
 * @returns {import("../../ui/table.js").Column<any>[]}
 */
const columns = (onShow, replay) => [
  { key: "what", label: t("admin.letters.message"), head: true, draw: (one) => html`<code dir="ltr">${one.type || "–"}</code> <span class="faint"><bdi dir="ltr">${one.queue}</bdi></span>` },
  { key: "why", label: t("admin.letters.reason"), draw: (one) => html`<bdi class="long">${one.reason.length > 120 ? `${one.reason.slice(0, 120)}…` : one.reason}</bdi>` },
  { key: "tries", label: t("admin.letters.attempts"), number: true, draw: (one) => number(one.attempts) },
  { key: "when", label: t("admin.when"), number: true, draw: (one) => html`<time datetime=${one.died_at} title=${moment(one.died_at)}>${ago(one.died_at)}</time>` },
  { key: "acts", label: t("admin.letters.acts"), draw: (one) => html`<div class="row"><${Button} size="small" onPress=${() => onShow(one)} aria-label=${t("admin.letters.look", { id: one.id.slice(-8) })}>${t("admin.letters.show")}</${Button}>
    <${Button} size="small" icon="redo" aria-label=${t("admin.letters.replay_one", { id: one.id.slice(-8) })} onPress=${() => replay({ queue: one.queue, ids: [one.id] })}>${t("admin.letters.replay")}</${Button}></div>` },
];

// The films of the account, those changed last first.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Head } from "../../ui/card.js";
import { InLine } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";

const PER_PAGE = 20;

/** @type {Record<string, "good" | "bad" | "busy" | "calm">} */
export const LOOKS = { pending: "calm", processing: "busy", complete: "good", failed: "bad" };

/** @param {{query: URLSearchParams}} given */
export default function Films({ query }) {
  return html`<${InLine} product="filmstudio" room="film" path="/film" icon="film"><${List} page=${Number(query.get("page") ?? 1)} /></${InLine}>`;
}

/** @param {{page: number}} given */
function List({ page }) {
  const films = useAsked(() => get("/projects", { query: { product_line: "filmstudio", page, per_page: PER_PAGE } }), [page]);
  const begin = (/** @type {string | undefined} */ size) => html`<${LinkButton} kind="primary" size=${size} icon="add" to="/film/new">${t("film.new.action")}</${LinkButton}>`;
  return html`<div class="page">
    <${Head} title=${t("film.list.title")} lead=${t("film.list.lead")}>${begin(undefined)}</${Head}>
    <${Problem} error=${films.error} onRetry=${films.again} />
    ${!films.value && !films.error && html`<${Skeleton} lines=${6} />`}
    ${films.value?.total === 0 && html`<${Empty} icon="film" title=${t("film.list.empty")} action=${begin("large")}><p>${t("film.list.empty_text")}</p></${Empty}>`}
    ${films.value?.total > 0 && html`<div class="card">
      <${Table} caption=${t("film.list.caption")} columns=${columns()} rows=${films.value.items} rowKey=${(/** @type {any} */ film) => film.id} />
      <${Pager} page=${page} perPage=${PER_PAGE} total=${films.value.total} onPage=${(/** @type {number} */ next) => go(`/film?page=${next}`)} />
    </div>`}
  </div>`;
}

/** @returns {import("../../ui/table.js").Column<any>[]} */
function columns() {
  return [
    { key: "title", label: t("film.list.name"), head: true, draw: (film) => html`<a href=${href(`/film/${film.id}`)}><bdi>${film.title}</bdi></a>` },
    { key: "status", label: t("film.list.state"), draw: (film) => html`<${Badge} kind=${LOOKS[film.status]}>${t(`film.status.${film.status}`)}</${Badge}>` },
    { key: "changed", label: t("film.list.when"), number: true, draw: (film) => html`<time datetime=${film.updated_at} title=${moment(film.updated_at)}>${ago(film.updated_at)}</time>` },
  ];
}

// The projects of pictures, and a search through all that is in them.
import { get, newKey, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { html, useRef, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Dialog } from "../../ui/dialog.js";
import { TextField } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager, Table } from "../../ui/table.js";
import { Assets } from "./assets.js";

const PER_PAGE = 20;

/** @param {{query: URLSearchParams}} given */
export default function Projects({ query }) {
  return html`<${InLine} product="pixie" room="pictures" path="/pictures/projects" icon="folder"><${List} page=${Number(query.get("page") ?? 1)} words=${query.get("q") ?? ""} /></${InLine}>`;
}

/** @param {{page: number, words: string}} given */
function List({ page, words }) {
  const projects = useAsked(() => get("/projects", { query: { product_line: "pixie", page, per_page: PER_PAGE } }), [page]);
  const shared = useAsked(() => get("/projects", { query: { shared: true, per_page: PER_PAGE } }), []);
  const found = useAsked(() => (words ? get("/assets/library", { query: { q: words, per_page: 60 } }) : Promise.resolve(null)), [words]);
  const [q, setQ] = useState(words);
  const [isNew, setNew] = useState(false);
  const search = (/** @type {Event} */ event) => {
    event.preventDefault();
    void go(`/pictures/projects?${new URLSearchParams(q.trim() ? { q: q.trim() } : {})}`, { replace: true });
  };
  const begin = html`<${Button} kind="primary" icon="add" onPress=${() => setNew(true)}>${t("pictures.projects.new")}</${Button}>`;
  return html`<div class="page">
    <${Head} title=${t("pictures.projects.title")}>${begin}</${Head}>
    <form class="search" role="search" onSubmit=${search}>
      <${TextField} label=${t("pictures.projects.search")} type="search" dir="auto" required=${false} value=${q} maxlength="200" onInput=${setQ} />
      <${Button} type="submit" icon="search">${t("pictures.projects.find")}</${Button}></form>
    <${Problem} error=${projects.error ?? found.error} onRetry=${projects.again} />
    ${words && found.value && html`<${Card} title=${t("pictures.projects.found", { count: found.value.total })}><${Assets} items=${found.value.items} withProject /></${Card}>`}
    ${!projects.value && !projects.error && html`<${Skeleton} lines=${6} />`}
    ${projects.value?.total === 0 && html`<${Empty} icon="folder" title=${t("pictures.projects.empty")} action=${begin}><p>${t("pictures.projects.empty_text")}</p></${Empty}>`}
    ${projects.value?.total > 0 && html`<div class="card"><${Table} caption=${t("pictures.projects.title")} columns=${columns()} rows=${projects.value.items} rowKey=${(/** @type {any} */ one) => one.id} />
      <${Pager} page=${page} perPage=${PER_PAGE} total=${projects.value.total} onPage=${(/** @type {number} */ next) => go(`/pictures/projects?page=${next}`)} /></div>`}
    ${shared.value?.total > 0 && html`<${Card} title=${t("pictures.projects.shared")}><${Table} caption=${t("pictures.projects.shared")} columns=${columns()} rows=${shared.value.items} rowKey=${(/** @type {any} */ one) => one.id} /></${Card}>`}
    ${isNew && html`<${Begin} onClose=${() => setNew(false)} />`}
  </div>`;
}

/** @returns {import("../../ui/table.js").Column<any>[]} */
function columns() {
  return [
    { key: "title", label: t("pictures.projects.name"), head: true, draw: (one) => html`<a href=${href(`/pictures/projects/${one.id}`)}><bdi>${one.title}</bdi></a>` },
    { key: "seen", label: t("pictures.projects.seen"), draw: (one) => html`<${Badge} kind=${one.is_public ? "warn" : "calm"}>${t(one.is_public ? "pictures.projects.public" : "pictures.projects.private")}</${Badge}>` },
    { key: "changed", label: t("pictures.projects.changed"), number: true, draw: (one) => ago(one.updated_at) },
  ];
}

/** @param {{onClose: () => void}} given */
function Begin({ onClose }) {
  const [title, setTitle] = useState("");
  const [error, setError] = useState(/** @type {any} */ (null));
  const key = useRef(newKey());
  const make = async () => {
    try {
      const made = await post("/projects", { title: title.trim() }, { key: key.current });
      await go(`/pictures/projects/${made.id}`);
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<${Dialog} title=${t("pictures.projects.new")} onClose=${onClose} actions=${html`<${Button} onPress=${onClose}>${t("common.cancel")}</${Button}>
    <${Button} kind="primary" disabled=${!title.trim()} onPress=${make}>${t("common.save")}</${Button}>`}>
    <${TextField} label=${t("pictures.projects.name")} value=${title} maxlength="255" dir="auto" error=${error?.fields?.title} onInput=${setTitle} />
    <${Problem} error=${error} fields=${["title"]} /></${Dialog}>`;
}

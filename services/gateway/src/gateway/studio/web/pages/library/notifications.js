// What the platform told the account, newest first.
import { get, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { countUnread } from "../../core/shell.js";
import { html } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Head } from "../../ui/card.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Skeleton } from "../../ui/states.js";
import { Pager } from "../../ui/table.js";

const PER_PAGE = 20;

/** @param {{query: URLSearchParams}} given */
export default function Notifications({ query }) {
  const page = Number(query.get("page") ?? 1);
  const told = useAsked(() => get("/notifications", { query: { page, per_page: PER_PAGE } }), [page]);
  const read = async (/** @type {string} */ path) => {
    await post(path).catch(() => null);
    await Promise.all([told.again(), countUnread()]);
  };
  const found = told.value;
  return html`<div class="page">
    <${Head} title=${t("library.notifications.title")}>
      ${found?.unread > 0 && html`<${Button} icon="check" onPress=${() => read("/notifications/read-all")}>${t("library.notifications.read_all")}</${Button}>`}</${Head}>
    <${Problem} error=${told.error} onRetry=${told.again} />
    ${!found && !told.error && html`<${Skeleton} lines=${5} />`}
    ${found?.total === 0 && html`<${Empty} icon="bell" title=${t("library.notifications.empty")}><p>${t("library.notifications.empty_text")}</p></${Empty}>`}
    ${found?.total > 0 && html`<ul class="messages card">${found.items.map((/** @type {any} */ one) => html`<li key=${one.id} class="message" data-read=${one.read_at !== null}>
      <div><p class="message-title"><bdi>${one.title}</bdi> ${one.read_at === null && html`<${Badge} kind="busy">${t("library.notifications.new")}</${Badge}>`}</p>
        <p class="soft"><bdi>${one.body}</bdi></p>
        <p class="faint"><time datetime=${one.created_at} title=${moment(one.created_at)}>${ago(one.created_at)}</time></p></div>
      <div class="row">
        ${one.data.workflow_id && html`<a href=${href(`/videos/${one.data.workflow_id}`)} onClick=${() => one.read_at === null && void read(`/notifications/${one.id}/read`)}>${t("library.notifications.open")}</a>`}
        ${one.read_at === null && html`<${Button} size="small" kind="quiet" onPress=${() => read(`/notifications/${one.id}/read`)}>${t("library.notifications.read")}</${Button}>`}
      </div></li>`)}</ul>
      <${Pager} page=${page} perPage=${PER_PAGE} total=${found.total} onPage=${(/** @type {number} */ next) => go(`/notifications?page=${next}`)} />`}
  </div>`;
}

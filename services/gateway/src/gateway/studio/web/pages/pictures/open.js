// A project as those see it who were given a link, or everybody: without an account.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { t } from "../../core/i18n.js";
import { html } from "../../core/view.js";
import { Head } from "../../ui/card.js";
import { Problem } from "../../ui/notice.js";
import { Player } from "../../ui/player.js";
import { Skeleton } from "../../ui/states.js";

/** @param {{params: {id?: string, token?: string}}} given */
export default function Open({ params }) {
  const path = params.token ? `/projects/shared/${params.token}` : `/projects/public/${params.id}`;
  const asked = useAsked(() => get(path, { open: true }), [path]);
  const project = asked.value;
  if (!project) {
    const isGone = [404, 410].includes(asked.error?.status);
    return html`<div class="page">${isGone ? html`<${Head} title=${t("pictures.open.gone")} lead=${t("pictures.open.gone_text")} />`
      : html`<${Head} title=${t("pictures.open.title")} /><${Problem} error=${asked.error} onRetry=${asked.again} />${!asked.error && html`<${Skeleton} block />`}`}</div>`;
  }
  return html`<div class="page"><${Head} title=${html`<bdi>${project.title}</bdi>`} lead=${t("pictures.open.by", { product: t(`common.line.${project.product_line}`) })} />
    ${project.video_url ? html`<div class="card"><${Player} src=${project.video_url} label=${project.title} captions=${project.subtitles_url && { src: project.subtitles_url, language: "", label: "" }} /></div>`
      : project.thumbnail_url && html`<figure class="card picture"><img src=${project.thumbnail_url} alt=${project.title} /></figure>`}
    ${project.description && html`<p class="text-long"><bdi>${project.description}</bdi></p>`}</div>`;
}

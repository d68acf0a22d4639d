// Files of projects as tiles.
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { IconButton } from "../../ui/button.js";
import { Icon } from "../../ui/icon.js";

/** @param {{items: any[], withProject?: boolean, onOut?: (asset: any) => unknown}} given */
export function Assets({ items, withProject = false, onOut }) {
  return html`<ul class="tiles">${items.map((one) => html`<li key=${one.id}>
    <a class="tile" href=${href(one.metadata.job_id ? `/pictures/${one.metadata.job_id}` : withProject ? `/pictures/projects/${one.project_id}` : `/pictures/edit?file=${one.file_id}`)}>
      <span class="tile-picture">${one.kind === "image" && one.url ? html`<img src=${one.url} alt="" loading="lazy" />` : html`<${Icon} name="film" />`}</span>
      <span class="faint"><bdi>${one.original_name}</bdi></span></a>
    ${onOut && html`<${IconButton} size="small" icon="close" label=${t("pictures.project.out", { name: one.original_name })} onPress=${() => onOut(one)} />`}
  </li>`)}</ul>`;
}

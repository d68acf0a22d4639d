import { t } from "../../core/i18n.js";
import { html } from "../../core/view.js";
import { LinkButton } from "../../ui/button.js";
import { Empty } from "../../ui/states.js";

export default function Lost() {
  return html`<div class="page"><h1 class="hidden" tabindex="-1">${t("account.lost.title")}</h1>
    <${Empty} icon="search" title=${t("account.lost.title")} action=${html`<${LinkButton} kind="primary" to="/">${t("account.lost.action")}</${LinkButton}>`}>
      <p>${t("account.lost.text")}</p></${Empty}></div>`;
}

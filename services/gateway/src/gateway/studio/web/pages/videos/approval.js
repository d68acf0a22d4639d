// A decision that a run waits for: what there is to look at, and yes or no.
import { post } from "../../core/api.js";
import { moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Problem } from "../../ui/notice.js";
import { Player } from "../../ui/player.js";

/** @param {{run: any, onDone: () => unknown}} given */
export function Approval({ run, onDone }) {
  const [error, setError] = useState(/** @type {any} */ (null));
  const { step, until, otherwise, shows } = run.approval;
  const decide = async (/** @type {boolean} */ approved) => {
    setError(null);
    await post(`/workflows/${run.id}/approvals/${step}`, { approved }).then(onDone, setError);
  };
  return html`<${Card} title=${t("videos.approval.title")}>
    <p class="soft">${t(`videos.approval.${otherwise}`, { time: moment(until) })}</p>
    ${Object.entries(shows).map(([name, address]) => name === "audio"
      ? html`<${Player} audio src=${address} label=${t("videos.approval.speech")} />`
      : html`<img class="approval-picture" src=${address} alt=${t("videos.approval.picture")} />`)}
    <${Problem} error=${error} />
    <div class="row"><${Button} kind="primary" icon="check" onPress=${() => decide(true)}>${t("videos.approval.yes")}</${Button}>
      <${Button} kind="danger" onPress=${() => decide(false)}>${t("videos.approval.no")}</${Button}></div>
  </${Card}>`;
}

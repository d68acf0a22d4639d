// What the plan has left this month.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { date } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { onceOpened } from "../../making/line.js";
import { Skeleton } from "../../ui/states.js";

const METERS = ["auto_hooks", "trims"];

/** What was used and is left of each meter. @param {{only?: string}} given */
export function Meters({ only }) {
  const usage = useAsked(() => onceOpened(() => get("/usage/current")), []);
  if (usage.error) return null;
  if (!usage.value) return html`<${Skeleton} lines=${2} />`;
  const shown = METERS.filter((name) => name in usage.value.meters && (!only || name === only));
  const isOut = shown.some((name) => usage.value.meters[name].left === 0);
  return html`<div class="meters">
    ${shown.map((name) => {
      const { used, limit, left } = usage.value.meters[name];
      return html`<div class="meter" key=${name}>
        <div class="row-apart"><span>${t(`clips.meter.${name}`)}</span>
          <span class="faint number">${limit < 0 ? t("clips.meter.unlimited") : t("clips.meter.left", { count: left, limit })}</span></div>
        ${limit > 0 && html`<progress aria-label=${t(`clips.meter.${name}`)} max=${limit} value=${used}></progress>`}
      </div>`;
    })}
    <p class="faint">${t("clips.meter.until", { date: date(usage.value.period_end) })}
      ${isOut && html` <a href=${href("/money")}>${t("clips.meter.more")}</a>`}</p>
  </div>`;
}

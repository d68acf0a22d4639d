// Where the time of a run went, and what was ordered.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { languageName, lasting } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { html } from "../../core/view.js";
import { Facts } from "../../ui/card.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Skeleton } from "../../ui/states.js";

/** Shorter than this is not worth a line of its own. */
const SHORTEST_S = 0.05;

/** @param {{id: string}} given */
export function Timeline({ id }) {
  const found = useAsked(() => get(`/workflows/${id}/timeline`), [id]);
  if (!found.value) return html`<${Problem} error=${found.error} onRetry=${found.again} />${!found.error && html`<${Skeleton} />`}`;
  const spans = found.value.spans.filter((/** @type {any} */ span) => span.seconds >= SHORTEST_S);
  return html`<div class="stack">
    <p class="soft">${t("videos.time.total", { time: lasting(found.value.seconds) })}</p>
    <div class="spans" aria-hidden="true">${spans.map((/** @type {any} */ span) => html`<span class="span" data-kind=${span.kind} style=${{ flexGrow: String(span.seconds) }}></span>`)}</div>
    <ol class="span-list">${spans.map((/** @type {any} */ span) => html`<li><span><bdi>${span.cause}</bdi></span><span class="faint number span-time">${lasting(span.seconds, "short")}</span></li>`)}</ol>
    ${found.value.interventions.map((/** @type {any} */ one) => html`<${Notice}><p><bdi>${one.text}</bdi></p></${Notice}>`)}
  </div>`;
}

/** @param {{run: any}} given */
export function Ordered({ run }) {
  const { script, language, voice, platforms = [], quality } = run.input;
  const name = (/** @type {string} */ kind, /** @type {string} */ key) => (says(`videos.${kind}.${key}`) ? t(`videos.${kind}.${key}`) : key);
  return html`<div class="stack">
    ${script && html`<p class="text-long" lang=${language} dir="auto">${script}</p>`}
    <${Facts} rows=${[
      ...(language ? [[t("videos.script.language"), languageName(language)]] : []),
      ...(voice ? [[t("videos.voice.label"), name("voice", voice)]] : []),
      ...(quality ? [[t("videos.quality.label"), name("quality", quality)]] : []),
      [t("videos.platforms.title"), platforms.map((/** @type {string} */ one) => name("platform", one)).join(", ")],
      [t("videos.order.credits"), t("common.credits.count", { count: run.credits.captured || run.credits.held })],
    ]} />
  </div>`;
}

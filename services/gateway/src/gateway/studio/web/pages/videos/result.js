// What came out of a run: a player for each version, and every file to keep.
import { get, local, save } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { bytes, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Player } from "../../ui/player.js";
import { Problem } from "../../ui/notice.js";

/** Fetch a result under a name of its own. @param {any} run @param {string} name */
const fetched = async (run, name) => save((await get(`/workflows/${run.id}/download`, { query: { result: name } })).url);

/** A result's name in the reader's words. @param {string} name */
export function resultName(name) {
  if (says(`videos.result.${name}`)) return t(`videos.result.${name}`);
  const [kind, platform] = name.split(/_(.*)/);
  const where = platform && says(`videos.platform.${platform}`) ? t(`videos.platform.${platform}`) : (platform ?? "");
  return says(`videos.result.of_${kind}`) ? t(`videos.result.of_${kind}`, { platform: where }) : name;
}

/** @param {{run: any}} given */
export function Stage({ run }) {
  const names = Object.keys(run.results).filter((name) => name === "video" || name.startsWith("rendition_"));
  const first = names.find((name) => name !== "video") ?? "video";
  const [chosen, setChosen] = useState(first);
  const [error, setError] = useState(/** @type {any} */ (null));
  const shown = run.results[chosen];
  if (!shown) return html`<p class="soft">${t("videos.result.gone")}</p>`;
  const platform = chosen.replace("rendition_", "");
  const vtt = run.results[`vtt_${platform}`] ?? run.results.vtt;
  const language = run.input.language ?? "en";
  return html`<div class="stage">
    <${Player} key=${chosen} src=${local(shown.url)} label=${resultName(chosen)} poster=${run.results[`poster_${platform}`] && local(run.results[`poster_${platform}`].url)}
      captions=${vtt ? { src: local(vtt.url), language, label: t("videos.captions.label") } : null} />
    ${names.length > 1 && html`<div class="versions" role="group" aria-label=${t("videos.result.versions")}>
      ${names.map((name) => html`<${Button} size="small" kind=${name === chosen ? "primary" : "plain"} aria-pressed=${name === chosen} onPress=${() => setChosen(name)}>${resultName(name)}</${Button}>`)}</div>`}
    <div class="versions"><${Button} kind="primary" icon="download" onPress=${() => fetched(run, chosen).catch(setError)}>${t("videos.result.download")}</${Button}>
      ${run.results.kit && html`<${Button} icon="folder" onPress=${() => fetched(run, "kit").catch(setError)}>${t("videos.result.kit")}</${Button}>`}</div>
    <${Problem} error=${error} />
    ${run.overall_quality_score && html`<p class="faint stage-score">${t("videos.result.score", { score: number(Number(run.overall_quality_score), { maximumFractionDigits: 1 }) })}</p>`}
  </div>`;
}

/** @param {{run: any}} given */
export function Files({ run }) {
  const kit = useAsked(() => (run.results.kit ? get(`/export/kits/${run.id}`) : Promise.resolve(null)), [run.id]);
  const [error, setError] = useState(/** @type {any} */ (null));
  const results = Object.entries(run.results);
  if (results.length === 0) return html`<p class="soft">${t("videos.result.gone")}</p>`;
  return html`<div class="stack"><${Problem} error=${error} />
    <ul class="files">${results.map(([name, result]) => html`<li><span><bdi>${resultName(name)}</bdi> <span class="faint">${bytes(/** @type {any} */ (result).size)}</span></span>
      <${Button} size="small" icon="download" aria-label=${t("videos.result.download_one", { name: resultName(name) })} onPress=${() => fetched(run, name).catch(setError)} /></li>`)}
    </ul>
    ${kit.value && html`<details class="more"><summary>${t("videos.result.inside")}</summary><ul class="soft">${kit.value.files.map((/** @type {string} */ file) => html`<li><bdi dir="ltr">${file}</bdi></li>`)}</ul></details>`}
  </div>`;
}

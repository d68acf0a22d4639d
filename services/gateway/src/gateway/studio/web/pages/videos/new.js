// A new video: a photo, words, where it goes, what it costs, start.
import { newKey, post } from "../../core/api.js";
import { clock, languageName, lasting, number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { renewBalance } from "../../core/session.js";
import { html, useState } from "../../core/view.js";
import { useAsked } from "../../core/asked.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Facts, Head } from "../../ui/card.js";
import { Checkbox, Choices, Select, TextArea, TextField } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Hear } from "./hear.js";
import { EMPTY, LANGUAGES, order, placed, PLATFORMS, requirements, useReckoning, VOICES } from "./order.js";
import { Photo } from "./photo.js";

const LONGEST = 5000;

export default function NewVideo() {
  const kept = order();
  const now = kept.value;
  const set = (/** @type {Partial<import("./order.js").Order>} */ change) => (kept.value = { ...kept.value, ...change });
  const reckoning = useReckoning(now);
  const platforms = useAsked(requirements, []);
  const [error, setError] = useState(/** @type {any} */ (null));
  const scriptError = reckoning.error?.fields?.script ?? (reckoning.error?.code === "script_not_allowed" ? reckoning.error.message : null);

  const start = async () => {
    setError(null);
    // The key is written down before the order is sent: pressed again after a lost answer, it is the same order.
    const key = now.key ?? newKey();
    set({ key });
    const { quote, estimate } = reckoning;
    const isGood = quote && new Date(quote.valid_until) > new Date();
    try {
      const run = await post("/workflows", placed(kept.value, quote?.credits.maximum ?? estimate?.credits ?? null, isGood ? quote.id : null), { key });
      kept.value = { ...EMPTY, language: now.language, voice: now.voice, platforms: now.platforms };
      await go(`/videos/${run.id}`);
      void renewBalance();
    } catch (failure) {
      // Refused: what is sent next is another order.
      if (/** @type {any} */ (failure).status) set({ key: null });
      setError(failure);
    }
  };

  return html`<div class="page">
    <${Head} title=${t("videos.new.title")} lead=${t("videos.new.lead")} />
    <div class="columns columns-side columns-sticky">
      <div class="stack">
        <${Card} title=${t("videos.photo.title")}><${Photo} photo=${now.photo} onPhoto=${(/** @type {any} */ photo) => set({ photo })} /></${Card}>
        <${Card} title=${t("videos.script.title")}>
          <${TextArea} label=${t("videos.script.label")} value=${now.script} onInput=${(/** @type {string} */ script) => set({ script })} rows=${5} name="script"
            maxlength=${LONGEST} placeholder=${t("videos.script.example")} lang=${now.language} dir="auto" error=${scriptError}
            aside=${html`<span class="faint number">${t("videos.script.left", { count: now.script.length, most: LONGEST })}</span>`} />
          <div class="pair">
            <${Select} label=${t("videos.script.language")} value=${now.language} onInput=${(/** @type {string} */ language) => set({ language })}
              options=${LANGUAGES.map((tag) => ({ value: tag, label: languageName(tag) }))} />
            <${Select} label=${t("videos.voice.label")} value=${now.voice} onInput=${(/** @type {string} */ voice) => set({ voice })}
              options=${VOICES.map((one) => ({ value: one, label: t(`videos.voice.${one}`) }))} />
          </div>
          <${Hear} script=${now.script} language=${now.language} voice=${now.voice} />
        </${Card}>
        <${Card} title=${t("videos.platforms.title")}>
          <${Choices} many class="choices-frames" name="platforms" label=${t("videos.platforms.label")} value=${now.platforms} onInput=${(/** @type {string[]} */ chosen) => set({ platforms: chosen })}
            error=${now.platforms.length === 0 ? t("videos.platforms.none") : null}
            options=${PLATFORMS.map((one) => platformChoice(one, platforms.value?.[one]))} />
          <details class="more"><summary>${t("videos.more.title")}</summary><div class="stack">
            <${TextField} optional label=${t("videos.more.name")} value=${now.title} maxlength="255" onInput=${(/** @type {string} */ title) => set({ title })} />
            <div class="pair">
              <${Select} label=${t("videos.captions.label")} value=${now.captions} onInput=${(/** @type {string} */ captions) => set({ captions })}
                options=${["files", "burned"].map((one) => ({ value: one, label: t(`videos.captions.${one}`) }))} />
              <${Select} label=${t("videos.quality.label")} value=${now.quality} onInput=${(/** @type {string} */ quality) => set({ quality })}
                options=${["economy", "balanced", "premium"].map((one) => ({ value: one, label: t(`videos.quality.${one}`) }))} />
              <${Select} label=${t("videos.too_long.label")} value=${now.whenTooLong} onInput=${(/** @type {string} */ whenTooLong) => set({ whenTooLong })}
                options=${["split", "end_at_sentence"].map((one) => ({ value: one, label: t(`videos.too_long.${one}`) }))} />
            </div>
            <${Checkbox} label=${t("videos.more.ask")} checked=${now.asks} onInput=${(/** @type {boolean} */ asks) => set({ asks })} />
          </div></details>
        </${Card}>
      </div>
      <${Summary} now=${now} reckoning=${reckoning} scriptError=${scriptError} error=${error} onStart=${start} />
    </div>
  </div>`;
}

/** @param {string} one @param {any} wants */
function platformChoice(one, wants) {
  const [across, down] = (wants?.values.aspect_ratio ?? (one === "youtube" ? "16:9" : "9:16")).split(":").map(Number);
  return {
    value: one,
    label: wants?.values.name ?? t(`videos.platform.${one}`),
    note: wants?.values.max_duration_s ? t("videos.platforms.most", { time: clock(wants.values.max_duration_s) }) : `${number(across)}:${number(down)}`,
    picture: html`<span class="frame" style=${{ aspectRatio: `${across} / ${down}` }} aria-hidden="true"></span>`,
  };
}

/** What it will be and take, and what still keeps it from starting. @param {any} given */
function Summary({ now, reckoning, scriptError, error, onStart }) {
  const { estimate, quote, busy } = reckoning;
  const blocked = now.photo?.findings.some((/** @type {any} */ one) => one.blocking);
  const missing = !now.photo ? "photo" : blocked ? "blocked" : !now.script.trim() ? "script" : now.platforms.length === 0 ? "platform" : null;
  const isShut = missing !== null || Boolean(scriptError) || Boolean(quote?.obstacle);
  return html`<div class="card summary" aria-live="polite" aria-busy=${busy ? "true" : undefined}>
    <h2 class="card-title">${t("videos.price.title")}</h2>
    ${estimate
      ? html`<p class="price">${t("common.credits.count", { count: quote?.credits.expected ?? estimate.credits })}</p>
        <${Facts} rows=${[
          [t("videos.price.length"), clock(estimate.video_seconds)],
          [t("videos.price.time"), lasting(estimate.estimated_seconds)],
          ...(estimate.ahead > 0 ? [[t("videos.price.ahead"), number(estimate.ahead)]] : []),
        ]} />
        ${estimate.warnings.map((/** @type {string} */ warning) => html`<${Notice} kind="warning"><p><bdi>${warning}</bdi></p></${Notice}>`)}`
      : html`<p class="soft">${t("videos.price.waits")}</p>`}
    ${quote?.obstacle && html`<${Notice} kind="error" title=${t("videos.price.obstacle")}><p><bdi>${quote.obstacle.message}</bdi></p>
      <${LinkButton} size="small" to="/money">${t("videos.price.plans")}</${LinkButton}></${Notice}>`}
    ${!scriptError && html`<${Problem} error=${reckoning.error} />`}
    <${Problem} error=${error} />
    <${Button} kind="primary" size="large" class="button-wide" icon="play" disabled=${isShut} onPress=${onStart} aria-describedby="missing">${t("videos.new.start")}</${Button}>
    <p class="faint" id="missing">${missing ? t(`videos.missing.${missing}`) : t("videos.price.promise")}</p>
  </div>`;
}

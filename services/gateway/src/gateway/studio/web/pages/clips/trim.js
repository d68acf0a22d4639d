// A part of a video, from one moment to another: by the words that are said, by the player, or by numbers.
import { get, newKey, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { lasting } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { draft, finish } from "../../core/store.js";
import { html, useEffect, useMemo, useRef, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Choices, TextField } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Meters } from "./meters.js";
import { asOrdered, isGoing, isThere, local, NOTHING, playable, SourceField } from "./source.js";
import { parsed, read, written } from "./times.js";
import { sentences, Transcript } from "./transcript.js";

const BLANK = { source: NOTHING, start: "0:00", end: "0:30", format: "mp4", title: "", key: "" };
const FORMATS = ["mp4", "mov", "webm", "mkv"];

/** @param {{query: URLSearchParams}} given */
export default function Trim({ query }) {
  return html`<${InLine} product="reely" room="clips" path=${`/clips/trim?${query}`} icon="clips"><${Form} query=${query} /></${InLine}>`;
}

/** @param {{query: URLSearchParams}} given */
function Form({ query }) {
  const kept = useMemo(() => draft("clips.trim", BLANK), []);
  const from = query.get("from");
  const [error, setError] = useState(/** @type {any} */ (null));
  const set = (/** @type {Partial<typeof BLANK>} */ change) => { kept.value = { ...kept.value, ...change, key: "" }; };
  const heard = useAsked(async () => (from ? heardIn(from) : null), [from]);
  useEffect(() => {
    if (!heard.value) return;
    const { source } = heard.value;
    const [start, end] = ["start", "end"].map((name) => Number(query.get(name) ?? Number.NaN));
    set({ source, ...(Number.isFinite(start) && Number.isFinite(end) ? { start: written(start), end: written(end) } : {}) });
  }, [heard.value]);
  const order = kept.value;
  const [start, end] = [parsed(order.start), parsed(order.end)];
  const wrong = {
    start: start === null ? t("clips.trim.not_time") : null,
    end: end === null ? t("clips.trim.not_time") : start !== null && end <= start ? t("clips.trim.not_after") : null,
  };
  const isRight = !wrong.start && !wrong.end && isThere(order.source) && !isGoing();
  const order_it = async () => {
    setError(null);
    if (!order.key) kept.value = { ...kept.value, key: newKey() };
    const now = kept.value;
    try {
      const made = await post("/trim", { ...asOrdered(now.source), start, end, output_format: now.format, title: now.title.trim() || undefined }, { key: now.key });
      finish("clips.trim", BLANK);
      await go(`/clips/${made.id}`);
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<div class="page">
    <${Head} title=${t("clips.trim.title")} lead=${t("clips.trim.lead")} />
    <div class="columns columns-side columns-sticky">
      <div class="stack-wide">
        ${!from && html`<${Card} title=${t("clips.source.title")}><${SourceField} source=${order.source} errors=${error?.fields}
          onChange=${(/** @type {any} */ source) => set({ source })} /></${Card}>`}
        ${from && html`<${Problem} error=${heard.error} onRetry=${heard.again} />`}
        <${Watching} source=${order.source} start=${start} end=${end}
          onStart=${(/** @type {number} */ at) => set({ start: written(at), ...(end !== null && end <= at ? { end: written(at + 10) } : {}) })}
          onEnd=${(/** @type {number} */ at) => set({ end: written(at) })} />
        ${heard.value?.segments.length && html`<${Card} title=${t("clips.words.title")}>
          <${Transcript} segments=${heard.value.segments} start=${start ?? 0} end=${end ?? 0}
            onPick=${(/** @type {number} */ first, /** @type {number} */ last) => set({ start: written(first), end: written(last) })} /></${Card}>`}
      </div>
      <${Card} title=${t("clips.trim.part")}>
        <div class="pair">
          <${TextField} label=${t("clips.trim.start")} value=${order.start} dir="ltr" inputmode="text" error=${wrong.start ?? error?.fields?.start}
            onInput=${(/** @type {string} */ value) => set({ start: value })} />
          <${TextField} label=${t("clips.trim.end")} value=${order.end} dir="ltr" inputmode="text" error=${wrong.end ?? error?.fields?.end}
            onInput=${(/** @type {string} */ value) => set({ end: value })} />
        </div>
        <p class="faint" aria-live="polite">${isRight && start !== null && end !== null ? t("clips.trim.lasts", { time: lasting(end - start) }) : t("clips.trim.times_hint")}</p>
        <${Choices} label=${t("clips.trim.format")} name="format" class="choices-small" value=${order.format} onInput=${(/** @type {string} */ format) => set({ format })}
          options=${FORMATS.map((value) => ({ value, label: value.toUpperCase() }))} />
        <${TextField} label=${t("clips.new.name")} optional value=${order.title} maxlength="255" onInput=${(/** @type {string} */ title) => set({ title })} />
        <${Problem} error=${error} fields=${["url", "file_id", "start", "end"]} />
        <${Button} kind="primary" size="large" class="button-wide" disabled=${!isRight} onPress=${order_it}>${t("clips.trim.start_it")}</${Button}>
        ${!isThere(order.source) && html`<p class="faint">${t("clips.source.first")}</p>`}
        <${Meters} only="trims" />
      </${Card}>
    </div>
  </div>`;
}

/**
 * The source of a run, and what is said in it.
 * @param {string} id
 * @returns {Promise<{source: import("./source.js").Source, segments: import("./transcript.js").Segment[]}>}
 */
async function heardIn(id) {
  const run = await get(`/workflows/${id}`);
  const file = run.input.file_id ?? run.input_file_id;
  const source = file ? { link: "", file: await described(file) } : { link: run.input.url ?? "", file: null };
  const words = run.results.transcript ? await get(run.results.transcript.url).catch(() => null) : null;
  return { source, segments: words ? sentences(words) : [] };
}

/** @param {string} id */
async function described(id) {
  const { original_name, file_size } = await get(`/files/${id}/metadata`);
  return { id, name: original_name, size: file_size };
}

/**
 * The video, where it can be had here, with keys for its beginning and end.
 * @param {{source: import("./source.js").Source, start: number | null, end: number | null, onStart: (at: number) => void, onEnd: (at: number) => void}} given
 */
function Watching({ source, start, end, onStart, onEnd }) {
  const film = useRef(/** @type {any} */ (null));
  const id = source.file?.id ?? null;
  const asked = useAsked(async () => (id ? playable(id) : null), [id]);
  const [length, setLength] = useState(0);
  const [now, setNow] = useState(0);
  const url = asked.value ?? (id ? null : local.value?.id === null ? local.value.url : null);
  if (!url) return source.link.trim() ? html`<${Notice} title=${t("clips.trim.link_note")} />` : null;
  const move = (/** @type {number} */ by) => { film.current.currentTime = Math.max(0, Math.min(length, film.current.currentTime + by)); };
  /** @type {Record<string, () => void>} */
  const keys = {
    i: () => onStart(film.current.currentTime),
    o: () => onEnd(film.current.currentTime),
    k: () => (film.current.paused ? film.current.play() : film.current.pause()),
    j: () => move(-1),
    l: () => move(1),
    ",": () => move(-0.04),
    ".": () => move(0.04),
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const share = (/** @type {number} */ at) => (length ? `${Math.max(0, Math.min(100, (at / length) * 100))}%` : "0");
  const band = (/** @type {HTMLElement | null} */ element) => {
    element?.style.setProperty("--from", share(start ?? 0));
    element?.style.setProperty("--until", share(end ?? 0));
    element?.style.setProperty("--now", share(now));
  };
  return html`<section class="card" aria-label=${t("clips.trim.watch")} onKeyDown=${press}>
    <div class="player"><video ref=${film} controls playsinline preload="metadata" src=${url} aria-label=${t("clips.trim.watch")}
      onLoadedMetadata=${() => setLength(film.current.duration)} onTimeUpdate=${() => setNow(film.current.currentTime)}></video></div>
    <div class="band" ref=${band} aria-hidden="true"><span class="band-part"></span><span class="band-now"></span></div>
    <div class="row-apart">
      <span class="number">${read(now)} / ${read(length)}</span>
      <div class="row">
        <${Button} size="small" onPress=${() => onStart(film.current.currentTime)} aria-keyshortcuts="i">${t("clips.trim.from_here")}</${Button}>
        <${Button} size="small" onPress=${() => onEnd(film.current.currentTime)} aria-keyshortcuts="o">${t("clips.trim.until_here")}</${Button}>
        <${Button} size="small" kind="quiet" icon="play" onPress=${() => { film.current.currentTime = start ?? 0; void film.current.play(); }}>${t("clips.trim.play_part")}</${Button}>
      </div>
    </div>
    <p class="faint">${t("clips.trim.keys")}</p>
  </section>`;
}

// One clip, by its words: which are heard, and how they are written. Changes are made here, taken back here, and then
// the clip is made anew; the version before stays where it is.
import { get, local, newKey, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { lasting } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { draft } from "../../core/store.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../core/view.js";
import { InLine } from "../../making/line.js";
import { Failed, OVER, Running } from "../../making/running.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Player } from "../../ui/player.js";
import { Skeleton } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";
import { asOrdered, cut, inClip, isIn, lasts, put, stretch } from "./edits.js";
import { read } from "./times.js";
import { Wave } from "./wave.js";

/** Words before and after the clip that can be put into it. */
const AROUND = 40;
/** @type {{digest: string, steps: import("./edits.js").Edit[], at: number, key: string}} */
const BLANK = { digest: "", steps: [], at: 0, key: "" };

/** @param {{params: {id: string, number: string}}} given */
export default function Edit({ params: { id, number } }) {
  return html`<${InLine} product="reely" room="clips" path=${`/clips/${id}/edit/${number}`} icon="clips"><${Found} key=${id} id=${id} number=${number} /></${InLine}>`;
}

/** @param {{id: string, number: string}} given */
function Found({ id, number }) {
  const asked = useAsked(async () => {
    const run = await get(`/workflows/${id}`);
    if (run.status !== "completed") return { run, edits: null, words: [] };
    const [edits, heard] = await Promise.all([get(`/workflows/${id}/clips/${number}/edits`), run.results.transcript ? get(local(run.results.transcript.url)) : null]);
    return { run, edits, words: heard?.words ?? [] };
  }, [id, number]);
  const found = asked.value;
  if (!found) {
    return html`<div class="page"><${Head} title=${t("clips.edit.title")} /><${Problem} error=${asked.error} onRetry=${asked.again} />${!asked.error && html`<${Skeleton} block />`}</div>`;
  }
  const { run, edits, words } = found;
  const hook = run.hooks.find((/** @type {any} */ one) => String(one.rank) === number);
  return html`<div class="page">
    <${Head} title=${t("clips.edit.title")} lead=${hook && html`<bdi>${hook.title}</bdi>`}><${LinkButton} to=${`/clips/${id}`}>${t("clips.edit.all")}</${LinkButton}></${Head}>
    ${!OVER.includes(run.status) && html`<${Card}><${Running} run=${run} words="clips" onOver=${asked.again} /></${Card}>`}
    ${(run.status === "failed" || run.status === "cancelled") && html`<${Failed} run=${run} onRetry=${asked.again} />`}
    ${edits && html`<${Editor} run=${run} hook=${hook} edits=${edits} words=${words} />`}
  </div>`;
}

/** @param {{run: any, hook: any, edits: any, words: import("./edits.js").Word[]}} given */
function Editor({ run, hook, edits, words }) {
  const counts = edits.versions.find((/** @type {any} */ one) => one.counts);
  /** @type {import("./edits.js").Edit} */
  const from = useMemo(() => ({ kept: counts.kept, words: Object.fromEntries(counts.words.map((/** @type {any} */ one) => [one.number, one.text])) }), [edits]);
  const kept = draft(`clips.edit.${run.id}.${edits.number}`, BLANK);
  // What was changed of another version is of no use here.
  const steps = kept.value.digest === edits.digest ? kept.value.steps : [];
  const at = kept.value.digest === edits.digest ? kept.value.at : 0;
  const now = at > 0 ? steps[at - 1] : from;
  const [chosen, setChosen] = useState(/** @type {[number, number] | null} */ (null));
  const [writing, setWriting] = useState(/** @type {number | null} */ (null));
  const [time, setTime] = useState(0);
  const [error, setError] = useState(/** @type {any} */ (null));
  const box = useRef(/** @type {any} */ (null));

  const change = (/** @type {Partial<import("./edits.js").Edit>} */ with_) => {
    kept.value = { digest: edits.digest, steps: [...steps.slice(0, at), { ...now, ...with_ }], at: at + 1, key: "" };
  };
  const step = (/** @type {number} */ by) => { kept.value = { ...kept.value, at: Math.max(0, Math.min(steps.length, at + by)), key: "" }; };
  const name = `/workflows/${run.id}/clips/${edits.number}/edits`;
  const make = async (/** @type {string} */ path, /** @type {any} */ body) => {
    setError(null);
    if (!kept.value.key) kept.value = { ...kept.value, key: newKey() };
    try {
      const made = await post(path, body, { key: kept.value.key });
      kept.value = BLANK;
      toast(t("clips.edit.made"));
      await go(`/clips/${made.id}/edit/${edits.number}`);
    } catch (failure) {
      kept.value = { ...kept.value, key: "" };
      setError(failure);
    }
  };
  const film = hook?.clip ? run.results[hook.clip] : null;
  const video = () => /** @type {HTMLVideoElement | null} */ (box.current?.querySelector("video"));
  const length = lasts(from.kept);
  useEffect(() => {
    const playing = video();
    const tell = () => setTime(playing?.currentTime ?? 0);
    playing?.addEventListener("timeupdate", tell);
    return () => playing?.removeEventListener("timeupdate", tell);
  }, [film]);
  const part = chosen && words.length > 0 ? stretch(words, chosen[0], chosen[1]) : null;
  const seek = (/** @type {number} */ where) => { const playing = video(); if (playing) playing.currentTime = where; };

  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (writing !== null || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    step(event.shiftKey ? 1 : -1);
  };
  const order = asOrdered(now, from);
  const isSame = Object.keys(order).length === 0;
  return html`<div class="columns columns-side columns-sticky" onKeyDown=${keys}>
    <${Card} title=${t("clips.words.title")}>
      <div ref=${box} class="edit-film" data-aspect=${counts.aspect}>${film && html`<${Player} src=${local(film.url)} label=${hook.title} />`}</div>
      ${film && html`<${Wave} url=${local(film.url)} now=${length ? time / length : 0} from=${part && length ? inClip(from.kept, part.start) / length : 0} until=${part && length ? inClip(from.kept, part.end) / length : 0}
        onSeek=${(/** @type {number} */ share) => seek(share * length)} />`}
      ${words.length === 0
        ? html`<p class="soft">${t("clips.edit.silent")}</p>`
        : html`<p class="faint" id="edit-keys">${t("clips.edit.keys")}</p>
          <${Words} words=${words} edit=${now} chosen=${chosen} writing=${writing}
            onChoose=${(/** @type {[number, number]} */ range) => { setChosen(range); seek(inClip(from.kept, words[range[0]].start)); }}
            onWrite=${setWriting} onWritten=${(/** @type {number} */ at_, /** @type {string} */ text) => { setWriting(null); change({ words: { ...now.words, [at_]: text } }); }}
            onCut=${() => part && change({ kept: cut(now.kept, part) })} />
          <div class="row" role="group" aria-label=${t("clips.edit.acts")}>
            <${Button} size="small" disabled=${!part} onPress=${() => part && change({ kept: [part] })}>${t("clips.edit.only")}</${Button}>
            <${Button} size="small" disabled=${!part || !words.slice(chosen?.[0], (chosen?.[1] ?? 0) + 1).some((one) => isIn(now.kept, one))} onPress=${() => part && change({ kept: cut(now.kept, part) })}>${t("clips.edit.cut")}</${Button}>
            <${Button} size="small" disabled=${!part || words.slice(chosen?.[0], (chosen?.[1] ?? 0) + 1).every((one) => isIn(now.kept, one))} onPress=${() => part && change({ kept: put(now.kept, part) })}>${t("clips.edit.put")}</${Button}>
            <${Button} size="small" disabled=${!chosen || chosen[0] !== chosen[1]} onPress=${() => chosen && setWriting(chosen[0])}>${t("clips.edit.write")}</${Button}>
            <${Button} size="small" disabled=${!chosen || chosen[0] !== chosen[1]} onPress=${() => chosen && change({ words: { ...now.words, [chosen[0]]: "" } })}>${t("clips.edit.hide")}</${Button}>
          </div>`}
    </${Card}>
    <${Card} title=${t("clips.edit.version", { number: edits.version })}>
      <p aria-live="polite">${t("clips.edit.lasts", { time: lasting(lasts(now.kept)) })}${now.kept.length > 1 ? ` ${t("clips.edit.parts", { count: now.kept.length })}` : ""}</p>
      ${now.kept.length > 0 && html`<p class="faint number">${t("clips.one.from_to", { start: read(now.kept[0].start), end: read(now.kept.at(-1)?.end ?? 0) })}</p>`}
      ${now.kept.length === 0 && html`<${Notice} kind="warning" title=${t("clips.edit.nothing")} />`}
      <div class="row"><${Button} size="small" disabled=${at === 0} onPress=${() => step(-1)} aria-keyshortcuts="Control+Z">${t("common.undo")}</${Button}>
        <${Button} size="small" disabled=${at >= steps.length} onPress=${() => step(1)} aria-keyshortcuts="Control+Shift+Z">${t("clips.edit.redo")}</${Button}></div>
      <${Problem} error=${error} />
      <${Button} kind="primary" size="large" class="button-wide" disabled=${isSame || now.kept.length === 0} onPress=${() => make(name, order)}>${t("clips.edit.make")}</${Button}>
      <p class="faint">${t("clips.edit.free")}</p>
      ${edits.versions.length > 1 && html`<div class="stack-tight"><h3>${t("clips.edit.versions")}</h3>
        <div class="row"><${Button} size="small" disabled=${edits.version === 1} onPress=${() => make(`${name}/undo`, undefined)}>${t("clips.edit.before")}</${Button}>
          <${Button} size="small" disabled=${edits.version === edits.versions.length} onPress=${() => make(`${name}/redo`, undefined)}>${t("clips.edit.after")}</${Button}></div></div>`}
    </${Card}>
  </div>`;
}

/**
 * What is said around the clip, word by word. One of them takes the focus; arrows go on, with Shift they choose more.
 * @param {{words: import("./edits.js").Word[], edit: import("./edits.js").Edit, chosen: [number, number] | null, writing: number | null,
 *   onChoose: (range: [number, number]) => void, onWrite: (at: number | null) => void, onWritten: (at: number, text: string) => void, onCut: () => void}} given
 */
function Words({ words, edit, chosen, writing, onChoose, onWrite, onWritten, onCut }) {
  const list = useRef(/** @type {any} */ (null));
  const anchor = useRef(0);
  const inside = words.map((word) => isIn(edit.kept, word));
  // What is shown does not move while words are put in and out.
  const [first, last] = useMemo(() => [Math.max(0, inside.indexOf(true) - AROUND), Math.min(words.length - 1, inside.lastIndexOf(true) + AROUND)], [words]);
  const [focused, setFocused] = useState(Math.max(first, inside.indexOf(true)));
  const wrote = useRef(/** @type {number | null} */ (null));
  useEffect(() => {
    // Who wrote a word goes on from there.
    if (writing === null && wrote.current !== null) list.current.querySelector(`[data-at="${wrote.current}"]`)?.focus();
    wrote.current = writing;
  }, [writing]);
  const choose = (/** @type {number} */ at, /** @type {boolean} */ isMore) => {
    if (!isMore) anchor.current = at;
    setFocused(at);
    onChoose([Math.min(anchor.current, at), Math.max(anchor.current, at)]);
  };
  const move = (/** @type {KeyboardEvent} */ event) => {
    if (writing !== null) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      onCut();
      return;
    }
    const onward = getComputedStyle(list.current).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const by = { ArrowLeft: -1, ArrowRight: -1, ArrowUp: -8, ArrowDown: 8, [onward]: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const to = Math.max(first, Math.min(last, focused + by));
    choose(to, event.shiftKey);
    list.current.querySelector(`[data-at="${to}"]`)?.focus();
  };
  return html`<div class="script" role="group" aria-label=${t("clips.words.title")} aria-describedby="edit-keys" ref=${list} onKeyDown=${move} dir="auto">
    ${words.slice(first, last + 1).map((word, index) => {
      const at = first + index;
      const text = edit.words[at] ?? word.text.trim();
      const isChosen = chosen !== null && at >= chosen[0] && at <= chosen[1];
      if (at === writing) return html`<${Rewriting} key=${at} text=${text} onDone=${(/** @type {string | null} */ said) => { if (said === null || said === text) onWrite(null); else onWritten(at, said); }} />`;
      return html`<button type="button" key=${at} class="script-word" data-at=${at} data-in=${inside[at]} data-hidden=${text === ""} tabindex=${at === focused ? 0 : -1} aria-pressed=${isChosen}
        aria-label=${inside[at] && text ? undefined : t(text ? "clips.edit.outside" : "clips.edit.hidden", { word: text || word.text.trim() })}
        onClick=${(/** @type {MouseEvent} */ event) => choose(at, event.shiftKey)} onDblClick=${() => onWrite(at)}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "F2") onWrite(at); }}>${text || word.text.trim()}</button> `;
    })}
  </div>`;
}

/** One word, as an input in its place. @param {{text: string, onDone: (text: string | null) => void}} given */
function Rewriting({ text, onDone }) {
  const input = useRef(/** @type {any} */ (null));
  const isOver = useRef(false);
  const done = (/** @type {string | null} */ said) => {
    if (isOver.current) return;
    isOver.current = true;
    onDone(said);
  };
  // At once, and not after the next picture: who types already types into it. Nor is its value given again at each
  // drawing, of which there are many while the clip plays: what is typed would be gone.
  useLayoutEffect(() => input.current.select(), []);
  return html`<input ref=${input} class="input script-input" defaultValue=${text} maxlength="200" size=${Math.max(4, text.length + 2)} dir="auto" aria-label=${t("clips.edit.written", { word: text })}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => { event.stopPropagation(); if (event.key === "Enter") done(/** @type {any} */ (event.currentTarget).value.trim()); if (event.key === "Escape") done(null); }}
    onBlur=${(/** @type {any} */ event) => done(event.currentTarget.value.trim())} />`;
}

// The script and what goes with it: pictures, minutes, voice, music.
import { ApiError } from "../../core/api.js";
import { lasting } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { upload } from "../../core/upload.js";
import { html, useState } from "../../core/view.js";
import { Button, IconButton } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Dropzone } from "../../ui/dropzone.js";
import { Choices, TextArea, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Progress } from "../../ui/states.js";
import { Thumb } from "../../making/thumb.js";
import { fitted } from "../videos/picture.js";

/** @typedef {{name: string, voice: string, face: {id: string, name: string} | null}} Speaker whose lines begin with the name; without one, all others */
/** @typedef {{title: string, script: string, speakers: Speaker[], images: {id: string, name: string}[], minutes: string, voice: string, music: string}} Writing */

/** @type {Writing} */
export const BLANK = { title: "", script: "", speakers: [], images: [], minutes: "1", voice: "neutral", music: "" };

const VOICES = ["neutral", "female", "male"];
const MUSIC = ["", "calm", "upbeat", "cinematic", "lofi"];
const MOST_PICTURES = 100;
/** One of the twenty that a plan takes is the narrator. */
const MOST_SPEAKERS = 19;
const WORDS_A_MINUTE = 140;

/** What a project is told. @param {Writing} writing */
export function asProject(writing) {
  return {
    title: writing.title.trim() || heading(writing.script) || t("film.untitled"),
    script: writing.script,
    images: writing.images.map((one) => one.id),
    duration: Number(writing.minutes),
    voice: writing.voice,
    music: writing.music.trim() || null,
  };
}

/** Who speaks, as a plan is told; nothing where nobody was named. @param {Writing} writing */
export function asCharacters(writing) {
  const characters = writing.speakers.filter((one) => one.name.trim() || one.face).map((one) => ({ name: one.name.trim(), voice: one.voice, ...(one.face ? { face: one.face.id } : {}) }));
  // All other lines have a voice too.
  if (characters.length > 0 && characters.every((one) => one.name)) characters.push({ name: "", voice: writing.voice });
  return characters.length > 0 ? { characters } : {};
}

/** @param {string} script */
const heading = (script) => /^#+\s*(.+)$/m.exec(script)?.[1].trim().slice(0, 255) ?? "";

/** Seconds that a script is spoken in, roughly; the plan tells exactly. @param {string} script */
function spoken(script) {
  const said = script.replace(/^#.*$/gm, "").trim();
  const words = said ? said.split(/\s+/).length : 0;
  return (words / WORDS_A_MINUTE) * 60;
}

/**
 * @param {{writing: Writing, set: (change: Partial<Writing>) => void, error: any}} given
 */
export function WritingFields({ writing, set, error }) {
  const wrong = error?.fields ?? {};
  return html`<div class="stack-wide">
    <${Card} title=${t("film.script.title")}>
      <${TextField} label=${t("film.script.name")} optional value=${writing.title} maxlength="255" error=${wrong.title}
        onInput=${(/** @type {string} */ title) => set({ title })} />
      <${TextArea} label=${t("film.script.label")} hint=${t("film.script.hint")} rows=${12} maxlength="100000" value=${writing.script} error=${wrong.script}
        dir="auto" onInput=${(/** @type {string} */ script) => set({ script })}
        aside=${html`<span class="faint" aria-live="polite">${writing.script.trim() && t("film.script.about", { time: lasting(Math.max(1, spoken(writing.script))) })}</span>`} />
    </${Card}>
    <${Card} title=${t("film.pictures.title")}><${Pictures} images=${writing.images} error=${wrong.images} onChange=${(/** @type {any} */ images) => set({ images })} /></${Card}>
  </div>`;
}

/** @param {{writing: Writing, set: (change: Partial<Writing>) => void, error: any}} given */
export function SoundFields({ writing, set, error }) {
  const wrong = error?.fields ?? {};
  const isOwn = !MUSIC.includes(writing.music);
  return html`<${TextField} label=${t("film.new.minutes")} hint=${t("film.new.minutes_hint")} type="number" min="1" max="240" value=${writing.minutes} error=${wrong.duration}
      onInput=${(/** @type {string} */ minutes) => set({ minutes })} />
    <${Choices} label=${t("film.voice.label")} name="voice" class="choices-three" value=${writing.voice} onInput=${(/** @type {string} */ voice) => set({ voice })}
      options=${VOICES.map((value) => ({ value, label: t(`film.voice.${value}`) }))} />
    <${Choices} label=${t("film.music.label")} name="music" class="choices-three" value=${isOwn ? "own" : writing.music}
      onInput=${(/** @type {string} */ music) => set({ music: music === "own" ? "piano" : music })}
      options=${[...MUSIC, "own"].map((value) => ({ value, label: t(`film.music.${value || "none"}`) }))} />
    ${isOwn && html`<${TextField} label=${t("film.music.words")} value=${writing.music} maxlength="255" error=${wrong.music}
      onInput=${(/** @type {string} */ music) => set({ music })} />`}`;
}

/** @param {{speakers: Speaker[], error?: string, onChange: (speakers: Speaker[]) => void}} given */
export function Speakers({ speakers, error, onChange }) {
  const change = (/** @type {number} */ at, /** @type {Partial<Speaker>} */ what) => onChange(speakers.map((one, index) => (index === at ? { ...one, ...what } : one)));
  return html`<${Card} title=${t("film.speakers.title")}>
    <p class="soft">${t("film.speakers.text")}</p>
    ${speakers.map((one, at) => html`<fieldset class="speaker" key=${at}><legend>${one.name.trim() || t("film.speakers.one", { number: at + 1 })}</legend>
      <${Face} face=${one.face} onFace=${(/** @type {Speaker["face"]} */ face) => change(at, { face })} />
      <div class="stack"><${TextField} label=${t("film.speakers.name")} hint=${t("film.speakers.name_hint")} required=${false} maxlength="80" value=${one.name} onInput=${(/** @type {string} */ name) => change(at, { name })} />
        <${Choices} label=${t("film.speakers.voice")} name=${`speaker-${at}`} class="choices-three" value=${one.voice} onInput=${(/** @type {string} */ voice) => change(at, { voice })}
          options=${VOICES.map((value) => ({ value, label: t(`film.voice.${value}`) }))} />
        <div><${Button} size="small" icon="close" onPress=${() => onChange(speakers.filter((_, index) => index !== at))}>${t("film.speakers.out")}</${Button}></div></div></fieldset>`)}
    ${error && html`<p class="field-error" role="alert">${error}</p>`}
    ${speakers.length < MOST_SPEAKERS && html`<div><${Button} icon="add" onPress=${() => onChange([...speakers, { name: "", voice: VOICES[speakers.length % VOICES.length], face: null }])}>${t("film.speakers.add")}</${Button}></div>`}
  </${Card}>`;
}

/** @param {{face: Speaker["face"], onFace: (face: Speaker["face"]) => void}} given */
function Face({ face, onFace }) {
  const [part, setPart] = useState(/** @type {number | null} */ (null));
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const take = async (/** @type {File[]} */ [file]) => {
    setFailed(null);
    setPart(0);
    try {
      const sent = await upload((await fitted(file)).file, { onProgress: setPart });
      onFace({ id: sent.id, name: file.name });
      const blocking = sent.findings.find((/** @type {any} */ one) => one.blocking);
      if (blocking) setFailed(new ApiError(422, { code: "face", message: blocking.advice }));
    } catch (problem) {
      setFailed(problem);
    } finally {
      setPart(null);
    }
  };
  return html`<div class="stack">
    ${part !== null ? html`<${Progress} label=${t("film.speakers.going")} value=${part} />`
      : face ? html`<${Thumb} id=${face.id} alt=${face.name} /><${Button} size="small" onPress=${() => onFace(null)}>${t("film.speakers.no_face")}</${Button}>`
        : html`<${Dropzone} label=${t("film.speakers.face")} paste=${false} accept="image/*" onFiles=${take} />`}
    <${Problem} error=${failed} /></div>`;
}

/** @param {{images: {id: string, name: string}[], error?: string, onChange: (images: {id: string, name: string}[]) => void}} given */
function Pictures({ images, error, onChange }) {
  const [going, setGoing] = useState(/** @type {{name: string, part: number} | null} */ (null));
  const [failed, setFailed] = useState(/** @type {any} */ (null));
  const take = async (/** @type {File[]} */ files) => {
    setFailed(null);
    const there = [...images];
    for (const [at, file] of files.slice(0, MOST_PICTURES - there.length).entries()) {
      try {
        setGoing({ name: file.name, part: at / files.length });
        const sent = await upload((await fitted(file)).file, { onProgress: (part) => setGoing({ name: file.name, part: (at + part) / files.length }) });
        there.push({ id: sent.id, name: file.name });
        onChange([...there]);
      } catch (problem) {
        setFailed(problem);
      }
    }
    setGoing(null);
  };
  const move = (/** @type {number} */ from, /** @type {number} */ to) => {
    const moved = [...images];
    moved.splice(to, 0, ...moved.splice(from, 1));
    onChange(moved);
  };
  return html`<div class="stack">
    ${images.length > 0 && html`<ol class="pictures">${images.map((one, at) => html`<li key=${one.id}>
      <${Thumb} id=${one.id} alt=${one.name} />
      <div class="pictures-act">
        <${IconButton} size="small" label=${t("film.pictures.earlier", { name: one.name })} icon="arrow" class="turned" disabled=${at === 0} onPress=${() => move(at, at - 1)} />
        <${IconButton} size="small" label=${t("film.pictures.out", { name: one.name })} icon="close" onPress=${() => onChange(images.filter((other) => other !== one))} />
        <${IconButton} size="small" label=${t("film.pictures.later", { name: one.name })} icon="arrow" disabled=${at === images.length - 1} onPress=${() => move(at, at + 1)} />
      </div></li>`)}</ol>`}
    ${going ? html`<${Progress} label=${t("film.pictures.going", { name: going.name })} value=${going.part} />`
      : html`<${Dropzone} label=${t("film.pictures.label")} hint=${t("film.pictures.hint")} accept="image/*" many onFiles=${take} error=${error ?? null} />`}
    <${Problem} error=${failed} />
  </div>`;
}

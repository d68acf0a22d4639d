// The plan as a list of shots: what is seen and said, what of it is there, and what may be done with it.
import { get, patch, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago, lasting } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { Choices, Select, TextArea, TextField } from "../../ui/field.js";
import { Icon } from "../../ui/icon.js";
import { Menu } from "../../ui/menu.js";
import { Problem } from "../../ui/notice.js";
import { Player } from "../../ui/player.js";
import { Badge, Skeleton } from "../../ui/states.js";
import { Thumb } from "../../making/thumb.js";
import { toast } from "../../ui/toast.js";
import { read } from "../clips/times.js";

const KINDS = ["picture", "card", "portrait"];
const MOTIONS = ["push_in", "pull_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "still"];
const VOICES = ["neutral", "female", "male"];

/** The worst first: what is shown of a shot as a whole. @type {[string, "bad" | "calm" | "warn" | "good"][]} */
const STATES = [["blocked", "bad"], ["missing", "calm"], ["stale", "warn"], ["current", "good"]];

/** @param {any} shot @returns {[string, any]} */
const stateOf = (shot) => STATES.find(([state]) => shot.artefacts.some((/** @type {any} */ one) => one.state === state)) ?? STATES[3];

/**
 * @param {{plan: any, project: any, canEdit: boolean, change: (ask: () => Promise<any>) => Promise<void>}} given
 */
export function Shots({ plan, project, canEdit, change }) {
  const [open, setOpen] = useState(/** @type {{shot: any, what: "edit" | "takes"} | null} */ (null));
  const path = (/** @type {any} */ shot, end = "") => `/projects/${project.id}/plan/shots/${shot.id}${end}`;
  const set = (/** @type {any} */ shot, /** @type {any} */ what) => change(() => patch(path(shot), { ...what, version: plan.version }));
  const retake = async (/** @type {any} */ shot) => {
    await change(() => post(path(shot, "/retake")));
    toast(t("film.shot.retaken"));
  };
  const shut = () => setOpen(null);
  return html`<div class="stack-wide">
    ${plan.scenes.map((/** @type {any} */ scene, /** @type {number} */ at) => html`<section class="card" key=${at}>
      <h2 class="card-title"><bdi>${scene.title || t("film.shot.scene", { number: at + 1 })}</bdi></h2>
      <ol class="shots">${scene.shots.map((/** @type {any} */ shot) => html`<li key=${shot.id} class="shot" data-locked=${shot.locked}>
        <${Thumb} id=${shot.picture} alt=${t("film.shot.picture_of", { shot: shot.id })} />
        <div class="shot-said">
          <p class="faint"><span class="number">${read(shot.starts_at)}</span> · ${lasting(shot.seconds)} · ${t(`film.kind.${shot.kind}`)}${shot.speaker && html` · <bdi>${shot.speaker}</bdi>`}</p>
          <p class="text-long"><bdi>${shot.kind === "card" ? shot.title || shot.text.trim() : shot.text.trim() || t("film.shot.silent")}</bdi></p>
          <div class="row">
            <${Badge} kind=${stateOf(shot)[1]}>${t(`film.state.${stateOf(shot)[0]}`)}</${Badge}>
            ${shot.approved && html`<${Badge} kind="good">${t("film.shot.approved")}</${Badge}>`}
            ${shot.locked && html`<${Badge} kind="warn">${t("film.shot.locked")}</${Badge}>`}
          </div>
        </div>
        <${Menu} label=${t("film.shot.menu", { shot: shot.id })} face=${html`<${Icon} name="more" />`} items=${[
          canEdit && !shot.locked ? { label: t("film.shot.edit"), icon: "settings", onPress: () => setOpen({ shot, what: "edit" }) } : null,
          canEdit ? { label: t(shot.approved ? "film.shot.unapprove" : "film.shot.approve"), icon: "check", onPress: () => set(shot, { approved: !shot.approved }) } : null,
          canEdit ? { label: t(shot.locked ? "film.shot.unlock" : "film.shot.lock"), icon: "shield", onPress: () => set(shot, { locked: !shot.locked }) } : null,
          canEdit && !shot.locked ? { label: t("film.shot.retake"), icon: "redo", onPress: () => retake(shot) } : null,
          { label: t("film.shot.takes"), icon: "clock", onPress: () => setOpen({ shot, what: "takes" }) },
        ]} />
      </li>`)}</ol>
    </section>`)}
    ${open?.what === "edit" && html`<${Edit} shot=${open.shot} project=${project} onClose=${shut} onSave=${(/** @type {any} */ what) => set(open.shot, what)} />`}
    ${open?.what === "takes" && html`<${Takes} path=${path(open.shot, "/takes")} shot=${open.shot} canEdit=${canEdit && !open.shot.locked} onClose=${shut}
      onRestore=${(/** @type {number} */ take) => change(() => post(path(open.shot, "/restore"), { take }))} />`}
  </div>`;
}

/** @param {{shot: any, project: any, onClose: () => void, onSave: (what: any) => Promise<void>}} given */
function Edit({ shot, project, onClose, onSave }) {
  const [now, setNow] = useState({ text: shot.text.trim(), kind: shot.kind, motion: shot.motion, picture: shot.picture ?? "", voice: shot.voice, title: shot.title, subtitle: shot.subtitle, prompt: shot.prompt });
  const set = (/** @type {Partial<typeof now>} */ change) => setNow({ ...now, ...change });
  const keep = async () => {
    const before = /** @type {any} */ ({ ...shot, text: shot.text.trim(), picture: shot.picture ?? "" });
    const changed = Object.entries(now).filter(([name, value]) => value !== before[name]).map(([name, value]) => [name, name === "picture" && !value ? null : name === "text" ? value + (/\s+$/.exec(shot.text)?.[0] ?? "") : value]);
    if (changed.length) await onSave(Object.fromEntries(changed));
    onClose();
  };
  const of = (/** @type {string} */ group, /** @type {string[]} */ values) => values.map((value) => ({ value, label: t(`film.${group}.${value}`) }));
  return html`<${Dialog} title=${t("film.shot.edit_title", { shot: shot.id })} onClose=${onClose} actions=${html`
    <${Button} onPress=${onClose}>${t("common.cancel")}</${Button}><${Button} kind="primary" onPress=${keep}>${t("common.save")}</${Button}>`}>
    ${shot.spoken !== "" && html`<${TextArea} label=${t("film.shot.text")} hint=${t("film.shot.text_hint")} value=${now.text} dir="auto" maxlength="5000" onInput=${(/** @type {string} */ text) => set({ text })} />`}
    <${Choices} label=${t("film.kind.label")} name="kind" class="choices-three" value=${now.kind} options=${of("kind", KINDS)} onInput=${(/** @type {string} */ kind) => set({ kind })} />
    ${now.kind === "card" && html`<${TextField} label=${t("film.shot.title")} value=${now.title} maxlength="200" onInput=${(/** @type {string} */ title) => set({ title })} />
      <${TextField} label=${t("film.shot.subtitle")} optional value=${now.subtitle} maxlength="200" onInput=${(/** @type {string} */ subtitle) => set({ subtitle })} />`}
    ${project.images.length > 0 && html`<${Choices} label=${t("film.shot.picture")} name="picture" class="choices-pictures" value=${now.picture} onInput=${(/** @type {string} */ picture) => set({ picture })}
      options=${[...project.images.map((/** @type {string} */ id, /** @type {number} */ at) => ({ value: id, picture: html`<${Thumb} id=${id} />`, label: t("film.pictures.number", { number: at + 1 }) })),
        { value: "", label: t("film.shot.no_picture") }]} />`}
    ${now.kind === "picture" && !now.picture && html`<${TextArea} label=${t("film.shot.prompt")} hint=${t("film.shot.prompt_hint")} optional value=${now.prompt} dir="auto" maxlength="1000" onInput=${(/** @type {string} */ prompt) => set({ prompt })} />`}
    <${Select} label=${t("film.motion.label")} value=${now.motion} options=${of("motion", MOTIONS)} onInput=${(/** @type {string} */ motion) => set({ motion })} />
    ${shot.spoken !== "" && html`<${Select} label=${t("film.voice.label")} value=${now.voice} options=${of("voice", VOICES)} onInput=${(/** @type {string} */ voice) => set({ voice })} />`}
  </${Dialog}>`;
}

/** @param {{path: string, shot: any, canEdit: boolean, onClose: () => void, onRestore: (take: number) => Promise<void>}} given */
function Takes({ path, shot, canEdit, onClose, onRestore }) {
  const takes = useAsked(() => get(path), [path]);
  return html`<${Dialog} title=${t("film.shot.takes_title", { shot: shot.id })} onClose=${onClose}>
    <${Problem} error=${takes.error} onRetry=${takes.again} />
    ${!takes.value && !takes.error && html`<${Skeleton} />`}
    ${takes.value?.total === 0 && html`<p class="soft">${t("film.shot.no_takes")}</p>`}
    ${takes.value?.items.map((/** @type {any} */ one) => html`<article class="stack-tight" key=${one.take}>
      <div class="row-apart"><h3>${t("film.shot.take", { number: one.take })}</h3><span class="faint">${ago(one.made_at)}</span></div>
      ${one.url && html`<${Player} src=${one.url} label=${t("film.shot.take", { number: one.take })} />`}
      ${one.text.trim() && html`<p class="soft"><bdi>${one.text.trim()}</bdi></p>`}
      ${one.current ? html`<${Badge} kind="good">${t("film.shot.this_one")}</${Badge}>`
        : canEdit && html`<div><${Button} size="small" icon="redo" onPress=${async () => { await onRestore(one.take); onClose(); }}>${t("film.shot.restore")}</${Button}></div>`}
    </article>`)}
  </${Dialog}>`;
}

// A recipe: steps one after the other, looked at as they change; the picture itself stays as it is.
import { newKey, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { draft, finish } from "../../core/store.js";
import { html, useEffect, useId, useMemo, useRef, useState } from "../../core/view.js";
import { Button, IconButton, LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Select, TextField } from "../../ui/field.js";
import { Icon } from "../../ui/icon.js";
import { InLine } from "../../making/line.js";
import { Menu } from "../../ui/menu.js";
import { Problem } from "../../ui/notice.js";
import { Empty, Skeleton } from "../../ui/states.js";
import { linkTo, sourceOf } from "./jobs.js";
import { begun, sendable, STEPS } from "./recipe.js";

/** How long nothing moves before a look is asked for. */
const REST_MS = 180;
const ONE_MOVE_MS = 600;
const MOST_UNDONE = 100;

/** @param {{query: URLSearchParams}} given */
export default function Edit({ query }) {
  return html`<${InLine} product="pixie" room="pictures" path=${`/pictures/edit?${query}`} icon="image"><${Editor} query=${query} /></${InLine}>`;
}

/** @param {{query: URLSearchParams}} given */
function Editor({ query }) {
  const source = sourceOf(query);
  const id = source.job_id ?? source.file_id ?? "";
  const name = `pictures.recipe.${id}`;
  const blank = useMemo(() => ({ steps: /** @type {any[]} */ ([]), undone: /** @type {any[][]} */ ([]) }), [name]);
  const kept = useMemo(() => draft(name, blank), [name]);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [isBefore, setBefore] = useState(false);
  const moved = useRef(0);
  const { steps, undone } = kept.value;
  const original = useAsked(() => linkTo(source), [id]);
  const look = useLook(source, steps);
  /** @param {any[]} next */
  const set = (next) => {
    // What is one movement of a slider is one step back.
    const isOneMove = Date.now() - moved.current < ONE_MOVE_MS && next.length === steps.length;
    moved.current = Date.now();
    kept.value = { steps: next, undone: isOneMove ? undone : [...undone, steps].slice(-MOST_UNDONE) };
  };
  const undo = () => { kept.value = { steps: undone.at(-1) ?? [], undone: undone.slice(0, -1) }; };
  const key = useRef("");
  const make = async () => {
    setError(null);
    key.current ||= newKey();
    try {
      const made = await post("/ai/image/edit", { ...source, recipe: sendable(steps) }, { key: key.current });
      finish(name, { steps: [], undone: [] });
      await go(`/pictures/${made.job_id}`);
    } catch (failure) {
      key.current = "";
      setError(failure);
    }
  };
  if (!id) return html`<div class="page"><${Head} title=${t("pictures.edit.title")} /><${Empty} icon="image" title=${t("pictures.edit.nothing")} action=${html`<${LinkButton} to="/pictures">${t("pictures.one.all")}</${LinkButton}>`} /></div>`;
  const shown = isBefore || !look.url ? original.value : look.url;
  return html`<div class="page">
    <${Head} title=${t("pictures.edit.title")} lead=${t("pictures.edit.lead")}>
      ${source.file_id && html`<${LinkButton} icon="image" to=${`/pictures/paint?file=${id}`}>${t("pictures.one.paint")}</${LinkButton}>`}</${Head}>
    <div class="columns columns-side columns-sticky editor">
      <figure class="card picture" aria-busy=${look.busy}>
        <${Problem} error=${original.error ?? look.error} />
        ${shown ? html`<img src=${shown} alt=${t(isBefore ? "pictures.edit.before" : "pictures.edit.after")} />` : !original.error && html`<${Skeleton} block />`}
        <div class="row"><${Button} size="small" aria-pressed=${isBefore} onPress=${() => setBefore(!isBefore)}>${t("pictures.edit.show_before")}</${Button}>
          <${Button} size="small" icon="redo" class="turned" disabled=${undone.length === 0} onPress=${undo}>${t("common.undo")}</${Button}>
          <span class="faint" role="status">${look.busy ? t("pictures.edit.looking") : ""}</span></div>
      </figure>
      <${Card} title=${t("pictures.edit.steps")}>
        ${steps.length === 0 && html`<p class="soft">${t("pictures.edit.none")}</p>`}
        <ol class="steps-list">${steps.map((step, at) => html`<li key=${at}><${Step} step=${step} isFirst=${at === 0} isLast=${at === steps.length - 1}
          onChange=${(/** @type {any} */ next) => set(steps.map((one, other) => (other === at ? next : one)))}
          onMove=${(/** @type {number} */ by) => { const next = [...steps]; next.splice(at + by, 0, ...next.splice(at, 1)); set(next); }}
          onOut=${() => set(steps.filter((_, other) => other !== at))} /></li>`)}</ol>
        <${Menu} label=${t("pictures.edit.add")} face=${html`<${Icon} name="add" /><span>${t("pictures.edit.add")}</span>`}
          items=${Object.keys(STEPS).map((op) => ({ label: t(`pictures.op.${op}`), onPress: () => set([...steps, begun(op)]) }))} />
        <${Problem} error=${error} />
        <${Button} kind="primary" size="large" class="button-wide" disabled=${sendable(steps).length === 0} onPress=${make}>${t("pictures.edit.make")}</${Button}>
        <p class="faint">${t("pictures.edit.free")}</p>
      </${Card}>
    </div>
  </div>`;
}

/**
 * What the recipe would make, asked for when nothing has moved for a moment.
 * @param {{job_id?: string, file_id?: string}} source
 * @param {any[]} steps
 */
function useLook(source, steps) {
  const [now, setNow] = useState(/** @type {{url: string | null, busy: boolean, error: any}} */ ({ url: null, busy: false, error: null }));
  const recipe = JSON.stringify(sendable(steps));
  useEffect(() => {
    if (recipe === "[]") {
      setNow({ url: null, busy: false, error: null });
      return undefined;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      setNow((before) => ({ ...before, busy: true, error: null }));
      try {
        const blob = await post("/ai/image/edit/preview", { ...source, recipe: JSON.parse(recipe) }, { as: "blob", signal: stop.signal });
        const url = URL.createObjectURL(blob);
        setNow((before) => {
          if (before.url) URL.revokeObjectURL(before.url);
          return { url, busy: false, error: null };
        });
      } catch (error) {
        if (!stop.signal.aborted) setNow((before) => ({ ...before, busy: false, error }));
      }
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [recipe, source.job_id, source.file_id]);
  return now;
}

/** @param {{step: any, isFirst: boolean, isLast: boolean, onChange: (step: any) => void, onMove: (by: number) => void, onOut: () => void}} given */
function Step({ step, isFirst, isLast, onChange, onMove, onOut }) {
  const name = t(`pictures.op.${step.op}`);
  const inputs = STEPS[step.op] ?? [];
  return html`<section class="step" aria-label=${name}>
    <div class="row-apart"><h3>${name}</h3><div class="row step-acts">
      <${IconButton} size="small" icon="chevron" class="turned-up" label=${t("pictures.edit.earlier", { name })} disabled=${isFirst} onPress=${() => onMove(-1)} />
      <${IconButton} size="small" icon="chevron" label=${t("pictures.edit.later", { name })} disabled=${isLast} onPress=${() => onMove(1)} />
      <${IconButton} size="small" icon="close" label=${t("pictures.edit.out", { name })} onPress=${onOut} /></div></div>
    ${inputs.map((input) => {
      if (step.op === "background" && input.name === "colour" && step.mode !== "colour") return null;
      const value = step[input.name] ?? input.initial;
      const label = t(`pictures.input.${input.name}`);
      const change = (/** @type {any} */ next) => onChange({ ...step, [input.name]: next });
      if (input.kind === "range") return html`<${Range} key=${input.name} label=${label} input=${input} value=${value} onInput=${change} />`;
      if (input.kind === "text") return html`<${TextField} key=${input.name} label=${label} value=${value} maxlength="500" dir="auto" onInput=${change} />`;
      if (input.kind === "colour") return html`<${TextField} key=${input.name} label=${label} type="color" value=${value} onInput=${change} />`;
      return html`<${Select} key=${input.name} label=${label} value=${String(value)} onInput=${(/** @type {string} */ next) => change(typeof input.values[0] === "number" ? Number(next) : next)}
        options=${input.values.map((one) => ({ value: String(one), label: valueName(step.op, input.name, one) }))} />`;
    })}
  </section>`;
}

/** @param {string} op @param {string} input @param {string | number} value */
function valueName(op, input, value) {
  if (input === "mode") return t(`pictures.background.${value}`);
  if (input === "direction") return t(`pictures.input.${value}`);
  if (op === "upscale") return t("pictures.one.times", { factor: value });
  return typeof value === "number" ? `${number(value)}°` : value;
}

/** @param {{label: string, input: any, value: number, onInput: (value: number) => void}} given */
function Range({ label, input, value, onInput }) {
  const id = useId();
  return html`<div class="range"><label for=${id}>${label}</label>
    <input id=${id} type="range" min=${input.min} max=${input.max} step=${input.step} value=${value} onInput=${(/** @type {any} */ event) => onInput(Number(event.currentTarget.value))} />
    <output class="faint number" for=${id}>${number(value, { maximumFractionDigits: 2 })}</output></div>`;
}

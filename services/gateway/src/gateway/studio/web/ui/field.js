// Inputs with what they are called, what they are for, and what is wrong with them.
import { t } from "../core/i18n.js";
import { html, useId, useState } from "../core/view.js";
import { Icon } from "./icon.js";

/**
 * @typedef {object} Field
 * @property {string} label
 * @property {any} [hint]
 * @property {string | null} [error]
 * @property {boolean} [optional] said beside the label
 * @property {any} [aside] at the end of the label's line
 */

/**
 * What stands around an input; `children` is given the attributes that tie them together.
 * @param {Field & {children: (ties: Record<string, any>) => any, group?: boolean}} given
 */
export function Labelled({ label, hint, error, optional, aside, children, group = false }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  const ties = { id, "aria-describedby": described, "aria-invalid": error ? "true" : undefined };
  const called = html`${label}${optional && html` <span class="field-optional">${t("common.optional")}</span>`}`;
  const inside = html`
    ${hint && html`<p class="field-hint" id="${id}-hint">${hint}</p>`}
    ${children(ties)}
    ${error && html`<p class="field-error" id="${id}-error" role="alert"><${Icon} name="warning" size=${16} /> ${error}</p>`}
  `;
  if (group) {
    return html`<fieldset class="field" aria-describedby=${described}><legend>${called}</legend>${inside}</fieldset>`;
  }
  return html`<div class="field">
    <div class="field-line"><label for=${id}>${called}</label>${aside}</div>
    ${inside}
  </div>`;
}

/**
 * One line of text. `onInput` is given the text.
 * @param {Field & {value: string, onInput: (value: string) => void, type?: string, [more: string]: any}} given
 */
export function TextField({ label, hint, error, optional, aside, value, onInput, type = "text", ...rest }) {
  return html`<${Labelled} ...${{ label, hint, error, optional, aside }}>
    ${(/** @type {any} */ ties) => html`<input
      ...${rest} ...${ties}
      class="input" type=${type} value=${value}
      required=${rest.required ?? !optional}
      onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)}
    />`}
  </${Labelled}>`;
}

/**
 * A password, which can be looked at.
 * @param {Field & {value: string, onInput: (value: string) => void, [more: string]: any}} given
 */
export function PasswordField({ label, hint, error, value, onInput, ...rest }) {
  const [shown, setShown] = useState(false);
  return html`<${Labelled} ...${{ label, hint, error }}>
    ${(/** @type {any} */ ties) => html`<div class="input-with">
      <input ...${rest} ...${ties} class="input" type=${shown ? "text" : "password"} value=${value} required dir="ltr"
        onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)} />
      <button type="button" class="input-side" aria-pressed=${shown} onClick=${() => setShown(!shown)}>
        ${shown ? t("common.hide") : t("common.show")}
      </button>
    </div>`}
  </${Labelled}>`;
}

/**
 * Text of several lines, as high as what is in it.
 * @param {Field & {value: string, onInput: (value: string) => void, rows?: number, [more: string]: any}} given
 */
export function TextArea({ label, hint, error, optional, aside, value, onInput, rows = 4, ...rest }) {
  return html`<${Labelled} ...${{ label, hint, error, optional, aside }}>
    ${(/** @type {any} */ ties) => html`<textarea
      ...${rest} ...${ties} class="input" rows=${rows} value=${value}
      onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)}
    ></textarea>`}
  </${Labelled}>`;
}

/**
 * One of a list.
 * @param {Field & {value: string, onInput: (value: string) => void, options: {value: string, label: string}[], [more: string]: any}} given
 */
export function Select({ label, hint, error, optional, aside, value, onInput, options, ...rest }) {
  return html`<${Labelled} ...${{ label, hint, error, optional, aside }}>
    ${(/** @type {any} */ ties) => html`<div class="select">
      <select ...${rest} ...${ties} class="input" value=${value}
        onChange=${(/** @type {any} */ event) => onInput(event.currentTarget.value)}>
        ${options.map((option) => html`<option value=${option.value} selected=${option.value === value}>${option.label}</option>`)}
      </select><${Icon} name="chevron" size=${16} />
    </div>`}
  </${Labelled}>`;
}

/**
 * Yes or no. `label` may hold links.
 * @param {{label: any, checked: boolean, onInput: (checked: boolean) => void, hint?: any, error?: string | null, [more: string]: any}} given
 */
export function Checkbox({ label, checked, onInput, hint, error, ...rest }) {
  const id = useId();
  return html`<div class="check">
    <input ...${rest} id=${id} type="checkbox" checked=${checked}
      aria-describedby=${error ? `${id}-error` : undefined} aria-invalid=${error ? "true" : undefined}
      onChange=${(/** @type {any} */ event) => onInput(event.currentTarget.checked)} />
    <div><label for=${id}>${label}</label>${hint && html`<p class="field-hint">${hint}</p>`}
    ${error && html`<p class="field-error" id="${id}-error" role="alert">${error}</p>`}</div>
  </div>`;
}

/**
 * One or several of a few, each with room to say what it is. `picture` is drawn above the label.
 * @param {Field & {name: string, options: {value: string, label: any, note?: any, picture?: any, disabled?: boolean}[],
 *   value: string | string[], onInput: (value: any) => void, many?: boolean, class?: string}} given
 */
export function Choices({ label, hint, error, name, options, value, onInput, many = false, class: more = "" }) {
  const chosen = Array.isArray(value) ? value : [value];
  /** @param {string} one @param {boolean} checked */
  const change = (one, checked) => {
    if (!many) onInput(one);
    else onInput(options.map((option) => option.value).filter((each) => (each === one ? checked : chosen.includes(each))));
  };
  return html`<${Labelled} ...${{ label, hint, error }} group>
    ${() => html`<div class=${`choices ${more}`}>
      ${options.map((option) => html`<label class="choice" data-disabled=${option.disabled}>
        <input type=${many ? "checkbox" : "radio"} name=${name} value=${option.value} checked=${chosen.includes(option.value)}
          disabled=${option.disabled} onChange=${(/** @type {any} */ event) => change(option.value, event.currentTarget.checked)} />
        ${option.picture}
        <span class="choice-label">${option.label}</span>
        ${option.note && html`<span class="choice-note">${option.note}</span>`}
      </label>`)}
    </div>`}
  </${Labelled}>`;
}

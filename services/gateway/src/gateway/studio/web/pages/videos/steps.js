// The steps of a run: how each went, who did it, what it cost, and what its gate said.
import { lasting, money, number } from "../../core/format.js";
import { says, t } from "../../core/i18n.js";
import { html } from "../../core/view.js";
import { Icon } from "../../ui/icon.js";

/** How a step's state is shown. @type {Record<string, [string, string]>} */
const LOOKS = { done: ["done", "check"], failed: ["bad", "close"], skipped: ["waits", "check"], waiting: ["busy", "clock"], asked: ["busy", "clock"], running: ["busy", "clock"], paused: ["busy", "clock"], stopping: ["busy", "clock"] };

/** @param {{run: any}} given */
export function Steps({ run }) {
  return html`<ol class="run-steps">${run.steps.map((/** @type {any} */ step) => html`<${Step} key=${`${step.name}/${step.part}`} step=${step} />`)}</ol>`;
}

/** The name of a step in the reader's words. @param {string} name */
export const stepName = (name) => (says(`videos.step.${name}`) ? t(`videos.step.${name}`) : name);

/** @param {{step: any}} given */
function Step({ step }) {
  const [state, icon] = LOOKS[step.status] ?? ["waits", "clock"];
  const part = step.part && (says(`videos.platform.${step.part}`) ? t(`videos.platform.${step.part}`) : step.part);
  const facts = [
    step.provider && html`<bdi>${step.provider}</bdi>`,
    step.attempts > 1 && t("videos.steps.tries", { count: step.attempts }),
    step.reused && t("videos.steps.reused"),
  ].filter(Boolean);
  return html`<li class="run-step" data-state=${state}>
    <span class="run-dot"><${Icon} name=${icon} size=${16} /></span>
    <div><p class="run-name">${stepName(step.name)}${part && html` · <bdi>${part}</bdi>`} <span class="hidden">${t(`videos.steps.${state}`)}</span></p>
      ${facts.length > 0 && html`<p class="faint">${facts.map((fact, at) => html`${at > 0 && " · "}${fact}`)}</p>`}
      ${step.score !== null && html`<p class="faint">${verdict(step)}</p>`}
      ${step.error && html`<p class="field-error"><bdi>${step.error}</bdi></p>`}</div>
    <div class="run-side faint number">${step.seconds >= 0.05 && step.status === "done" && html`<p>${lasting(step.seconds, "short")}</p>`}
      ${Number(step.cost) > 0 && html`<p>${money(step.cost, "INR")}</p>`}</div>
  </li>`;
}

/** @param {any} step */
function verdict(step) {
  const score = number(step.score, { maximumFractionDigits: 1 });
  if (step.passes_at === null) return t("videos.steps.score", { score });
  const gate = number(step.passes_at, { maximumFractionDigits: 1 });
  return t(step.score >= step.passes_at ? "videos.steps.passed" : "videos.steps.below", { score, gate });
}

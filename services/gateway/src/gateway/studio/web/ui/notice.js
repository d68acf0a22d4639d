// What the page has to say: errors with the next step, warnings, good news.
import { ApiError } from "../core/api.js";
import { says, t } from "../core/i18n.js";
import { lasting } from "../core/format.js";
import { html } from "../core/view.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/**
 * @param {{kind?: "error" | "warning" | "good" | "info", title?: any, children?: any}} given
 */
export function Notice({ kind = "info", title, children }) {
  const icon = { error: "warning", warning: "warning", good: "check", info: "info" }[kind];
  return html`<div class="notice notice-${kind}" role=${kind === "error" ? "alert" : "status"}>
    <${Icon} name=${icon} />
    <div>${title && html`<p class="notice-title">${title}</p>`}${children}</div>
  </div>`;
}

/**
 * What went wrong, in the reader's words where there are some for the code, else as the API said it.
 * @param {any} error
 * @returns {string}
 */
export function saying(error) {
  if (!(error instanceof ApiError)) return t("common.error.broken");
  const key = `common.error.${error.code}`;
  const text = says(key) ? t(key) : error.message || t("common.error.broken");
  const wait = error.retryAfter;
  return wait && error.status === 429 ? `${text} ${t("common.error.wait", { time: lasting(wait) })}` : text;
}

/**
 * An error and how to go on. What belongs to the fields of a form is said there, not here.
 * @param {{error: any, onRetry?: () => unknown, fields?: string[]}} given
 */
export function Problem({ error, onRetry, fields = [] }) {
  if (!error) return null;
  const rest = Object.entries(error.fields ?? {}).filter(([name]) => !fields.includes(name));
  return html`<${Notice} kind="error" title=${saying(error)}>
    ${rest.length > 0 && html`<ul>${rest.map(([name, what]) => html`<li><bdi>${name}</bdi>: ${what}</li>`)}</ul>`}
    ${error.requestId && error.status >= 500 && html`<p class="faint">${t("common.error.quote")} <code>${error.requestId}</code></p>`}
    ${onRetry && html`<${Button} size="small" icon="redo" onPress=${onRetry}>${t("common.again")}</${Button}>`}
  </${Notice}>`;
}

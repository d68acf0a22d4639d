// What is sent where: the form of a webhook, new or known.
import { post, put } from "../../core/api.js";
import { t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Checkbox, Choices, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { NotInPlan, useDoing } from "./parts.js";

export const EVENTS = ["workflow.created", "workflow.step_completed", "workflow.completed", "workflow.failed", "workflow.cancelled"];
export const eventName = (/** @type {string} */ event) => t(`settings.event.${event.replace(".", "_")}`);

/** @param {{hook?: any, plans?: string[], onSaved: (hook: any) => unknown}} given */
export function HookForm({ hook, plans = [], onSaved }) {
  const [url, setUrl] = useState(hook?.url ?? "");
  const [events, setEvents] = useState(hook?.event_types.length ? hook.event_types : hook ? EVENTS : ["workflow.completed", "workflow.failed"]);
  const [active, setActive] = useState(hook?.active ?? true);
  const { error, busy, doing } = useDoing();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const wanted = { url: url.trim(), event_types: events, active };
    void doing(async () => onSaved(await (hook ? put(`/webhooks/${hook.id}`, wanted) : post("/webhooks", wanted))), hook ? t("settings.saved") : undefined);
  };
  return html`<form class="stack" onSubmit=${submit}>
    <${TextField} label=${t("settings.webhooks.url")} hint=${t("settings.webhooks.url_hint")} type="url" name="url" dir="ltr" maxlength="2000" value=${url} onInput=${setUrl} error=${error?.fields?.url} />
    <${Choices} many class="choices-scopes" name="events" label=${t("settings.webhooks.events")} value=${events} onInput=${setEvents}
      error=${events.length === 0 ? t("settings.webhooks.no_event") : error?.fields?.event_types} options=${EVENTS.map((value) => ({ value, label: eventName(value) }))} />
    ${hook && html`<${Checkbox} label=${t("settings.webhooks.active")} checked=${active} onInput=${setActive} />`}
    ${error?.code === "not_in_plan" ? html`<${NotInPlan} page="webhooks" icon="globe" plans=${plans} />` : html`<${Problem} error=${error} fields=${["url", "event_types"]} />`}
    <div><${Button} type="submit" kind="primary" busy=${busy} disabled=${events.length === 0}>${t(hook ? "common.save" : "settings.webhooks.make")}</${Button}></div>
  </form>`;
}

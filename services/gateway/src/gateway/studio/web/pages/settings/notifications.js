// What one is told, where, and when not.
import { get, put } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { says, t } from "../../core/i18n.js";
import { me } from "../../core/session.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Checkbox, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Skeleton } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";
import { Frame, useDoing } from "./parts.js";

const PATH = "/notifications/preferences";
const NIGHT = { start: "22:00", end: "07:00" };

export default function Told() {
  const found = useAsked(() => get(PATH), []);
  const { error, doing } = useDoing();
  const now = found.value;
  /** Kept at once, with the way back. @param {any} wanted @param {any} [before] */
  const decide = async (wanted, before) => {
    found.set(wanted);
    const done = await doing(async () => found.set(await put(PATH, wanted)));
    if (!done) return found.again();
    toast(t("settings.saved"), before && { undo: () => decide(before) });
    return undefined;
  };
  const choose = (/** @type {string} */ kind, /** @type {string} */ channel) => (/** @type {boolean} */ checked) =>
    void decide({ ...now, choices: { ...now.choices, [kind]: { ...now.choices[kind], [channel]: checked } } }, now);
  return html`<${Frame} page="told">
    <${Problem} error=${error ?? found.error} onRetry=${found.error ? found.again : undefined} />
    ${!now && !found.error && html`<${Skeleton} lines=${6} />`}
    ${now && html`<${Card} title=${t("settings.told.what")}>
        <ul class="rows">${Object.entries(now.choices).map(([kind, choice]) => html`<li key=${kind}><span class="grow">${kindName(kind)}</span>
          <div class="row told" role="group" aria-label=${kindName(kind)}>${["in_app", "mail"].map((channel) => html`<${Checkbox} label=${t(`settings.told.${channel}`)} checked=${/** @type {any} */ (choice)[channel]} onInput=${choose(kind, channel)} />`)}</div></li>`)}</ul>
        <p class="faint">${t("settings.told.always")}</p></${Card}>
      <${Quiet} hours=${now.quiet_hours} onDecide=${(/** @type {any} */ hours) => decide({ ...now, quiet_hours: hours }, now)} />`}
  </${Frame}>`;
}

/** @param {string} kind */
const kindName = (kind) => (says(`settings.kind.${kind}`) ? t(`settings.kind.${kind}`) : kind.replaceAll("_", " "));

/** @param {{hours: any, onDecide: (hours: any) => unknown}} given */
function Quiet({ hours, onDecide }) {
  const [now, setNow] = useState(hours ?? NIGHT);
  useEffect(() => { if (hours) setNow(hours); }, [hours]);
  return html`<${Card} title=${t("settings.told.quiet")}>
    <p class="soft">${t("settings.told.quiet_text", { zone: me.value.timezone.replaceAll("_", " ") })}</p>
    <${Checkbox} label=${t("settings.told.quiet_on")} checked=${Boolean(hours)} onInput=${(/** @type {boolean} */ checked) => onDecide(checked ? now : null)} />
    ${hours && html`<form class="stack" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); void onDecide(now); }}>
      <div class="pair"><${TextField} type="time" label=${t("settings.told.from")} value=${now.start} onInput=${(/** @type {string} */ start) => setNow({ ...now, start })} />
        <${TextField} type="time" label=${t("settings.told.to")} value=${now.end} onInput=${(/** @type {string} */ end) => setNow({ ...now, end })} /></div>
      <div><${Button} type="submit">${t("common.save")}</${Button}></div></form>`}
  </${Card}>`;
}

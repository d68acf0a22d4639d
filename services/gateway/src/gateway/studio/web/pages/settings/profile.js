// Name, language, clock, and how the studio looks.
import { put } from "../../core/api.js";
import { languageName } from "../../core/format.js";
import { choose, language, languages, t } from "../../core/i18n.js";
import { me } from "../../core/session.js";
import { theme, wear } from "../../core/theme.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Choices, Select, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Frame, useDoing } from "./parts.js";

const LETTERS = ["en", "hi", "es", "fr", "de", "ja", "ko", "zh"];
// Browsers still list these under names of long ago.
const RENAMED = /** @type {Record<string, string>} */ ({
  "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Rangoon": "Asia/Yangon", "Asia/Saigon": "Asia/Ho_Chi_Minh", "Europe/Kiev": "Europe/Kyiv",
});
const FIELDS = ["name", "username", "language", "timezone"];

export default function Profile() {
  const user = me.value;
  const [now, setNow] = useState({ name: user.name ?? "", username: user.username, language: user.language, timezone: user.timezone });
  const { error, busy, doing } = useDoing();
  const set = (/** @type {Partial<typeof now>} */ change) => setNow({ ...now, ...change });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void doing(async () => (me.value = await put("/users/me", { ...now, name: now.name.trim() || null, username: now.username.trim() })), t("settings.saved"));
  };
  const zones = [...new Set([user.timezone, "UTC", ...Intl.supportedValuesOf("timeZone").map((zone) => RENAMED[zone] ?? zone)])];
  return html`<${Frame} page="profile">
    <${Card} title=${t("settings.profile.you")}><form class="stack" onSubmit=${submit}>
      <div class="pair"><${TextField} optional label=${t("settings.profile.name")} value=${now.name} maxlength="255" autocomplete="name" dir="auto" error=${error?.fields?.name} onInput=${(/** @type {string} */ name) => set({ name })} />
        <${TextField} label=${t("settings.profile.username")} value=${now.username} maxlength="100" autocomplete="username" dir="ltr" error=${error?.fields?.username} onInput=${(/** @type {string} */ username) => set({ username })} /></div>
      <div class="pair"><${Select} label=${t("settings.profile.letters")} value=${now.language} onInput=${(/** @type {string} */ tag) => set({ language: tag })} error=${error?.fields?.language}
          options=${LETTERS.map((tag) => ({ value: tag, label: languageName(tag) }))} />
        <${Select} label=${t("settings.profile.timezone")} value=${now.timezone} onInput=${(/** @type {string} */ timezone) => set({ timezone })} error=${error?.fields?.timezone}
          options=${zones.map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }))} /></div>
      <${Problem} error=${error} fields=${FIELDS} />
      <div><${Button} type="submit" kind="primary" busy=${busy}>${t("common.save")}</${Button}></div>
    </form></${Card}>
    <${Card} title=${t("settings.profile.looks")}>
      <${Choices} name="language" label=${t("common.language")} value=${language.value} onInput=${choose} options=${Object.entries(languages).map(([tag, one]) => ({ value: tag, label: html`<bdi lang=${tag}>${one.name}</bdi>` }))} />
      <${Choices} name="theme" label=${t("common.theme.label")} value=${theme.value} onInput=${wear} options=${["system", "light", "dark"].map((value) => ({ value, label: t(`common.theme.${value}`) }))} />
    </${Card}>
  </${Frame}>`;
}

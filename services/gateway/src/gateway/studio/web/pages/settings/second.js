// The second factor: an app's codes besides the password, and the codes for when the app is gone.
import { get, post } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { date } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { html, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { PasswordField, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Skeleton } from "../../ui/states.js";
import { Once, useDoing } from "./parts.js";

const FIELDS = ["password", "code"];
const PATH = "/users/me/second-factor";

export function SecondFactor() {
  const state = useAsked(() => get(PATH), []);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [enrolled, setEnrolled] = useState(/** @type {any} */ (null));
  const [codes, setCodes] = useState(/** @type {string[] | null} */ (null));
  const { error, busy, doing } = useDoing();
  const on = state.value?.enabled;
  const fresh = () => { setPassword(""); setCode(""); };
  const proof = () => ({ password: password || null, code: code.trim() });
  /** @param {() => Promise<unknown>} work */
  const run = (work) => async (/** @type {Event | undefined} */ event) => {
    event?.preventDefault();
    if (await doing(work)) fresh();
    await state.again();
  };
  const begin = run(async () => setEnrolled(await post(PATH, { password: password || null })));
  const confirm = run(async () => {
    setCodes((await post(`${PATH}/confirm`, { code: code.trim() })).recovery_codes);
    setEnrolled(null);
  });
  const renew = run(async () => setCodes((await post(`${PATH}/recovery-codes`, proof())).recovery_codes));
  const end = run(async () => { await post(`${PATH}/disable`, proof()); setCodes(null); });
  const codeField = html`<${TextField} label=${t("settings.second.code")} value=${code} dir="ltr" inputmode="numeric" autocomplete="one-time-code" maxlength="20" onInput=${setCode} error=${error?.fields?.code} />`;
  const passwordField = html`<${PasswordField} label=${t("settings.security.your_password")} value=${password} autocomplete="current-password" onInput=${setPassword} error=${error?.fields?.password} />`;
  return html`<${Card} title=${t("settings.second.title")} aside=${state.value && html`<${Badge} kind=${on ? "good" : "calm"}>${t(on ? "settings.second.on" : "settings.second.off")}</${Badge}>`}>
    <p class="soft">${t("settings.second.text")}</p>
    <${Problem} error=${state.error} onRetry=${state.again} />
    ${!state.value && !state.error && html`<${Skeleton} lines=${2} />`}
    ${codes && html`<${Once} title=${t("settings.second.codes")} text=${t("settings.second.codes_text")} onDone=${() => setCodes(null)}>${codes}</${Once}>`}
    ${state.value && !on && !enrolled && html`<form class="stack" onSubmit=${begin}>${passwordField}
      <div><${Button} type="submit" icon="shield" busy=${busy}>${t("settings.second.begin")}</${Button}></div></form>`}
    ${enrolled && html`<form class="stack" onSubmit=${confirm}>
      <ol class="stack-tight"><li>${t("settings.second.step_app")} <pre class="secret" dir="ltr" tabindex="0" aria-label=${t("settings.second.secret")}>${enrolled.secret}</pre>
        <${LinkButton} size="small" href=${enrolled.otpauth_uri}>${t("settings.second.open_app")}</${LinkButton}></li>
        <li>${t("settings.second.step_code")}</li></ol>
      ${codeField}<div class="row"><${Button} type="submit" kind="primary" busy=${busy}>${t("settings.second.confirm")}</${Button}>
        <${Button} onPress=${() => setEnrolled(null)}>${t("common.cancel")}</${Button}></div></form>`}
    ${on && html`<p class="soft">${t("settings.second.since", { date: date(state.value.enabled_at) })} ${t("settings.second.left", { count: state.value.recovery_codes_left })}</p>
      <details class="more"><summary>${t("settings.second.change")}</summary><form class="stack" onSubmit=${renew}>
        <div class="pair">${passwordField}${codeField}</div>
        <div class="row"><${Button} type="submit" busy=${busy}>${t("settings.second.renew")}</${Button}>
          <${Button} kind="danger" busy=${busy} onPress=${() => end(undefined)}>${t("settings.second.end")}</${Button}></div></form></details>`}
    <${Problem} error=${error} fields=${FIELDS} />
  </${Card}>`;
}

// The password, the address, and the second factor.
import { post } from "../../core/api.js";
import { t } from "../../core/i18n.js";
import { me, renewed } from "../../core/session.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { PasswordField, TextField } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge } from "../../ui/states.js";
import { Frame, useDoing } from "./parts.js";
import { SecondFactor } from "./second.js";

export default function Security() {
  return html`<${Frame} page="security"><${Password} /><${Address} /><${SecondFactor} /></${Frame}>`;
}

function Password() {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const { error, busy, doing } = useDoing();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const done = await doing(() => post("/auth/change-password", { current_password: old || null, new_password: fresh }), t("settings.security.password_changed"));
    if (done) [setOld, setFresh].forEach((set) => set(""));
  };
  return html`<${Card} title=${t("settings.security.password")}><form class="stack" onSubmit=${submit}>
    <input type="text" class="hidden" autocomplete="username" value=${me.value?.email} readonly tabindex="-1" aria-hidden="true" />
    <div class="pair"><${PasswordField} label=${t("settings.security.current")} value=${old} autocomplete="current-password" onInput=${setOld} error=${error?.fields?.current_password} />
      <${PasswordField} label=${t("settings.security.new")} value=${fresh} autocomplete="new-password" minlength="8" onInput=${setFresh} error=${error?.fields?.new_password} /></div>
    <p class="faint">${t("settings.security.password_note")}</p>
    <${Problem} error=${error} fields=${["current_password", "new_password"]} />
    <div><${Button} type="submit" kind="primary" busy=${busy}>${t("settings.security.change_password")}</${Button}></div>
  </form></${Card}>`;
}

function Address() {
  const user = me.value;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [sent, setSent] = useState("");
  const { error, busy, doing } = useDoing();
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const to = email.trim();
    if (!(await doing(() => post("/users/me/email", { email: to, password: password || null })))) return;
    setSent(to);
    setEmail("");
    setPassword("");
  };
  const again = () => doing(async () => { await post("/auth/verify-email/resend", { email: user.email }); await renewed(); }, t("settings.security.letter_sent"));
  return html`<${Card} title=${t("settings.security.email")} aside=${html`<${Badge} kind=${user.email_verified ? "good" : "warn"}>${t(user.email_verified ? "settings.security.proved" : "settings.security.unproved")}</${Badge}>`}>
    <p><bdi>${user.email}</bdi></p>
    ${!user.email_verified && html`<${Notice} kind="warning" title=${t("settings.security.prove")}><${Button} size="small" onPress=${again}>${t("settings.security.send_again")}</${Button}></${Notice}>`}
    ${sent && html`<${Notice} kind="good" title=${t("settings.security.look", { email: `\u2068${sent}\u2069` })} />`}
    <form class="stack" onSubmit=${submit}>
      <div class="pair"><${TextField} label=${t("settings.security.new_email")} type="email" dir="ltr" maxlength="255" value=${email} autocomplete="email" onInput=${setEmail} error=${error?.fields?.email} />
        <${PasswordField} label=${t("settings.security.your_password")} value=${password} autocomplete="current-password" onInput=${setPassword} error=${error?.fields?.password} /></div>
      <${Problem} error=${error} fields=${["email", "password"]} />
      <div><${Button} type="submit" busy=${busy}>${t("settings.security.change_email")}</${Button}></div>
    </form></${Card}>`;
}

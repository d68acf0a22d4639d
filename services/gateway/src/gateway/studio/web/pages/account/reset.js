import { post } from "../../core/api.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { PasswordField, TextField } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Door, useForm } from "./parts.js";

/** @param {{query: URLSearchParams}} given */
export default function Reset({ query }) {
  const token = query.get("token") ?? "";
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [done, setDone] = useState(false);
  const form = useForm(async () => {
    await post("/auth/reset-password", { token, new_password: password, ...(code ? { code } : {}) }, { open: true });
    setDone(true);
  });
  if (done) {
    return html`<${Door} title=${t("account.reset.title")}><${Notice} kind="good" title=${t("account.reset.done")} />
      <${LinkButton} kind="primary" to="/sign-in">${t("account.sign_in.action")}</${LinkButton}></${Door}>`;
  }
  if (!token) {
    return html`<${Door} title=${t("account.reset.title")}><${Notice} kind="warning" title=${t("account.no_token")} />
      <p><a href=${href("/forgot-password")}>${t("account.forgot.link")}</a></p></${Door}>`;
  }
  const asksCode = /code|factor/.test(form.error?.code ?? "") || code;
  return html`<${Door} title=${t("account.reset.title")}>
    <form class="stack" onSubmit=${form.submit}>
      <${PasswordField} label=${t("account.new_password")} hint=${t("account.password_hint")} value=${password} onInput=${setPassword}
        autocomplete="new-password" minlength="8" error=${form.fieldError("new_password")} />
      ${asksCode && html`<${TextField} label=${t("account.code.label")} value=${code} onInput=${setCode} autocomplete="one-time-code" dir="ltr" />`}
      <${Problem} error=${form.error} fields=${["new_password"]} />
      <${Button} kind="primary" size="large" type="submit" class="button-wide" busy=${form.busy}>${t("account.reset.action")}</${Button}>
    </form></${Door}>`;
}

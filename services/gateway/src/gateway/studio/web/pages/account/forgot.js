import { post } from "../../core/api.js";
import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { TextField } from "../../ui/field.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Door, useForm } from "./parts.js";

export default function Forgot() {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const form = useForm(async () => {
    await post("/auth/forgot-password", { email }, { open: true });
    setSent(true);
  });
  return html`<${Door} title=${t("account.forgot.title")} lead=${t("account.forgot.lead")}>
    ${sent
      ? html`<${Notice} kind="good" title=${t("account.forgot.sent")}><p>${t("account.forgot.sent_note")}</p></${Notice}>`
      : html`<form class="stack" onSubmit=${form.submit}>
          <${TextField} label=${t("account.email")} type="email" value=${email} onInput=${setEmail} autocomplete="email" dir="ltr" error=${form.fieldError("email")} />
          <${Problem} error=${form.error} fields=${["email"]} />
          <${Button} kind="primary" size="large" type="submit" class="button-wide" busy=${form.busy}>${t("account.forgot.action")}</${Button}>
        </form>`}
    <p><a href=${href("/sign-in")}>${t("account.back")}</a></p>
  </${Door}>`;
}

// The code that an account asks for beside whatever opened the door.
import { t } from "../../core/i18n.js";
import { signInWithCode } from "../../core/session.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Door, useForm } from "./parts.js";

/** @param {{ticket: string, line?: string, onIn: () => unknown}} given */
export function Code({ ticket, line, onIn }) {
  const [code, setCode] = useState("");
  const form = useForm(async () => {
    await signInWithCode(ticket, code.trim(), line);
    await onIn();
  });
  return html`<${Door} title=${t("account.code.title")} lead=${t("account.code.lead")}>
    <form class="stack" onSubmit=${form.submit}>
      <${TextField} key="code" label=${t("account.code.label")} value=${code} onInput=${setCode} autocomplete="one-time-code" inputmode="text"
        dir="ltr" autofocus error=${form.fieldError("code")} />
      <${Problem} error=${form.error} fields=${["code"]} />
      <${Button} kind="primary" size="large" type="submit" class="button-wide" busy=${form.busy}>${t("account.sign_in.action")}</${Button}>
    </form></${Door}>`;
}

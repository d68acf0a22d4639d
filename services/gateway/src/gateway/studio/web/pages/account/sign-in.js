// Signing in, with a code where the account asks for one; also the way into another product.
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { me, signIn } from "../../core/session.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Checkbox, PasswordField, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Code } from "./code.js";
import { Elsewhere } from "./elsewhere.js";
import { Door, nextOf, useForm } from "./parts.js";

const CONSENTS = [{ kind: "terms" }, { kind: "privacy" }];

/** @param {{query: URLSearchParams}} given */
export default function SignIn({ query }) {
  const line = query.get("line") ?? undefined;
  const [email, setEmail] = useState(me.value?.email ?? "");
  const [password, setPassword] = useState("");
  const [ticket, setTicket] = useState(/** @type {string | null} */ (null));
  const [agreed, setAgreed] = useState(false);

  useEffect(() => {
    if (me.value && !line) void go(nextOf(query), { replace: true });
  }, []);

  const form = useForm(async () => {
    const asked = await signIn(email, password, { line, ...(agreed ? { consents: CONSENTS } : {}) });
    if (asked) setTicket(asked);
    else await go(nextOf(query));
  });
  const product = line ? t(`common.line.${line}`) : null;
  const asksConsent = form.error?.code === "consent_needed" || agreed;

  if (ticket) return html`<${Code} ticket=${ticket} line=${line} onIn=${() => go(nextOf(query))} />`;
  return html`<${Door} title=${product ? t("account.sign_in.into", { product }) : t("account.sign_in.title")}
    lead=${product ? t("account.sign_in.line_note") : html`${t("account.new_here")} <a href=${href(`/sign-up?${query}`)}>${t("account.sign_up.action")}</a>`}>
    <form class="stack" onSubmit=${form.submit}>
      <${TextField} label=${t("account.email")} value=${email} onInput=${setEmail} autocomplete="username" name="email" dir="ltr" maxlength="255"
        error=${form.fieldError("email")} />
      <${PasswordField} label=${t("account.password")} value=${password} onInput=${setPassword} autocomplete="current-password" name="password"
        error=${form.fieldError("password")} />
      ${asksConsent && html`<${Checkbox} label=${t("account.agree")} checked=${agreed} onInput=${setAgreed} required />`}
      <${Problem} error=${form.error} fields=${["email", "password"]} />
      <${Button} kind="primary" size="large" type="submit" class="button-wide" busy=${form.busy}>${t("account.sign_in.action")}</${Button}>
      <p><a href=${href("/forgot-password")}>${t("account.forgot.link")}</a></p>
    </form>
    <${Elsewhere} query=${query} /></${Door}>`;
}

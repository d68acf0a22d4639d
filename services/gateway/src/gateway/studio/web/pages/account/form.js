// The form that opens an account; on the first page and on its own.
import { post } from "../../core/api.js";
import { language, t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { signIn } from "../../core/session.js";
import { draft, finish } from "../../core/store.js";
import { html, useState } from "../../core/view.js";
import { Button } from "../../ui/button.js";
import { Checkbox, PasswordField, TextField } from "../../ui/field.js";
import { Problem } from "../../ui/notice.js";
import { Elsewhere } from "./elsewhere.js";
import { nextOf, useForm } from "./parts.js";

const EMPTY = { name: "", email: "", agreed: false };
/** What messages and letters can be written in. */
const WRITTEN = ["en", "hi", "es", "fr", "de", "ja", "ko", "zh"];
const FIELDS = ["name", "email", "password", "consents"];

/** @param {{query: URLSearchParams}} given */
export function SignUpForm({ query }) {
  const kept = draft("sign-up", EMPTY);
  const [password, setPassword] = useState("");
  const line = query.get("line") ?? undefined;
  const set = (/** @type {Partial<typeof EMPTY>} */ change) => (kept.value = { ...kept.value, ...change });
  const form = useForm(async () => {
    const { name, email } = kept.value;
    const consents = [{ kind: "terms" }, { kind: "privacy" }];
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    await post(
      "/auth/register",
      {
        email,
        password,
        name: name || null,
        consents,
        language: WRITTEN.includes(language.value) ? language.value : "en",
        ...(zone ? { timezone: zone } : {}),
      },
      { open: true, headers: line ? { "X-Product-Line": line } : {} },
    );
    await signIn(email, password, { line, consents });
    finish("sign-up", EMPTY);
    await go(nextOf(query));
  });
  return html`<form class="stack" onSubmit=${form.submit}>
    <${TextField} label=${t("account.name")} value=${kept.value.name} onInput=${(/** @type {string} */ name) => set({ name })}
      autocomplete="name" name="name" maxlength="255" error=${form.fieldError("name")} />
    <${TextField} label=${t("account.email")} type="email" value=${kept.value.email} onInput=${(/** @type {string} */ email) => set({ email })}
      autocomplete="email" name="email" dir="ltr" maxlength="255" error=${form.fieldError("email")} />
    <${PasswordField} label=${t("account.password")} hint=${t("account.password_hint")} value=${password} onInput=${setPassword}
      autocomplete="new-password" name="password" minlength="8" error=${form.fieldError("password")} />
    <${Checkbox} label=${t("account.agree")} checked=${kept.value.agreed} onInput=${(/** @type {boolean} */ agreed) => set({ agreed })}
      required name="agreed" error=${form.fieldError("consents")} />
    <${Problem} error=${form.error} fields=${FIELDS} />
    <${Button} kind="primary" size="large" type="submit" class="button-wide" busy=${form.busy}>${t("account.sign_up.action")}</${Button}>
    <${Elsewhere} query=${query} agrees />
  </form>`;
}

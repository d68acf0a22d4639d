import { t } from "../../core/i18n.js";
import { href } from "../../core/router.js";
import { html } from "../../core/view.js";
import { SignUpForm } from "./form.js";
import { Door } from "./parts.js";

/** @param {{query: URLSearchParams}} given */
export default function SignUp({ query }) {
  return html`<${Door} title=${t("account.sign_up.title")}
    lead=${html`${t("account.have_one")} <a href=${href(`/sign-in?${query}`)}>${t("account.sign_in.action")}</a>`}>
    <${SignUpForm} query=${query} />
  </${Door}>`;
}

// The first page: what this is, and the form that opens an account.
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { me } from "../../core/session.js";
import { html, useEffect } from "../../core/view.js";
import { Skeleton } from "../../ui/states.js";
import { Icon } from "../../ui/icon.js";
import { SignUpForm } from "./form.js";

const STEPS = ["photo", "words", "video"];
const ICONS = ["image", "volume", "video"];

/** @param {{query: URLSearchParams}} given */
export default function Welcome({ query }) {
  useEffect(() => {
    if (me.value) void go("/videos", { replace: true });
  }, [me.value]);
  if (me.value) return html`<${Skeleton} />`;
  return html`<div class="welcome">
    <div class="stack-wide">
      <h1 class="hero" tabindex="-1">${t("account.welcome.head")}</h1>
      <p class="lead">${t("account.welcome.lead")}</p>
      <ol class="steps">${STEPS.map((step, at) => html`<li><span class="steps-icon"><${Icon} name=${ICONS[at]} /></span>
        <div><strong>${t(`account.welcome.${step}`)}</strong><p class="soft">${t(`account.welcome.${step}_note`)}</p></div></li>`)}</ol>
    </div>
    <section class="card" aria-labelledby="sign-up-title">
      <div class="stack-tight"><h2 id="sign-up-title">${t("account.sign_up.title")}</h2>
        <p class="soft">${t("account.have_one")} <a href=${href("/sign-in")}>${t("account.sign_in.action")}</a></p></div>
      <${SignUpForm} query=${query} />
    </section>
  </div>`;
}

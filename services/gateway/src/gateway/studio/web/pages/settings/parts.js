// What the pages of the settings share: the way between them, doing and saying so, what is shown once.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { t } from "../../core/i18n.js";
import { href, path } from "../../core/router.js";
import { line, me } from "../../core/session.js";
import { html, useEffect, useRef, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Head } from "../../ui/card.js";
import { Notice } from "../../ui/notice.js";
import { Empty } from "../../ui/states.js";
import { toast } from "../../ui/toast.js";
import { planName } from "../money/subscription.js";

const PAGES = ["profile", "security", "sessions", "keys", "webhooks", "told", "privacy"];
const PATHS = /** @type {Record<string, string>} */ ({ profile: "/settings", told: "/settings/notifications" });
const pathOf = (/** @type {string} */ page) => PATHS[page] ?? `/settings/${page}`;

/** @param {{page: string, actions?: any, children: any}} given `page` is one of the settings' */
export function Frame({ page, actions, children }) {
  const nav = useRef(/** @type {any} */ (null));
  useEffect(() => {
    // On a phone the row is wider than the window: where one is, is in sight.
    const at = nav.current.querySelector("[aria-current]");
    nav.current.scrollLeft += at.getBoundingClientRect().left - nav.current.getBoundingClientRect().left - (nav.current.clientWidth - at.clientWidth) / 2;
  }, []);
  return html`<div class="page">
    <${Head} title=${t(`settings.${page}.title`)} lead=${t(`settings.${page}.lead`)}>${actions}</${Head}>
    <div class="settings">
      <nav ref=${nav} class="settings-nav" aria-label=${t("settings.title")}>${PAGES.map((one) => html`<a href=${href(pathOf(one))}
        aria-current=${one === page ? (path.value === pathOf(one) ? "page" : "true") : undefined}>${t(`settings.${one}.title`)}</a>`)}</nav>
      <div class="stack">${children}</div>
    </div>
  </div>`;
}

/**
 * Do something, keep what went wrong, say what went well.
 * @returns {{error: any, busy: boolean, doing: (work: () => Promise<unknown>, said?: string) => Promise<boolean>, clear: () => void}}
 */
export function useDoing() {
  const [error, setError] = useState(/** @type {any} */ (null));
  const [busy, setBusy] = useState(false);
  const doing = async (/** @type {() => Promise<unknown>} */ work, /** @type {string | undefined} */ said) => {
    setError(null);
    setBusy(true);
    try {
      await work();
      if (said) toast(said);
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, doing, clear: () => setError(null) };
}

/** A secret that is shown now and never again. @param {{title: string, text: string, children: any, onDone: () => void}} given */
export function Once({ title, text, children, onDone }) {
  const value = [children].flat().join("\n");
  const shown = useRef(/** @type {any} */ (null));
  useEffect(() => shown.current.focus(), []);
  const copy = () => navigator.clipboard.writeText(value).then(() => toast(t("common.copied")), () => toast(t("settings.copy_by_hand")));
  return html`<${Notice} kind="good" title=${title}><p>${text}</p>
    <pre ref=${shown} class="secret" dir="ltr" tabindex="0" aria-label=${title}>${value}</pre>
    <div class="row"><${Button} size="small" kind="primary" onPress=${copy}>${t("common.copy")}</${Button}><${Button} size="small" onPress=${onDone}>${t("settings.kept")}</${Button}></div>
  </${Notice}>`;
}

/**
 * Whether the plan of the account comes with something; null while nobody knows.
 * @param {string} feature as plans name it
 * @returns {{has: boolean | null, plans: string[]}} and the plans that do
 */
export function useFeature(feature) {
  const found = useAsked(() => get("/billing/plans", { query: { product_line: line.value, per_page: 100 } }), []);
  const items = /** @type {any[]} */ (found.value?.items ?? []);
  const own = items.find((plan) => plan.plan_type === me.value?.plan_type);
  return { has: own ? Boolean(own.features[feature]) : null, plans: items.filter((plan) => plan.features[feature]).map((plan) => plan.plan_type) };
}

/** Says that the plan does not come with something, and the way to one that does. @param {{page: string, icon: string, plans: string[]}} given */
export function NotInPlan({ page, icon, plans }) {
  return html`<${Empty} icon=${icon} title=${t(`settings.${page}.not_in_plan`)}
    action=${plans.length > 0 && html`<${LinkButton} kind="primary" to="/money/plans">${t("settings.see_plans")}</${LinkButton}>`}>
    <p>${plans.length > 0 ? t(`settings.${page}.in_plans`, { plans: plans.map(planName).join(", ") }) : t("settings.in_no_plan")}</p></${Empty}>`;
}

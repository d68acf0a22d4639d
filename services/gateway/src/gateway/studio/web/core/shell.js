// Navigation, product, language, theme, credits: what stands around every page.
import { Dialog } from "../ui/dialog.js";
import { Icon } from "../ui/icon.js";
import { IconButton } from "../ui/button.js";
import { Menu } from "../ui/menu.js";
import { get } from "./api.js";
import { number } from "./format.js";
import { choose, language, languages, t } from "./i18n.js";
import { href, path } from "./router.js";
import { balance, isAdmin, line, LINES, me, signOut } from "./session.js";
import { theme, wear } from "./theme.js";
import { html, signal, useEffect, useState } from "./view.js";

/** Messages not read yet. @type {import("@preact/signals").Signal<number>} */
export const unread = signal(0);

/** Count them again. */
export async function countUnread() {
  const page = await get("/notifications", { query: { unread: true, per_page: 1 } }).catch(() => null);
  if (page) unread.value = page.total;
}

const GROUPS = ["make", "yours", "admin"];

function Brand() {
  return html`<a class="brand" href=${href("/")} aria-label=${t(`common.line.${line.value}`)}>
    <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9" fill="var(--accent)" />
      <circle cx="16" cy="13.200" r="5.200" fill="none" stroke="var(--on-accent)" stroke-width="2.200" />
      <path d="M7.500 24.500c2-3.600 5-5.200 8.500-5.200s6.500 1.600 8.500 5.200" fill="none" stroke="var(--on-accent)" stroke-width="2.200" stroke-linecap="round" /></svg>
    <span class="brand-name">${t(`common.line.${line.value}`)}</span></a>`;
}

function LanguageMenu() {
  return html`<${Menu} label=${t("common.language")} face=${html`<${Icon} name="globe" />`}
    items=${Object.entries(languages).map(([tag, { name }]) => ({ label: html`<bdi lang=${tag}>${name}</bdi>`, current: tag === language.value, onPress: () => choose(tag) }))} />`;
}

const THEMES = /** @type {const} */ (["system", "light", "dark"]);

/** @returns {import("../ui/menu.js").Item[]} */
const themeItems = () => THEMES.map((one) => ({ label: t(`common.theme.${one}`), current: theme.value === one, onPress: () => wear(one) }));

function ThemeMenu() {
  return html`<${Menu} label=${t("common.theme.label")} face=${html`<svg class="icon" width="20" height="20" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 4a8 8 0 1 0 0 16z" fill="currentColor" stroke="none" /><circle cx="12" cy="12" r="8" /></svg>`}
    items=${themeItems()} />`;
}

/** For who is not signed in, and for pages that letters lead to. @param {{children: any}} given */
export function OpenFrame({ children }) {
  return html`<div class="open">
    <a class="skip" href="#main">${t("common.skip")}</a>
    <header class="open-bar"><${Brand} /><div class="row"><${LanguageMenu} /><${ThemeMenu} /></div></header>
    <main id="main" tabindex="-1">${children}</main>
    <footer class="open-foot"><a href="/api/docs">${t("common.api")}</a></footer>
  </div>`;
}

/** @param {{rooms: import("./router.js").Room[], onGo?: () => void}} given */
function Navigation({ rooms, onGo }) {
  const entries = rooms.flatMap((room) => room.nav ?? []).filter((entry) => !entry.admin || isAdmin.value);
  const inside = (/** @type {string} */ start) => path.value === start || path.value.startsWith(`${start}/`);
  const best = entries.filter((entry) => inside(entry.path)).sort((one, other) => other.path.length - one.path.length)[0];
  return html`<nav class="nav" aria-label=${t("common.nav.label")}>
    ${GROUPS.map((group) => {
      const mine = entries.filter((entry) => (entry.group ?? "yours") === group);
      return mine.length > 0 && html`<div class="nav-title" id="nav-${group}">${t(`common.nav.${group}`)}</div>
        ${mine.map((entry) => html`<a href=${href(entry.path)} aria-current=${entry === best ? "page" : undefined} onClick=${onGo}>
          <${Icon} name=${entry.icon} /><span>${t(entry.label)}</span></a>`)}`;
    })}
  </nav>`;
}

function LineMenu() {
  return html`<${Menu} class="line-menu" label=${`${t("common.line.label")}: ${t(`common.line.${line.value}`)}`}
    face=${html`<span>${t(`common.line.${line.value}`)}</span><${Icon} name="chevron" size=${16} />`}
    head=${html`<p class="faint">${t("common.line.note")}</p>`}
    items=${LINES.map((one) => ({ label: t(`common.line.${one}`), current: one === line.value, to: one === line.value ? "/" : `/sign-in?line=${one}` }))} />`;
}

/** @param {{rooms: import("./router.js").Room[], children: any}} given */
export function Shell({ rooms, children }) {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => void countUnread(), []);
  const user = me.value;
  const name = user.name ?? user.username;
  const credits = balance.value?.available ?? user.credits;
  return html`<div class="shell">
    <a class="skip" href="#main">${t("common.skip")}</a>
    <div class="side"><${Brand} /><${Navigation} rooms=${rooms} /><div class="side-end"><${LineMenu} /></div></div>
    <header class="bar">
      <div class="bar-start"><${IconButton} label=${t("common.menu")} icon="menu" aria-expanded=${drawn} onPress=${() => setDrawn(true)} /><${Brand} /></div>
      <a class="credits" href=${href("/money")} title=${t("common.credits.title")}><${Icon} name="credits" />
        ${typeof credits === "number" ? t("common.credits.count", { count: credits }) : t("common.credits.none")}</a>
      <a class="bell" href=${href("/notifications")} aria-label=${t("common.notifications", { count: unread.value })}>
        <${Icon} name="bell" />${unread.value > 0 && html`<span class="count" aria-hidden="true">${number(unread.value)}</span>`}</a>
      <div class="bar-choices"><${LanguageMenu} /><${ThemeMenu} /></div>
      <${Menu} label=${t("common.account")} face=${html`<span class="face" aria-hidden="true">${[...name][0].toUpperCase()}</span>`}
        head=${html`<strong><bdi>${name}</bdi></strong><div class="faint"><bdi>${user.email}</bdi></div>`}
        items=${[
          { label: t("common.nav.settings"), icon: "settings", to: "/settings" },
          { label: t("common.sign_out"), icon: "user", onPress: signOut },
        ]} />
    </header>
    <main id="main" tabindex="-1">${children}</main>
    ${drawn && html`<${Dialog} side title=${t("common.menu")} onClose=${() => setDrawn(false)}>
      <div class="side"><${Navigation} rooms=${rooms} onGo=${() => setDrawn(false)} />
        <div class="side-end"><${LineMenu} /><div class="row"><${LanguageMenu} /><${ThemeMenu} /></div></div></div></${Dialog}>`}
  </div>`;
}

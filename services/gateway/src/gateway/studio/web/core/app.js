// The frame around the page, and who may see which page.
import { Toasts } from "../ui/toast.js";
import { Notice } from "../ui/notice.js";
import { Button } from "../ui/button.js";
import { Skeleton } from "../ui/states.js";
import { language, t } from "./i18n.js";
import { arrive, broken, go, place } from "./router.js";
import { me } from "./session.js";
import { OpenFrame, Shell } from "./shell.js";
import { html, useEffect, useRef } from "./view.js";

/** Pages of people who are not signed in yet that are of no use afterwards. */
const DOORS = ["/", "/sign-in", "/sign-up"];

/** @param {{rooms: import("./router.js").Room[]}} given */
export function App({ rooms }) {
  const now = place.value;
  const user = me.value;
  const first = useRef(true);
  const isShut = !now || (!now.route.open && !user);

  useEffect(() => {
    if (now && isShut && user === null) {
      void go(`/sign-in?next=${encodeURIComponent(now.path + location.search)}`, { replace: true });
    }
  }, [now, isShut, user]);

  const title = now ? t(now.route.title) : "";
  useEffect(() => {
    if (!now) return;
    document.title = title ? `${title} · TalkingPhoto` : "TalkingPhoto";
    // Who cannot see that the page changed is brought to its heading, which says so.
    if (!first.current) /** @type {HTMLElement | null} */ (document.querySelector("main h1"))?.focus();
    first.current = false;
  }, [now, title]);

  const page = broken.value
    ? html`<div class="page"><${Notice} kind="error" title=${t("common.error.page")}>
        <${Button} size="small" icon="redo" onPress=${arrive}>${t("common.again")}</${Button}></${Notice}></div>`
    : now && !isShut
      ? html`<${now.page} key=${now.path} params=${now.params} query=${now.query} />`
      : html`<div class="page"><${Skeleton} /></div>`;
  const isDoor = now !== null && now.route.open && (!user || (DOORS.includes(now.route.path) && now.query.has("line")));
  return html`<div lang=${language.value} class="app">
    ${isDoor || !user ? html`<${OpenFrame}>${page}</${OpenFrame}>` : html`<${Shell} rooms=${rooms}>${page}</${Shell}>`}
    <${Toasts} />
  </div>`;
}

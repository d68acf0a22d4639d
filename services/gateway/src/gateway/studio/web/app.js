// Starts the studio: language, session, page.
import { App } from "./core/app.js";
import { beginLanguage } from "./core/i18n.js";
import { arrive, routes } from "./core/router.js";
import { begin } from "./core/session.js";
import { html, render } from "./core/view.js";
import { rooms } from "./pages/index.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));

routes(rooms);
await Promise.all([beginLanguage(), begin().catch(() => null)]);
await arrive();
root.replaceChildren();
render(html`<${App} rooms=${rooms} />`, root);
// What is there answers from here on.
performance.mark("usable");

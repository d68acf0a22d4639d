import { room } from "../../core/i18n.js";
import { sheet } from "../../core/sheet.js";

// Plans are named here too.
const looks = () => Promise.all([sheet("settings"), room("money")]);

/** @type {import("../../core/router.js").Room} */
export default {
  name: "settings",
  nav: [{ path: "/settings", label: "common.nav.settings", icon: "settings", group: "yours" }],
  routes: [
    { path: "/settings", load: () => looks().then(() => import("./profile.js")), title: "settings.profile.title" },
    { path: "/settings/security", load: () => looks().then(() => import("./security.js")), title: "settings.security.title" },
    { path: "/settings/sessions", load: () => looks().then(() => import("./sessions.js")), title: "settings.sessions.title" },
    { path: "/settings/keys", load: () => looks().then(() => import("./keys.js")), title: "settings.keys.title" },
    { path: "/settings/webhooks", load: () => looks().then(() => import("./webhooks.js")), title: "settings.webhooks.title" },
    { path: "/settings/webhooks/:id", load: () => looks().then(() => import("./webhook.js")), title: "settings.webhooks.one" },
    { path: "/settings/notifications", load: () => looks().then(() => import("./notifications.js")), title: "settings.told.title" },
    { path: "/settings/privacy", load: () => looks().then(() => import("./privacy.js")), title: "settings.privacy.title" },
  ],
};

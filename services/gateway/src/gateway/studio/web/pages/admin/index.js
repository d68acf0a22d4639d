import { room } from "../../core/i18n.js";
import { sheet } from "../../core/sheet.js";

// It looks like the settings, and names what the rooms of money and videos name.
const looks = () => Promise.all([sheet("settings"), room("money"), room("videos")]);

/** @type {import("../../core/router.js").Room} */
export default {
  name: "admin",
  nav: [{ path: "/admin", label: "common.nav.platform", icon: "chart", group: "admin", admin: true }],
  routes: [
    { path: "/admin", load: () => looks().then(() => import("./overview.js")), title: "admin.overview.title" },
    { path: "/admin/providers", load: () => looks().then(() => import("./providers.js")), title: "admin.providers.title" },
    { path: "/admin/users", load: () => looks().then(() => import("./users.js")), title: "admin.users.title" },
    { path: "/admin/users/:id", load: () => looks().then(() => import("./user.js")), title: "admin.users.one" },
    { path: "/admin/money", load: () => looks().then(() => import("./money.js")), title: "admin.money.title" },
    { path: "/admin/letters", load: () => looks().then(() => import("./letters.js")), title: "admin.letters.title" },
    { path: "/admin/audit", load: () => looks().then(() => import("./audit.js")), title: "admin.audit.title" },
  ],
};

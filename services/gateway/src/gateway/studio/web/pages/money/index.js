import { sheet } from "../../core/sheet.js";

const looks = () => sheet("money");

/** @type {import("../../core/router.js").Room} */
export default {
  name: "money",
  nav: [{ path: "/money", label: "common.nav.money", icon: "credits", group: "yours" }],
  routes: [
    { path: "/money", load: () => looks().then(() => import("./overview.js")), title: "money.title" },
    { path: "/money/plans", load: () => looks().then(() => import("./plans.js")), title: "money.plans.title" },
    { path: "/money/statement", load: () => looks().then(() => import("./statement.js")), title: "money.statement.title" },
    { path: "/money/paid", load: () => import("./paid.js"), title: "money.paid.title" },
    // Where letters lead.
    { path: "/billing", load: () => import("./moved.js").then((moved) => ({ default: moved.ToMoney })), title: "money.title" },
    { path: "/plans", load: () => import("./moved.js").then((moved) => ({ default: moved.ToPlans })), title: "money.plans.title" },
  ],
};

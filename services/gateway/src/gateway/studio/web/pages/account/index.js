/** @type {import("../../core/router.js").Room} */
export default {
  name: "account",
  routes: [
    { path: "/", load: () => import("./welcome.js"), title: "account.welcome.title", open: true },
    { path: "/sign-in", load: () => import("./sign-in.js"), title: "account.sign_in.title", open: true },
    { path: "/sign-up", load: () => import("./sign-up.js"), title: "account.sign_up.title", open: true },
    { path: "/signed-in", load: () => import("./signed-in.js"), title: "account.elsewhere.title", open: true },
    { path: "/forgot-password", load: () => import("./forgot.js"), title: "account.forgot.title", open: true },
    { path: "/reset-password", load: () => import("./reset.js"), title: "account.reset.title", open: true },
    { path: "/verify-email", load: () => import("./verify.js"), title: "account.verify.title", open: true },
    { path: "/lost", load: () => import("./lost.js"), title: "account.lost.title", open: true },
  ],
};

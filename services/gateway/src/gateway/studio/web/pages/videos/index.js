import { sheet } from "../../core/sheet.js";
import { html } from "../../core/view.js";
import { InLine } from "../../making/line.js";

const looks = () => sheet("videos");

/**
 * A page of TalkingPhoto, where the session is in its line.
 * @param {string} path
 * @param {() => Promise<any>} page
 */
const inLine = (path, page) => async () => {
  const [module] = await Promise.all([page(), looks()]);
  const draw = (/** @type {any} */ given) => html`<${InLine} product="talkingphoto" room="videos" path=${path} icon="video"><${module.default} ...${given} /></${InLine}>`;
  return { default: draw };
};

/** @type {import("../../core/router.js").Room} */
export default {
  name: "videos",
  nav: [{ path: "/videos", label: "common.nav.videos", icon: "video", group: "make" }],
  routes: [
    { path: "/videos", load: inLine("/videos", () => import("./list.js")), title: "videos.list.title" },
    { path: "/videos/new", load: inLine("/videos/new", () => import("./new.js")), title: "videos.new.title" },
    { path: "/videos/:id", load: () => looks().then(() => import("./run.js")), title: "videos.run.title" },
    // Where letters lead.
    { path: "/create", load: inLine("/videos/new", () => import("./new.js")), title: "videos.new.title" },
    { path: "/workflows/:id", load: () => looks().then(() => import("./run.js")), title: "videos.run.title" },
  ],
};

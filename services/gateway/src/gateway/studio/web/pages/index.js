// Every room of pages, in the order of the navigation. A page is added in its room's own index.js, not here.
import account from "./account/index.js";
import admin from "./admin/index.js";
import clips from "./clips/index.js";
import film from "./film/index.js";
import library from "./library/index.js";
import money from "./money/index.js";
import pictures from "./pictures/index.js";
import settings from "./settings/index.js";
import videos from "./videos/index.js";

/** @type {import("../core/router.js").Room[]} */
export const rooms = [videos, clips, film, pictures, library, money, settings, account, admin];

// Addresses of letters, and where their pages are.
import { go } from "../../core/router.js";
import { html, useEffect } from "../../core/view.js";
import { Skeleton } from "../../ui/states.js";

/** @param {string} to */
const moved = (to) =>
  function Moved() {
    useEffect(() => void go(to, { replace: true }), []);
    return html`<div class="page"><${Skeleton} /></div>`;
  };

export const ToMoney = moved("/money");
export const ToPlans = moved("/money/plans");

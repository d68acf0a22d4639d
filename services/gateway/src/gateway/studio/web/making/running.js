// A run as it goes: how far it is, why it waits, and the way to stop it.
import { get, post } from "../core/api.js";
import { lasting } from "../core/format.js";
import { t } from "../core/i18n.js";
import { follow } from "../core/live.js";
import { html, useEffect, useRef, useState } from "../core/view.js";
import { Button } from "../ui/button.js";
import { Confirm } from "../ui/dialog.js";
import { Problem } from "../ui/notice.js";
import { Progress } from "../ui/states.js";

export const OVER = ["completed", "failed", "cancelled"];

/**
 * @param {{run: any, words: string, onOver: () => unknown}} given `words`: where `under_way.*` is
 */
export function Running({ run, words, onOver }) {
  const [now, setNow] = useState(/** @type {any} */ (run));
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState(/** @type {any} */ (null));
  const over = useRef(onOver);
  over.current = onOver;
  useEffect(() => {
    const look = () => get(`/workflows/${run.id}/status`);
    let told = false;
    const stop = follow(`/workflows/${run.id}/events`, {
      onEvent: (event) => {
        // Some events say only what has changed.
        setNow((/** @type {any} */ before) => ({ ...before, ...event, progress: Math.max(before.progress ?? 0, event.progress ?? 0) }));
        if (OVER.includes(event.status) && !told) {
          told = true;
          void over.current();
        }
      },
      isOver: (event) => OVER.includes(event.status),
      poll: look,
    });
    void look().then((status) => setNow((/** @type {any} */ before) => ({ ...before, ...status })), () => null);
    return stop;
  }, [run.id]);
  const left = now.seconds_left;
  const waits = now.waiting_for ?? now.message;
  const parts = waits?.split("; ").length ?? 0;
  const note = [parts > 2 ? t("making.run.parts", { count: parts }) : waits, typeof left === "number" && left >= 1 && t("making.run.left", { time: lasting(left) })].filter(Boolean);
  return html`<div class="stack">
    <${Progress} label=${t(`${words}.under_way.${now.status === "pending" ? "waits" : "works"}`)} value=${(now.progress ?? 0) / 100}
      note=${note.map((one) => html`<bdi>${one}</bdi> `)} />
    <div class="row-apart"><p class="faint">${t("making.run.may_leave")}</p>
      <${Button} size="small" onPress=${() => setAsking(true)} disabled=${now.cancelling}>${t("making.run.stop")}</${Button}></div>
    <${Problem} error=${error} />
    ${asking && html`<${Confirm} title=${t("making.run.stop_title")} text=${t("making.run.stop_text")} action=${t("making.run.stop")}
      onClose=${() => setAsking(false)}
      onDo=${async () => { setError(null); try { await post(`/workflows/${run.id}/cancel`); await over.current(); } catch (failure) { setError(failure); } }} />`}
  </div>`;
}

/** Why it failed and what to do next. @param {{run: any, onRetry: () => unknown}} given */
export function Failed({ run, onRetry }) {
  const [error, setError] = useState(/** @type {any} */ (null));
  const again = async () => {
    try {
      await post(`/workflows/${run.id}/retry`);
      await onRetry();
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<div class="notice notice-error" role="alert"><div>
    <p class="notice-title">${t(run.status === "cancelled" ? "making.run.cancelled" : "making.run.failed")}</p>
    ${run.error?.message && html`<p><bdi>${run.error.message}</bdi></p>`}
    <p>${t("making.run.nothing_paid")}</p>
    <${Button} size="small" icon="redo" onPress=${again}>${t("making.run.retry")}</${Button}>
    <${Problem} error=${error} /></div></div>`;
}

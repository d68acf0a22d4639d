// One run, from its order to its results: what happens, as it happens, and what came out.
import { get, newKey, post, remove } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { lasting, moment } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { follow } from "../../core/live.js";
import { go } from "../../core/router.js";
import { renewBalance } from "../../core/session.js";
import { html, useEffect, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Confirm } from "../../ui/dialog.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Badge, Progress, Skeleton } from "../../ui/states.js";
import { Tabs } from "../../ui/tabs.js";
import { toast } from "../../ui/toast.js";
import { Approval } from "./approval.js";
import { LOOKS } from "./list.js";
import { Rerun } from "./rerun.js";
import { Files, Stage } from "./result.js";
import { Steps } from "./steps.js";
import { Ordered, Timeline } from "./timeline.js";

const OVER = ["completed", "failed", "cancelled"];

/** @param {{params: Record<string, string>}} given */
export default function Run({ params: { id } }) {
  const run = useAsked(() => get(`/workflows/${id}`), [id]);
  const [news, setNews] = useState(/** @type {any} */ (null));
  const [link, setLink] = useState("live");
  const [asking, setAsking] = useState(/** @type {"cancel" | "delete" | "rerun" | null} */ (null));
  const [round, setRound] = useState(0);
  const [tab, setTab] = useState("files");
  const [failure, setFailure] = useState(/** @type {any} */ (null));
  const found = run.value;
  const isOver = found !== null && OVER.includes(found.status);

  // Clips have a page of their own; a film is shown here, and made anew where its plan is.
  const own = found?.workflow_type.startsWith("clip_") ? `/clips/${id}` : null;
  const isFilm = found?.workflow_type === "film_video";
  useEffect(() => {
    if (own) void go(own, { replace: true });
  }, [own]);

  useEffect(() => {
    if (!found || isOver || own) return undefined;
    return follow(`/workflows/${id}/events`, {
      onEvent: (event) => {
        setNews(event);
        const state = event.state ?? event.status;
        if (event.step_completed || event.approval || OVER.includes(state)) void run.again();
        if (OVER.includes(state)) void renewBalance();
      },
      isOver: (event) => OVER.includes(event.state ?? event.status),
      poll: () => get(`/workflows/${id}/status`),
      onState: setLink,
    });
  }, [id, found === null, isOver, round]);

  if (run.error && !found) {
    return html`<div class="page"><${Head} title=${t("videos.run.title")} /><${Problem} error=${run.error} onRetry=${run.again} />
      <p><${LinkButton} to="/videos">${t("videos.run.all")}</${LinkButton}></p></div>`;
  }
  if (!found || own) return html`<div class="page"><h1 class="hidden" tabindex="-1">${t("videos.run.title")}</h1><${Skeleton} block lines=${4} /></div>`;

  const act = async (/** @type {() => Promise<any>} */ work) => {
    setFailure(null);
    await work().then(() => run.again(), setFailure);
  };
  const cancel = () => act(async () => {
    const ended = await post(`/workflows/${id}/cancel`);
    toast(t("videos.run.cancelled", { count: ended.credits_released }));
    await renewBalance();
  });
  const retry = () => act(async () => {
    await post(`/workflows/${id}/retry`, undefined, { key: newKey() });
    setNews(null);
    setRound(round + 1);
  });
  const forget = () => act(async () => {
    await remove(`/workflows/${id}/files`);
    toast(t("videos.run.deleted"));
  });
  const tabs = [
    ...(found.status === "completed" ? [{ key: "files", label: t("videos.tab.files"), draw: () => html`<${Files} run=${found} />` }] : []),
    { key: "steps", label: t("videos.tab.steps"), draw: () => html`<${Steps} run=${found} />` },
    { key: "time", label: t("videos.tab.time"), draw: () => html`<${Timeline} id=${id} key=${found.updated_at} />` },
    { key: "order", label: t("videos.tab.order"), draw: () => html`<${Ordered} run=${found} />` },
  ];
  const at = tabs.some((one) => one.key === tab) ? tab : tabs[0].key;

  return html`<div class="page">
    <${Head} title=${html`<bdi>${found.title || t("videos.untitled")}</bdi>`}
      lead=${html`<${Badge} kind=${LOOKS[found.status]}>${t(`videos.status.${found.status}`)}</${Badge}> <span class="faint">${moment(found.created_at)}</span>`}>
      ${!isOver && html`<${Button} onPress=${() => setAsking("cancel")}>${t("common.cancel")}</${Button}>`}
      ${found.status === "completed" && !isFilm && html`<${Button} icon="redo" onPress=${() => setAsking("rerun")}>${t("videos.rerun.title")}</${Button}>`}
      ${found.status !== "completed" && isOver && html`<${Button} kind="primary" icon="redo" onPress=${retry}>${t("common.again")}</${Button}>`}
      ${isOver && Object.keys(found.results).length > 0 && html`<${Button} kind="quiet" icon="trash" aria-label=${t("videos.run.delete")} title=${t("videos.run.delete")} onPress=${() => setAsking("delete")} />`}
    </${Head}>
    <${Problem} error=${failure} />
    ${found.error && html`<${Notice} kind="error" title=${found.error.message}>
      <p>${found.error.retryable ? t("videos.run.try_again") : t("videos.run.change")}</p></${Notice}>`}
    ${!isOver && html`<${UnderWay} run=${found} news=${news} link=${link} />`}
    ${found.approval && html`<${Approval} run=${found} onDone=${run.again} />`}
    <div class=${found.status === "completed" ? "columns columns-even" : "columns"}>
      ${found.status === "completed" && html`<${Stage} run=${found} />`}
      <div class="card"><${Tabs} label=${t("videos.tab.label")} tabs=${tabs} value=${at} onChange=${setTab} />
        ${found.warnings.map((/** @type {string} */ warning) => html`<${Notice} kind="warning"><p><bdi>${warning}</bdi></p></${Notice}>`)}</div>
    </div>
    ${asking === "cancel" && html`<${Confirm} title=${t("videos.run.cancel")} text=${t("videos.run.cancel_text")} action=${t("videos.run.cancel_action")} onDo=${cancel} onClose=${() => setAsking(null)} />`}
    ${asking === "delete" && html`<${Confirm} title=${t("videos.run.delete")} text=${t("videos.run.delete_text")} action=${t("common.delete")} onDo=${forget} onClose=${() => setAsking(null)} />`}
    ${asking === "rerun" && html`<${Rerun} run=${found} onClose=${() => setAsking(null)} onMade=${(/** @type {string} */ made) => go(`/videos/${made}`)} />`}
  </div>`;
}

/** @param {{run: any, news: any, link: string}} given */
function UnderWay({ run, news, link }) {
  const part = news?.status?.progress ?? news?.progress ?? run.progress;
  const left = news?.seconds_left ?? run.seconds_left;
  const waits = news?.waiting_for ?? run.waiting_for;
  return html`<${Card}>
    <${Progress} label=${t(run.status === "pending" ? "videos.run.queued" : "videos.run.working")} value=${part / 100}
      note=${html`${waits && html`<bdi>${t("videos.run.waits", { what: waits })}</bdi> `}${left ? t("videos.run.left", { time: lasting(Math.max(1, left)) }) : ""}`} />
    <p class="faint" role="status">${link === "live" ? t("videos.run.leave") : t(`videos.run.${link}`)}</p>
  </${Card}>`;
}

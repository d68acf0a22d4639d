// A film: its pictures and sound where they are there, the plan it is made from, and what making the rest takes.
import { API, ApiError, get, newKey, patch, post, put } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { lasting } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { draft, finish } from "../../core/store.js";
import { renewBalance } from "../../core/session.js";
import { html, useMemo, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Facts, Head } from "../../ui/card.js";
import { Choices } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Notice, Problem } from "../../ui/notice.js";
import { Player } from "../../ui/player.js";
import { Failed, OVER, Running } from "../../making/running.js";
import { Badge, Skeleton } from "../../ui/states.js";
import { Tabs } from "../../ui/tabs.js";
import { save } from "../../making/saving.js";
import { LOOKS } from "./list.js";
import { Shots } from "./shots.js";
import { asProject, BLANK, SoundFields, WritingFields } from "./writing.js";

/** @param {{params: {id: string}}} given */
export default function One({ params }) {
  return html`<${InLine} product="filmstudio" room="film" path=${`/film/${params.id}`} icon="film"><${Film} id=${params.id} /></${InLine}>`;
}

/** @param {string} id */
async function known(id) {
  const [project, logs] = await Promise.all([get(`/projects/${id}`), get(`/projects/${id}/logs`, { query: { per_page: 50 } })]);
  const latest = logs.items.find((/** @type {any} */ one) => one.workflow_id)?.workflow_id ?? null;
  return { project, logs: logs.items, run: latest ? await get(`/workflows/${latest}`).catch(() => null) : null };
}

/** @param {string} id */
async function planned(id) {
  try {
    return await get(`/projects/${id}/plan`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return post(`/projects/${id}/plan`, {});
    throw error;
  }
}

/** @param {{id: string}} given */
function Film({ id }) {
  const asked = useAsked(() => known(id), [id]);
  const plan = useAsked(() => planned(id), [id]);
  const [tab, setTab] = useState("plan");
  if (!asked.value) {
    return html`<div class="page"><${Head} title=${t("film.one.title")} /><${Problem} error=${asked.error} onRetry=${asked.again} />
      ${!asked.error && html`<${Skeleton} block />`}</div>`;
  }
  const { project, run, logs } = asked.value;
  const isGoing = run !== null && !OVER.includes(run.status);
  const again = async () => {
    await Promise.all([asked.again(), plan.again(), renewBalance()]);
  };
  const canEdit = project.right !== "view";
  return html`<div class="page">
    <${Head} title=${html`<bdi>${project.title}</bdi>`} lead=${html`<${Badge} kind=${LOOKS[project.status]}>${t(`film.status.${project.status}`)}</${Badge}>`} />
    ${isGoing && html`<${Card}><${Running} key=${run.id} run=${run} words="film" onOver=${again} /></${Card}>`}
    ${run !== null && run.status === "failed" && html`<${Failed} run=${run} onRetry=${again} />`}
    ${project.video_url && html`<${Watch} project=${project} run=${run} />`}
    <${Tabs} label=${t("film.one.views")} value=${tab} onChange=${setTab} tabs=${[
      { key: "plan", label: t("film.plan.tab"), draw: () => html`<${Plan} project=${project} plan=${plan} isGoing=${isGoing} canEdit=${canEdit} onEdited=${asked.again} onChanged=${again} />` },
      { key: "script", label: t("film.script.tab"), draw: () => html`<${Script} project=${project} isGoing=${isGoing} canEdit=${canEdit} onSaved=${again} />` },
      { key: "account", label: t("film.account.tab"), draw: () => html`<${Account} run=${run} logs=${logs} />` },
    ]} />
  </div>`;
}

/** @param {{project: any, run: any}} given */
function Watch({ project, run }) {
  const captions = project.subtitles_url && { src: project.subtitles_url, language: run?.input.language ?? "en", label: t("film.one.subtitles") };
  const files = run?.status === "completed" ? Object.keys(run.results).filter((name) => name !== "video") : [];
  return html`<${Card}>
    <${Player} src=${project.video_url} label=${project.title} captions=${captions} />
    <div class="row">
      ${run?.status === "completed" ? html`<${Button} kind="primary" icon="download" onPress=${() => save(run.id, "video")}>${t("film.one.download")}</${Button}>
        ${files.filter((name) => ["srt", "vtt"].includes(name)).map((name) => html`<${Button} key=${name} icon="download" onPress=${() => save(run.id, name)}>${t("film.one.file", { name: name.toUpperCase() })}</${Button}>`)}`
        : html`<${LinkButton} icon="download" href=${project.video_url} download>${t("film.one.download")}</${LinkButton}>`}
    </div>
  </${Card}>`;
}

/** @param {{project: any, plan: any, isGoing: boolean, canEdit: boolean, onEdited: () => Promise<unknown>, onChanged: () => Promise<unknown>}} given */
function Plan({ project, plan, isGoing, canEdit, onEdited, onChanged }) {
  const [error, setError] = useState(/** @type {any} */ (null));
  const orders = useMemo(() => draft(`film.order.${project.id}`, { key: "" }), [project.id]);
  const now = plan.value;
  if (!now) return html`<div><${Problem} error=${plan.error} onRetry=${plan.again} />${!plan.error && html`<${Skeleton} lines=${6} />`}</div>`;
  /** @param {() => Promise<any>} ask */
  const change = async (ask) => {
    setError(null);
    try {
      plan.set(await ask());
      // The project's script changes with a shot's text.
      await onEdited();
    } catch (failure) {
      setError(failure);
      // Somebody else was quicker, or another window: what is there now is shown.
      if (failure instanceof ApiError && failure.status === 409) await plan.again();
    }
  };
  const look = (/** @type {Record<string, unknown>} */ what) => change(() => patch(`/projects/${project.id}/plan`, { ...what, version: now.version }));
  const order = async () => {
    setError(null);
    if (!orders.value.key) orders.value = { key: newKey() };
    try {
      await post(`/projects/${project.id}/generate`, { max_credits: now.credits }, { key: orders.value.key });
      finish(`film.order.${project.id}`, { key: "" });
      await onChanged();
    } catch (failure) {
      // A refused order may be placed anew once its reason is gone.
      if (failure instanceof ApiError && failure.status > 0) orders.value = { key: "" };
      setError(failure);
    }
  };
  const total = now.scenes.reduce((/** @type {number} */ sum, /** @type {any} */ scene) => sum + scene.shots.length, 0);
  return html`<div class="columns columns-side columns-sticky">
    <div class="stack">
      ${now.outdated && html`<${Notice} kind="warning" title=${t("film.plan.outdated")}>
        <${Button} size="small" icon="redo" onPress=${() => change(() => post(`/projects/${project.id}/plan`, {}))}>${t("film.plan.again")}</${Button}></${Notice}>`}
      <${Shots} plan=${now} project=${project} canEdit=${canEdit && !isGoing} change=${change} />
    </div>
    <div class="stack">
      <${Card} title=${t("film.plan.takes")}>
        <${Facts} rows=${[
          [t("film.plan.minutes"), t("film.plan.minutes_of", { count: now.minutes })],
          [t("film.plan.to_make"), t("film.plan.to_make_of", { count: now.to_make, total })],
          [t("film.plan.credits"), t("film.plan.credits_of", { count: now.credits })],
          [t("film.plan.time"), lasting(now.estimated_time)],
        ]} />
        ${now.advice.length > 0 && html`<${Notice} kind="warning" title=${t("film.plan.advice")}>${now.advice.map((/** @type {string} */ one) => html`<p key=${one}><bdi>${one}</bdi></p>`)}</${Notice}>`}
        <${Problem} error=${error} />
        ${canEdit && html`<${Button} kind="primary" size="large" class="button-wide" disabled=${isGoing || (now.to_make === 0 && project.video_url !== null && !isStale(now))} onPress=${order}>
          ${t(project.video_url ? "film.plan.make_rest" : "film.plan.make")}</${Button}>`}
        <p class="faint">${t(now.to_make === 0 && project.video_url ? "film.plan.all_there" : "film.plan.agreed")}</p>
      </${Card}>
      ${canEdit && html`<${Card} title=${t("film.look.title")}>
        <${Choices} label=${t("film.look.definition")} name="definition" class="choices-three" value=${now.definition} onInput=${(/** @type {string} */ definition) => look({ definition })}
          options=${["draft", "standard", "high"].map((value) => ({ value, label: t(`film.look.${value}`) }))} />
        <${Choices} label=${t("film.look.aspect")} name="aspect" class="choices-three" value=${now.aspect} onInput=${(/** @type {string} */ aspect) => look({ aspect })}
          options=${["16:9", "9:16", "1:1"].map((value) => ({ value, label: html`<bdi>${value}</bdi>` }))} />
        <${Choices} label=${t("film.look.captions")} name="captions" value=${now.captions} onInput=${(/** @type {string} */ captions) => look({ captions })}
          options=${["files", "burned"].map((value) => ({ value, label: t(`film.look.${value}`) }))} />
        <${Choices} label=${t("film.look.imagery")} name="imagery" class="choices-three" value=${now.imagery} onInput=${(/** @type {string} */ imagery) => look({ imagery })}
          options=${["words", "pictures", "clips"].map((value) => ({ value, label: t(`film.look.${value}`) }))} />
      </${Card}>`}
    </div>
  </div>`;
}

/** @param {any} plan */
const isStale = (plan) => plan.artefacts.some((/** @type {any} */ one) => one.state !== "current");

/** @param {{project: any, isGoing: boolean, canEdit: boolean, onSaved: () => Promise<unknown>}} given */
function Script({ project, isGoing, canEdit, onSaved }) {
  const name = `film.script.${project.id}`;
  // Not the project's own version: that stays when a shot is edited, and the script with it.
  const version = JSON.stringify(asWritten(project));
  const kept = useMemo(() => draft(name, { ...BLANK, ...asWritten(project), version }), [name]);
  const [error, setError] = useState(/** @type {any} */ (null));
  const writing = kept.value.version === version ? kept.value : { ...kept.value, ...asWritten(project), version };
  const set = (/** @type {any} */ change) => { kept.value = { ...writing, ...change }; };
  const store = async () => {
    setError(null);
    try {
      await put(`/projects/${project.id}`, asProject(writing));
      await post(`/projects/${project.id}/plan`, {});
      await onSaved();
    } catch (failure) {
      setError(failure);
    }
  };
  return html`<div class="columns columns-side columns-sticky">
    <${WritingFields} writing=${writing} set=${set} error=${error} />
    <${Card} title=${t("film.new.sound")}>
      <${SoundFields} writing=${writing} set=${set} error=${error} />
      <${Problem} error=${error} fields=${["title", "script", "images", "duration", "music"]} />
      ${canEdit && html`<${Button} kind="primary" size="large" class="button-wide" disabled=${isGoing || !writing.script.trim()} onPress=${store}>${t("film.script.save")}</${Button}>
        <p class="faint">${t("film.script.save_note")}</p>`}
    </${Card}>
  </div>`;
}

/** @param {any} project */
const asWritten = (project) => ({
  title: project.title,
  script: project.script ?? "",
  images: project.images.map((/** @type {string} */ id, /** @type {number} */ at) => ({ id, name: t("film.pictures.number", { number: at + 1 }) })),
  minutes: String(project.duration ?? 1),
  voice: project.voice ?? "neutral",
  music: project.music ?? "",
});

/** @param {{run: any, logs: any[]}} given */
function Account({ run, logs }) {
  return html`<div class="columns columns-even">
    <${Card} title=${t("film.account.credits")}>
      ${run ? html`<${Facts} rows=${[
        [t("film.account.held"), t("film.plan.credits_of", { count: run.credits.held })],
        [t("film.account.spent"), t("film.plan.credits_of", { count: run.credits.captured })],
        [t("film.account.returned"), t(run.credits.returned ? "film.account.yes" : "film.account.no")],
      ]} />` : html`<p class="soft">${t("film.account.nothing")}</p>`}
      <div class="row"><${LinkButton} icon="download" href=${`${API}/billing/statement`} download="statement.csv">${t("film.account.statement")}</${LinkButton}></div>
    </${Card}>
    <${Card} title=${t("film.account.log")}>
      <ol class="log">${logs.map((one) => html`<li key=${one.id}><time class="faint" datetime=${one.timestamp}>${new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" }).format(new Date(one.timestamp))}</time>
        <bdi>${one.message}</bdi></li>`)}</ol>
    </${Card}>
  </div>`;
}

// Say what is to be seen; what came of it and of all before, newest first.
import { get } from "../../core/api.js";
import { useAsked } from "../../core/asked.js";
import { ago } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go, href } from "../../core/router.js";
import { draft } from "../../core/store.js";
import { upload } from "../../core/upload.js";
import { html, useEffect, useMemo, useRef, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { Dropzone } from "../../ui/dropzone.js";
import { Choices, Select, TextArea, TextField } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { Badge, Empty, Progress, Skeleton } from "../../ui/states.js";
import { Pager } from "../../ui/table.js";
import { fitted } from "../videos/picture.js";
import { isOver, order, pictureOf, resultOf, useJob } from "./jobs.js";

const BLANK = { prompt: "", negative: "", size: "1024x1024", count: "1", seed: "", project: "", key: "" };
const SIZES = ["1024x1024", "1024x1536", "1536x1024"];
const PER_PAGE = 24;

/** @param {{query: URLSearchParams}} given */
export default function Gallery({ query }) {
  return html`<${InLine} product="pixie" room="pictures" path="/pictures" icon="image"><${Room} page=${Number(query.get("page") ?? 1)} /></${InLine}>`;
}

/** @param {{page: number}} given */
function Room({ page }) {
  const jobs = useAsked(() => get("/ai/jobs", { query: { page, per_page: PER_PAGE } }), [page]);
  const pictures = jobs.value?.items.filter((/** @type {any} */ job) => job.job_type.startsWith("image_") && !job.workflow_id) ?? [];
  return html`<div class="page">
    <${Head} title=${t("pictures.gallery.title")} lead=${t("pictures.gallery.lead")}>
      <${LinkButton} icon="folder" to="/pictures/projects">${t("pictures.projects.title")}</${LinkButton}></${Head}>
    <${Wish} onOrdered=${jobs.again} />
    <section class="stack" aria-labelledby="made">
      <h2 id="made">${t("pictures.gallery.made")}</h2>
      <${Problem} error=${jobs.error} onRetry=${jobs.again} />
      ${!jobs.value && !jobs.error && html`<${Skeleton} block />`}
      ${jobs.value && pictures.length === 0 && html`<${Empty} icon="image" title=${t("pictures.gallery.empty")}><p>${t("pictures.gallery.empty_text")}</p></${Empty}>`}
      <ul class="tiles">${pictures.map((/** @type {any} */ job) => html`<li key=${job.id}><${Tile} job=${job} /></li>`)}</ul>
      ${jobs.value && html`<${Pager} page=${page} perPage=${PER_PAGE} total=${jobs.value.total} onPage=${(/** @type {number} */ next) => go(`/pictures?page=${next}`)} />`}
    </section>
  </div>`;
}

/** @param {{onOrdered: () => Promise<void>}} given */
function Wish({ onOrdered }) {
  const kept = useMemo(() => draft("pictures.new", BLANK), []);
  const [error, setError] = useState(/** @type {any} */ (null));
  const [going, setGoing] = useState(/** @type {{name: string, part: number} | null} */ (null));
  const wish = kept.value;
  const set = (/** @type {Partial<typeof BLANK>} */ change) => { kept.value = { ...kept.value, ...change, key: "" }; };
  const make = async () => {
    setError(null);
    const pass = { key: kept.value.key };
    try {
      const made = order("generate", {
        prompt: wish.prompt.trim(), negative_prompt: wish.negative.trim(), size: wish.size, count: Number(wish.count), seed: wish.seed ? Number(wish.seed) : undefined, project_id: wish.project,
      }, pass);
      kept.value = { ...kept.value, key: pass.key };
      await made;
      // The words stay: most pictures are made by changing them a little.
      kept.value = { ...kept.value, key: "" };
      await onOrdered();
    } catch (failure) {
      kept.value = { ...kept.value, key: pass.key };
      setError(failure);
    }
  };
  const bring = async (/** @type {File[]} */ files) => {
    setError(null);
    try {
      setGoing({ name: files[0].name, part: 0 });
      const sent = await upload((await fitted(files[0])).file, { onProgress: (part) => setGoing({ name: files[0].name, part }) });
      await go(`/pictures/edit?file=${sent.id}`);
    } catch (failure) {
      setError(failure);
    } finally {
      setGoing(null);
    }
  };
  const wrong = error?.fields ?? {};
  return html`<div class="columns columns-side">
    <${Card} title=${t("pictures.new.title")}>
      <${TextArea} label=${t("pictures.new.prompt")} hint=${t("pictures.new.prompt_hint")} rows=${3} dir="auto" maxlength="4000" value=${wish.prompt} error=${wrong.prompt}
        onInput=${(/** @type {string} */ prompt) => set({ prompt })} />
      <${Choices} label=${t("pictures.new.size")} name="size" class="choices-three" value=${wish.size} onInput=${(/** @type {string} */ size) => set({ size })}
        options=${SIZES.map((value) => ({ value, label: t(`pictures.size.${value}`) }))} />
      <details class="more"><summary>${t("pictures.new.more")}</summary><div class="stack">
        <${TextField} label=${t("pictures.new.negative")} optional dir="auto" value=${wish.negative} maxlength="4000" error=${wrong.negative_prompt} onInput=${(/** @type {string} */ negative) => set({ negative })} />
        <div class="pair">
          <${Select} label=${t("pictures.new.count")} value=${wish.count} onInput=${(/** @type {string} */ count) => set({ count })} options=${["1", "2", "3", "4"].map((value) => ({ value, label: t("pictures.new.count_of", { count: Number(value) }) }))} />
          <${TextField} label=${t("pictures.new.seed")} optional inputmode="numeric" dir="ltr" value=${wish.seed} error=${wrong.seed} onInput=${(/** @type {string} */ seed) => set({ seed: seed.replace(/\D/g, "") })} />
        </div>
        <${ProjectChoice} value=${wish.project} onInput=${(/** @type {string} */ project) => set({ project })} />
      </div></details>
      <${Problem} error=${error} fields=${["prompt", "negative_prompt", "seed"]} />
      <div class="row"><${Button} kind="primary" size="large" icon="image" disabled=${!wish.prompt.trim()} onPress=${make}>${t("pictures.new.make")}</${Button}></div>
    </${Card}>
    <${Card} title=${t("pictures.new.yours")}>
      ${going ? html`<${Progress} label=${t("pictures.new.going", { name: going.name })} value=${going.part} />`
        : html`<${Dropzone} label=${t("pictures.new.drop")} hint=${t("pictures.new.drop_hint")} accept="image/*" onFiles=${bring} />`}
    </${Card}>
  </div>`;
}

/** Into which project what is made goes. @param {{value: string, onInput: (id: string) => void}} given */
export function ProjectChoice({ value, onInput }) {
  const projects = useAsked(() => get("/projects", { query: { product_line: "pixie", per_page: 100, fields: "id,title" } }), []);
  return html`<${Select} label=${t("pictures.new.project")} value=${value} onInput=${onInput}
    options=${[{ value: "", label: t("pictures.new.no_project") }, ...(projects.value?.items ?? []).map((/** @type {any} */ one) => ({ value: one.id, label: one.title }))]} />`;
}

/** @param {{job: any}} given */
function Tile({ job }) {
  const live = useJob(isOver(job.status) ? null : job.id);
  const status = live.status?.status ?? job.status;
  const box = useRef(/** @type {any} */ (null));
  const [picture, setPicture] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (status !== "completed") return undefined;
    // Only what is looked at is asked for.
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      resultOf(job.id).then((result) => setPicture(pictureOf(result)), () => null);
    }, { rootMargin: "200px" });
    seen.observe(box.current);
    return () => seen.disconnect();
  }, [status, job.id]);
  const name = `${t(`pictures.kind.${job.job_type}`)} · ${ago(job.created_at)}`;
  return html`<a class="tile" ref=${box} href=${href(`/pictures/${job.id}`)}>
    <span class="tile-picture">${picture ? html`<img src=${picture.url} alt="" loading="lazy" />` : status === "completed" ? null
      : html`<${Badge} kind=${status === "failed" ? "bad" : isOver(status) ? "calm" : "busy"}>${t(`making.status.${status}`)}</${Badge}>`}</span>
    <span class="faint">${name}</span></a>`;
}

// Change a part of a picture by words: the part is painted, or given by numbers.
import { useAsked } from "../../core/asked.js";
import { number } from "../../core/format.js";
import { t } from "../../core/i18n.js";
import { go } from "../../core/router.js";
import { draft, finish } from "../../core/store.js";
import { upload } from "../../core/upload.js";
import { html, useEffect, useMemo, useRef, useState } from "../../core/view.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Card, Head } from "../../ui/card.js";
import { TextArea, TextField } from "../../ui/field.js";
import { InLine } from "../../making/line.js";
import { Problem } from "../../ui/notice.js";
import { Empty, Skeleton } from "../../ui/states.js";
import { linkTo, order, sourceOf } from "./jobs.js";

/** Strokes and rectangles in parts of the picture, so that they fit it at any size. @typedef {{kind: "stroke", width: number, points: [number, number][]} | {kind: "box", x: number, y: number, width: number, height: number}} Mark */

const BLANK = { prompt: "", marks: /** @type {Mark[]} */ ([]), key: "" };
const BOX = { x: "25", y: "25", width: "50", height: "50" };

/** @param {{query: URLSearchParams}} given */
export default function Paint({ query }) {
  return html`<${InLine} product="pixie" room="pictures" path=${`/pictures/paint?${query}`} icon="image"><${Painter} query=${query} /></${InLine}>`;
}

/** @param {CanvasRenderingContext2D} context @param {Mark[]} marks @param {string} colour */
function draw(context, marks, colour) {
  const { width, height } = context.canvas;
  context.fillStyle = context.strokeStyle = colour;
  context.lineCap = context.lineJoin = "round";
  for (const mark of marks) {
    if (mark.kind === "box") {
      context.fillRect(mark.x * width, mark.y * height, mark.width * width, mark.height * height);
      continue;
    }
    context.lineWidth = mark.width * width;
    context.beginPath();
    for (const [x, y] of mark.points) context.lineTo(x * width, y * height);
    // A single touch is a dot.
    if (mark.points.length === 1) context.lineTo(mark.points[0][0] * width + 0.1, mark.points[0][1] * height);
    context.stroke();
  }
}

/** The mask as a file: white where something is to change. @param {Mark[]} marks @param {number} width @param {number} height */
async function masked(marks, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  draw(context, marks, "#fff");
  const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, "image/png"));
  return new File([/** @type {Blob} */ (blob)], "mask.png", { type: "image/png" });
}

/** @param {{query: URLSearchParams}} given */
function Painter({ query }) {
  const source = sourceOf(query);
  const id = source.job_id ?? source.file_id ?? "";
  const name = `pictures.paint.${id}`;
  const kept = useMemo(() => draft(name, BLANK), [name]);
  const picture = useAsked(() => linkTo(source), [id]);
  const [size, setSize] = useState(/** @type {{width: number, height: number} | null} */ (null));
  const [brush, setBrush] = useState(0.06);
  const [box, setBox] = useState(BOX);
  const [error, setError] = useState(/** @type {any} */ (null));
  const canvas = useRef(/** @type {any} */ (null));
  const stroke = useRef(/** @type {Mark | null} */ (null));
  const { prompt, marks } = kept.value;
  const set = (/** @type {Partial<typeof BLANK>} */ change) => { kept.value = { ...kept.value, ...change, key: "" }; };

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !size) return;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    draw(context, marks, "#0f766e");
  }, [marks, size]);

  const place = (/** @type {PointerEvent} */ event) => {
    const area = canvas.current.getBoundingClientRect();
    return /** @type {[number, number]} */ ([(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height]);
  };
  const down = (/** @type {PointerEvent} */ event) => {
    canvas.current.setPointerCapture(event.pointerId);
    stroke.current = { kind: "stroke", width: brush, points: [place(event)] };
    draw(canvas.current.getContext("2d"), [stroke.current], "#0f766e");
  };
  const moved = (/** @type {PointerEvent} */ event) => {
    if (stroke.current?.kind !== "stroke") return;
    stroke.current.points.push(place(event));
    draw(canvas.current.getContext("2d"), [{ ...stroke.current, points: stroke.current.points.slice(-2) }], "#0f766e");
  };
  const up = () => {
    if (stroke.current) set({ marks: [...marks, stroke.current] });
    stroke.current = null;
  };
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map((one) => Number(one) / 100);
  const isBox = [x, y, width, height].every((one) => one >= 0 && one <= 1) && width > 0 && height > 0;
  const make = async () => {
    if (!size) return;
    setError(null);
    const pass = { key: kept.value.key };
    try {
      const mask = marks.length ? await upload(await masked(marks, size.width, size.height)) : null;
      const made = await order("edit", { ...source, prompt: prompt.trim(), mask_file_id: mask?.id }, pass);
      finish(name, BLANK);
      await go(`/pictures/${made.job_id}`);
    } catch (failure) {
      setError(failure);
    }
  };
  if (!id) return html`<div class="page"><${Head} title=${t("pictures.paint.title")} /><${Empty} icon="image" title=${t("pictures.edit.nothing")} action=${html`<${LinkButton} to="/pictures">${t("pictures.one.all")}</${LinkButton}>`} /></div>`;
  return html`<div class="page">
    <${Head} title=${t("pictures.paint.title")} lead=${t("pictures.paint.lead")} />
    <div class="columns columns-side columns-sticky editor">
      <div class="card">
        <${Problem} error=${picture.error} onRetry=${picture.again} />
        ${picture.value ? html`<div class="painting"><img src=${picture.value} alt=${t("pictures.one.alt")}
            onLoad=${(/** @type {any} */ event) => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })} />
          ${size && html`<canvas ref=${canvas} width=${size.width} height=${size.height} role="img" aria-label=${t("pictures.paint.canvas", { count: marks.length })}
            onPointerDown=${down} onPointerMove=${moved} onPointerUp=${up} onPointerCancel=${up}></canvas>`}</div>` : !picture.error && html`<${Skeleton} block />`}
        <div class="row-apart">
          <label class="brush"><span>${t("pictures.paint.brush")}</span><input type="range" min="0.01" max="0.25" step="0.01" value=${brush} onInput=${(/** @type {any} */ event) => setBrush(Number(event.currentTarget.value))} /></label>
          <div class="row"><${Button} size="small" icon="redo" class="turned" disabled=${marks.length === 0} onPress=${() => set({ marks: marks.slice(0, -1) })}>${t("common.undo")}</${Button}>
            <${Button} size="small" icon="close" disabled=${marks.length === 0} onPress=${() => set({ marks: [] })}>${t("pictures.paint.clear")}</${Button}></div>
        </div>
        <p class="faint" role="status">${marks.length ? t("pictures.paint.marked", { count: marks.length }) : t("pictures.paint.whole")}</p>
      </div>
      <div class="stack">
        <${Card} title=${t("pictures.paint.change")}>
          <${TextArea} label=${t("pictures.paint.prompt")} rows=${3} dir="auto" maxlength="4000" value=${prompt} error=${error?.fields?.prompt} onInput=${(/** @type {string} */ words) => set({ prompt: words })} />
          <${Problem} error=${error} fields=${["prompt"]} />
          <${Button} kind="primary" size="large" class="button-wide" disabled=${!prompt.trim() || !size} onPress=${make}>${t("pictures.paint.make")}</${Button}>
        </${Card}>
        <${Card} title=${t("pictures.paint.by_numbers")}>
          <p class="soft">${t("pictures.paint.numbers_hint")}</p>
          <div class="pair">${["x", "y", "width", "height"].map((side) => html`<${TextField} key=${side} label=${t(`pictures.paint.${side}`)} type="number" min="0" max="100" value=${/** @type {any} */ (box)[side]}
            onInput=${(/** @type {string} */ value) => setBox({ ...box, [side]: value })} />`)}</div>
          <${Button} icon="add" disabled=${!isBox} onPress=${() => set({ marks: [...marks, { kind: "box", x, y, width: Math.min(width, 1 - x), height: Math.min(height, 1 - y) }] })}>
            ${t("pictures.paint.mark", { width: number(width * 100), height: number(height * 100) })}</${Button}>
        </${Card}>
      </div>
    </div>
  </div>`;
}

// Orders of pictures: what is placed, how it goes, what came of it.
import { get, newKey, post } from "../../core/api.js";
import { renewBalance } from "../../core/session.js";
import { useEffect, useRef, useState } from "../../core/view.js";

export const KINDS = ["image_generation", "image_edit", "image_upscale", "image_variations", "image_enhancement", "background"];
const OVER = ["completed", "failed", "cancelled"];
const LOOK_MS = 1500;

/** @param {string} status */
export const isOver = (status) => OVER.includes(status);

/** @type {Map<string, Promise<any>>} what jobs made; it never changes, its links hold for a day */
const results = new Map();

/** @param {string} id @returns {Promise<any>} */
export function resultOf(id) {
  const known = results.get(id);
  if (known) return known;
  const asked = get(`/ai/jobs/${id}/result`);
  asked.catch(() => results.delete(id));
  results.set(id, asked);
  return asked;
}

/** The picture of a result: what was put back where an edit went too far has a place of its own. @param {any} result */
export const pictureOf = (result) => result.outputs.image ?? Object.values(result.outputs).find((/** @type {any} */ one) => one.mime_type.startsWith("image/")) ?? null;

/**
 * Place an order once, however often it is pressed while nothing answers.
 * @param {string} what the last part of its path
 * @param {Record<string, unknown>} body
 * @param {{key: string}} kept keeps the key of an order that was not answered
 * @returns {Promise<any>}
 */
export async function order(what, body, kept) {
  kept.key ||= newKey();
  const clean = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== "" && value !== null));
  try {
    const accepted = await post(what.startsWith("/api/") ? what : `/ai/image/${what}`, clean, { key: kept.key });
    kept.key = "";
    return accepted;
  } catch (error) {
    if (/** @type {any} */ (error).status) kept.key = "";
    throw error;
  }
}

/**
 * How a job is, looked at until it is over.
 * @param {string | null} id
 * @returns {{status: any, result: any, error: any}}
 */
export function useJob(id) {
  const [now, setNow] = useState(/** @type {{status: any, result: any, error: any}} */ ({ status: null, result: null, error: null }));
  const mine = useRef(0);
  useEffect(() => {
    const turn = ++mine.current;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    setNow({ status: null, result: null, error: null });
    const look = async () => {
      if (!id) return;
      try {
        const status = await get(`/ai/jobs/${id}/status`);
        const result = status.status === "completed" ? await resultOf(id) : null;
        if (turn !== mine.current) return;
        setNow({ status, result, error: null });
        if (isOver(status.status)) void renewBalance();
        else timer = setTimeout(look, LOOK_MS);
      } catch (error) {
        if (turn !== mine.current) return;
        setNow((before) => ({ ...before, error }));
        // What cannot be reached now may be there again; what is not ours or gone never is.
        if (![403, 404, 410].includes(/** @type {any} */ (error).status)) timer = setTimeout(look, 2 * LOOK_MS);
      }
    };
    void look();
    return () => {
      mine.current += 1;
      clearTimeout(timer);
    };
  }, [id]);
  return now;
}

/**
 * What an edit begins from, as its address names it: a job's result, or a file.
 * @param {URLSearchParams} query
 * @returns {{job_id?: string, file_id?: string}}
 */
export function sourceOf(query) {
  const [job, file] = [query.get("job"), query.get("file")];
  return job ? { job_id: job } : file ? { file_id: file } : {};
}

/** A link to it. @param {{job_id?: string, file_id?: string}} source @returns {Promise<string | null>} */
export async function linkTo(source) {
  if (source.job_id) return pictureOf(await resultOf(source.job_id))?.url ?? null;
  return source.file_id ? (await get(`/files/${source.file_id}`)).url : null;
}

// Files on their way up: with progress, and large ones in parts that may be interrupted.
import { ApiError, API, csrf, get, newKey, refreshed } from "./api.js";

/** From here on a file goes by the tus protocol, and goes on where it was interrupted, after a reload too. */
const LARGE = 16 * 1024 * 1024;
const PART = 8 * 1024 * 1024;

/**
 * Upload a file. Resolves with the file as the API has it.
 * @param {File} file
 * @param {{onProgress?: (part: number) => void, signal?: AbortSignal, fields?: Record<string, string>}} [how] progress is of one
 * @returns {Promise<any>}
 * @throws {ApiError}
 */
export async function upload(file, how = {}) {
  return file.size > LARGE ? inParts(file, how) : atOnce(file, how);
}

/** @param {File} file @param {{onProgress?: (part: number) => void, signal?: AbortSignal, fields?: Record<string, string>}} how */
async function atOnce(file, how) {
  const key = newKey();
  const before = csrf();
  const answer = await send(file, key, how);
  if (answer.status !== 401 || !(await refreshed(before))) return result(answer);
  return result(await send(file, key, how));
}

/**
 * `fetch` cannot say how much has gone up.
 * @param {File} file @param {string} key
 * @param {{onProgress?: (part: number) => void, signal?: AbortSignal, fields?: Record<string, string>}} how
 * @returns {Promise<XMLHttpRequest>}
 */
function send(file, key, { onProgress, signal, fields = {} }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", `${API}/files`);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRF-Token", csrf());
  request.setRequestHeader("Idempotency-Key", key);
  return new Promise((done, fail) => {
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onload = () => done(request);
    request.onerror = () => fail(new ApiError(0, { code: "offline" }));
    request.onabort = () => fail(new DOMException("", "AbortError"));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

/** @param {XMLHttpRequest} answer */
function result(answer) {
  const body = parsed(answer.responseText);
  if (answer.status < 400) return body;
  throw new ApiError(answer.status, body?.error ?? { code: `http_${answer.status}` });
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {File} file
 * @param {{onProgress?: (part: number) => void, signal?: AbortSignal, fields?: Record<string, string>}} how
 * @returns {Promise<any>}
 */
async function inParts(file, { onProgress, signal, fields }) {
  const { default: bundled } = await import("tus-js-client");
  const tus = /** @type {any} */ (globalThis).tus ?? bundled;
  return new Promise((done, fail) => {
    const going = new tus.Upload(file, {
      endpoint: `${API}/files/multipart`,
      chunkSize: PART,
      retryDelays: [0, 1000, 3000, 5000, 10000],
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name, ...fields },
      onBeforeRequest: (/** @type {any} */ request) => {
        if (request.getMethod() !== "HEAD") request.setHeader("X-CSRF-Token", csrf());
      },
      onShouldRetry: async (/** @type {any} */ error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        if (status === 401) return refreshed(csrf());
        return status === 0 || status === 409 || status === 423 || status >= 500;
      },
      onProgress: (/** @type {number} */ sent, /** @type {number} */ total) => onProgress?.(sent / total),
      onError: (/** @type {any} */ error) => {
        const answer = error.originalResponse;
        fail(new ApiError(answer?.getStatus() ?? 0, parsed(answer?.getBody() ?? "")?.error ?? { code: "offline" }));
      },
      onSuccess: () => done(get(new URL(going.url, location.origin).pathname).then((whole) => get(`/files/${whole.file_id}`))),
    });
    signal?.addEventListener("abort", () => void going.abort());
    void going.findPreviousUploads().then((/** @type {any[]} */ before) => {
      if (before.length) going.resumeFromPreviousUpload(before[0]);
      going.start();
    });
  });
}

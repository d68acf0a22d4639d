/** TalkingPhoto for JavaScript and TypeScript: typed requests, orders that can be repeated, runs that can be followed. */

import createClient, { type Client, type Middleware } from "openapi-fetch";
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { components, paths } from "./api.js";

export type { components, paths };

export interface Options {
  apiKey?: string;
  /** An access token, or where it comes from: asked before each request. */
  token?: string | (() => string | Promise<string>);
  fetch?: typeof globalThis.fetch;
}

type WorkflowEvent = components["schemas"]["NotifyWorkflowEvent"];
type Problem = components["schemas"]["ErrorDetail"];

/** The platform said no. `code` is stable, `message` says what to do next, `requestId` is what to quote. */
export class ApiError extends Error {
  readonly code: string;
  readonly fields: Record<string, string>;
  readonly requestId: string | undefined;

  constructor(readonly status: number, problem: Partial<Problem> = {}) {
    super(problem.message ?? `The platform answered ${status}.`);
    this.code = problem.code ?? `http_${status}`;
    this.fields = problem.fields ?? {};
    this.requestId = problem.request_id;
  }
}

const FINAL = new Set<string>(["completed", "failed", "cancelled"]);
const PAUSE_MS = 1000;

export interface TalkingPhoto extends Client<paths> {
  /** Everything that happened to a run, then everything as it happens, until it ends; on where it was after a break. */
  follow(runId: string): AsyncGenerator<WorkflowEvent>;
}

/** A client of the platform at `baseUrl`: `GET("/api/v1/workflows/{workflow_id}", ...)` and so on, typed by its document. */
export function talkingPhoto(baseUrl: string, options: Options = {}): TalkingPhoto {
  const ask = options.fetch ?? globalThis.fetch;
  const client = createClient<paths>({ baseUrl, fetch: ask });
  const rights = async (): Promise<Record<string, string>> => {
    if (options.apiKey !== undefined) return { "X-API-Key": options.apiKey };
    const token = typeof options.token === "function" ? await options.token() : options.token;
    return token === undefined ? {} : { Authorization: `Bearer ${token}` };
  };
  const known: Middleware = {
    async onRequest({ request }) {
      for (const [name, value] of Object.entries(await rights())) request.headers.set(name, value);
      return request;
    },
  };
  client.use(known);
  return Object.assign(client, {
    follow: (runId: string) => follow(new URL(`/api/v1/workflows/${encodeURIComponent(runId)}/events`, baseUrl), ask, rights),
  });
}

/** What was answered; throws an `ApiError` for a refusal: `unwrap(await client.GET(...))`. */
export function unwrap<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.error !== undefined || !answer.response.ok)
    throw new ApiError(answer.response.status, (answer.error as { error?: Problem } | undefined)?.error);
  return answer.data as T;
}

async function* follow(
  address: URL,
  ask: typeof globalThis.fetch,
  rights: () => Promise<Record<string, string>>,
): AsyncGenerator<WorkflowEvent> {
  let last = "";
  for (;;) {
    let answer: Response | undefined;
    try {
      const headers = { ...(await rights()), Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      answer = await ask(address, { headers });
    } catch {
      // It broke before it began.
    }
    if (answer?.status === 204) return;
    if (answer !== undefined && answer.status >= 400 && answer.status < 500)
      throw new ApiError(answer.status, ((await answer.json().catch(() => ({}))) as { error?: Problem }).error);
    if (answer?.ok && answer.body !== null) {
      const events = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      const reader = events.getReader();
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          last = next.value.id ?? last;
          const event = JSON.parse(next.value.data) as WorkflowEvent;
          yield event;
          if (FINAL.has(event.state)) return;
        }
      } catch (broken) {
        if (!(broken instanceof TypeError)) throw broken;
      } finally {
        await reader.cancel().catch(() => undefined);
      }
    }
    await new Promise((resume) => setTimeout(resume, PAUSE_MS));
  }
}

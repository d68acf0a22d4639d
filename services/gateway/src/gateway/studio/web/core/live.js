// Event streams that come back by themselves, and asking again where they cannot be had.
import { address } from "./api.js";

const STATES = ["pending", "processing", "completed", "failed", "cancelled"];
const GIVEN_UP_AFTER = 3;
const POLL_MS = 3000;
const LONGEST_WAIT_MS = 15000;

/**
 * Follow what happens until `isOver` says that nothing more will, or the returned function is called.
 * @param {string} path of the stream
 * @param {object} how
 * @param {(event: any) => void} how.onEvent given each event's JSON
 * @param {(event: any) => boolean} how.isOver
 * @param {() => Promise<any>} how.poll the same by asking, for where streams do not get through
 * @param {string[]} [how.names] of the events
 * @param {(state: "live" | "lost" | "polling") => void} [how.onState]
 * @returns {() => void} stops it
 */
export function follow(path, { onEvent, isOver, poll, names = STATES, onState = () => {} }) {
  /** @type {EventSource | null} */
  let source = null;
  let failures = 0;
  let after = "";
  let stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };

  /** @param {any} event */
  const tell = (event) => {
    if (stopped) return;
    onEvent(event);
    if (isOver(event)) stop();
  };

  const connect = () => {
    if (stopped) return;
    source = new EventSource(address(path, { after }));
    source.onopen = () => {
      failures = 0;
      onState("live");
    };
    const hear = (/** @type {MessageEvent} */ message) => {
      if (message.lastEventId) after = message.lastEventId;
      tell(JSON.parse(message.data));
    };
    for (const name of names) source.addEventListener(name, hear);
    source.onerror = () => {
      source?.close();
      if (stopped) return;
      onState("lost");
      failures += 1;
      if (failures >= GIVEN_UP_AFTER) void ask();
      else timer = setTimeout(() => void again(), Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures));
    };
  };

  const again = async () => {
    // A stream ends with its session's token, without a word that scripts could read; asking renews that as well.
    await poll().then(tell, () => null);
    connect();
  };

  const ask = async () => {
    if (stopped) return;
    onState("polling");
    try {
      tell(await poll());
    } catch {
      // The next look may find it again.
    }
    if (!stopped) timer = setTimeout(() => void ask(), POLL_MS);
  };

  connect();
  return stop;
}

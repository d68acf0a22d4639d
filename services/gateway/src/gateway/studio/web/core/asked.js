// Something that a page asks the API for: not there yet, there, or refused.
import { useEffect, useRef, useState } from "./view.js";

/**
 * Ask when the page appears and whenever one of `deps` changes. The last answer stays while the next is on its way.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {unknown[]} deps
 * @returns {{value: T | null, error: any, busy: boolean, again: () => Promise<void>, set: (value: T) => void}}
 */
export function useAsked(ask, deps) {
  const [state, setState] = useState(/** @type {{value: T | null, error: any, busy: boolean}} */ ({ value: null, error: null, busy: true }));
  const latest = useRef(0);
  const again = async () => {
    const mine = ++latest.current;
    setState((before) => ({ ...before, busy: true }));
    try {
      const value = await ask();
      if (mine === latest.current) setState({ value, error: null, busy: false });
    } catch (error) {
      if (mine === latest.current) setState((before) => ({ ...before, error, busy: false }));
    }
  };
  useEffect(() => {
    void again();
    return () => {
      latest.current += 1;
    };
  }, deps);
  return { ...state, again, set: (value) => setState({ value, error: null, busy: false }) };
}

// What pages draw with, in one place.
export { html, render } from "htm/preact";
export { Fragment, createContext } from "preact";
export { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { batch, computed, effect, signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";

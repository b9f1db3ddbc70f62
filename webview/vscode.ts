/** The page's side of the wire to VS Code: typed messages out, typed messages in, a small state that survives hiding. */

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** What a page may say and hear, and what it remembers. */
export interface Wire<In, Out, State extends object> {
  post(message: Out): void;
  /** Calls back for every message of the host; gives the function that ends this. */
  listen(hear: (message: In) => void): () => void;
  /** What was remembered, as far as it still has the shape of `initial`. */
  recall(initial: State): State;
  remember(state: State): void;
}

/** Connects the page; VS Code allows this once. */
export function connect<In, Out, State extends object>(): Wire<In, Out, State> {
  const api = acquireVsCodeApi();
  return {
    post: (message) => api.postMessage(message),
    listen: (hear) => {
      const onMessage = (event: MessageEvent<In>): void => hear(event.data);
      window.addEventListener('message', onMessage);
      return () => window.removeEventListener('message', onMessage);
    },
    recall: (initial) => recalled(api.getState(), initial),
    remember: (state) => api.setState(state),
  };
}

/** An older version of the page may have left something else: each field is taken only if its type fits. */
function recalled<State extends object>(saved: unknown, initial: State): State {
  if (typeof saved !== 'object' || saved === null) return initial;
  const known = new Map<string, unknown>(Object.entries(saved));
  const entries = Object.entries(initial).map(([key, value]: [string, unknown]) => {
    const old = known.get(key);
    const fits = kindOf(old) === kindOf(value) || (value === null && kindOf(old) === 'object');
    return [key, fits ? old : value] as const;
  });
  return Object.fromEntries(entries) as State;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/** @file What is long searched for in a layer, or in its weights: once, however often it is asked for. */

const FOUND = new WeakMap<object, Map<string, unknown>>();

/** What `search` returns, or returned before for the same object and the same `question`. */
export function remembered<T>(of: object, question: string, search: () => T): T {
  const found = FOUND.get(of) ?? new Map<string, unknown>();
  FOUND.set(of, found);
  if (!found.has(question)) found.set(question, search());
  return found.get(question) as T;
}

/** @file What is long searched for in the weights of a layer: once, however often it is asked for. */

const FOUND = new WeakMap<object, Map<string, unknown>>();

/** What `search` returns, or returned before for the same weights and the same `question`. */
export function remembered<T>(
  weights: ArrayLike<number>,
  question: string,
  search: () => T & object,
): T {
  const found = FOUND.get(weights) ?? new Map<string, unknown>();
  FOUND.set(weights, found);
  const answer = found.get(question) ?? search();
  found.set(question, answer);
  return answer as T;
}

/**
 * @file What a call does, in counted quantities. A predicted time is their sum,
 * each times its cost on an engine.
 *
 * **Units:** numbers of things; a quantity may have any name that the costs of
 * its kernel list.
 */

/** Quantities by name; `call` is 1 for every call and needs not be listed. */
export type Work = Readonly<Record<string, number>>;

/** The work of `times` equal calls. */
export function scaleWork(work: Work, times: number): Work {
  return Object.fromEntries(Object.entries(work).map(([name, count]) => [name, count * times]));
}

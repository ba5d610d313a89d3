/** What does a task with one thing, or with several in a list, one after the other. */
export interface Each<Given, Options, Result> {
  (given: Given, options?: Options): Promise<Result>;
  (given: readonly Given[], options?: Options): Promise<Result[]>;
}

/** Lets what does a task with one thing take a list, too. */
export function each<Given, Options, Result>(
  one: (given: Given, options?: Options) => Promise<Result>,
): Each<Given, Options, Result> {
  const all = async (given: readonly Given[], options?: Options): Promise<Result[]> => {
    const results: Result[] = [];
    for (const item of given) results.push(await one(item, options));
    return results;
  };
  // Things are no lists; a typed array is none either.
  const both = (given: Given | readonly Given[], options?: Options) =>
    Array.isArray(given) ? all(given, options) : one(given as Given, options);
  return both as Each<Given, Options, Result>;
}

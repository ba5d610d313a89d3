/** What the scripts that open models write on the page. */
export const texts = {
  /** By the option that takes what is chosen. */
  choose: {
    /** @param {number} count */
    model: (count) => `There are ${count} models in it. Which one is to be opened?`,
    /** @param {number} count */
    signature: (count) =>
      count === 1
        ? "What it does by itself takes texts, which cannot be given to a GPU. It can be opened for:"
        : "The model can do several things. What is it to be opened for?",
  },
  /** @param {string} control */
  set: (control) => `Set: ${control}`,
};

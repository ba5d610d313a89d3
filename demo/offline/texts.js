/** What the script that keeps the page writes on it. */
export const texts = {
  there: "There is a newer version of this page.",
  reload: "Use it",
  others: "Close the other tabs of this page first: they are of the older version.",
};

import { themeColour } from "./page.js";

/** The colours of a drawing on a canvas, as the style sheet has them now. */
export function colours() {
  return {
    card: themeColour("--card"),
    well: themeColour("--well"),
    ink: themeColour("--ink"),
    quiet: themeColour("--quiet"),
    line: themeColour("--edge"),
    accent: themeColour("--accent"),
    heat: themeColour("--heat"),
    families: {
      product: themeColour("--family-product"),
      reduction: themeColour("--family-reduction"),
      move: themeColour("--family-move"),
      other: themeColour("--family-other"),
      border: themeColour("--accent"),
    },
  };
}

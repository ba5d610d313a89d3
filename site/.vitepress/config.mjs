// How VitePress makes the site of site/build/pages (../build.mjs).
import { readdir } from "node:fs/promises";
import { contents } from "../pages.mjs";

const REPOSITORY = new URL("../..", import.meta.url).pathname;

const API = `${REPOSITORY}site/build/pages/api`;

/** The pages that are made of the sources' comments. */
const reference = (await readdir(API, { recursive: true }))
  .filter((name) => name.endsWith(".md"))
  .sort()
  .map((name) => ({ text: title(name), link: `/api/${name}` }));

const base = process.env.SITE_BASE;

export default {
  base,
  title: "Texelflow",
  description: "Trained models in any browser, by WebGL2 shaders.",
  lang: "en",
  srcDir: "build/pages",
  outDir: process.env.SITE_OUTPUT,
  cacheDir: "build/cache",
  head: [["link", { rel: "icon", href: `${base}favicon.svg`, type: "image/svg+xml" }]],
  markdown: { anchor: { slugify } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    sidebar: [...(await contents(REPOSITORY)), { text: "Reference", items: reference }],
    nav: [
      { text: "Quick start", link: "/quick-start.md" },
      { text: "Reference", link: "/api/javascript/texelflow.md" },
    ],
  },
};

/** The anchor of a heading, as code hosts have it, so that links hold there and here. */
function slugify(text) {
  return text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");
}

/** What a page of the reference is called: modules by their own name. */
function title(name) {
  const path = name.slice(0, -".md".length);
  const names = { command: "The command", python: "Python", "javascript/convert": "@texelflow/convert" };
  return names[path] ?? path.slice("javascript/".length);
}

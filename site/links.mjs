// Checks that all links of a built site lead to what is there, anchors too, and that it asks no other server for anything.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

const ATTRIBUTE = /<(a|link|img|script|source)\b[^>]*?\s(?:href|src)="([^"]*)"/g;
const ID = /\sid="([^"]*)"/g;

/**
 * @param folder - of the built site
 * @param base - the path that it is served at
 * @returns how many links there are
 * @throws Error that lists all that lead nowhere
 */
export async function checkLinks(folder, base) {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".html"));
  const pages = new Map();
  for (const name of names) {
    const text = await readFile(join(folder, name), "utf8");
    pages.set(name, { text, ids: new Set(Array.from(text.matchAll(ID), ([, id]) => decode(id))) });
  }
  const problems = new Set();
  let count = 0;
  for (const [name, { text }] of pages) {
    for (const [, tag, target] of text.matchAll(ATTRIBUTE)) {
      count++;
      const problem = await wrong(new URL(decode(target), `http://site${base}${name}`), tag);
      if (problem) problems.add(`${name}: ${decode(target)} ${problem}`);
    }
  }
  if (problems.size > 0) throw new Error(`Links lead nowhere:\n  ${[...problems].join("\n  ")}`);
  return count;

  async function wrong({ protocol, host, pathname, hash }, tag) {
    if (host !== "site") return tag !== "a" && protocol !== "data:" && "is of another server";
    if (!pathname.startsWith(base)) return `is not below ${base}`;
    const path = decodeURIComponent(pathname.slice(base.length)) || "index.html";
    const file = path.endsWith("/") ? `${path}index.html` : path;
    const page = pages.get(file);
    if (!page && !(await stat(join(folder, file)).catch(() => null))?.isFile()) return "is not there";
    const anchor = decodeURIComponent(hash.slice(1));
    return anchor && page && !page.ids.has(anchor) && "has no such anchor";
  }
}

function decode(text) {
  const characters = { amp: "&", quot: '"', lt: "<", gt: ">", "#39": "'", "#x27": "'" };
  return text.replace(/&(amp|quot|lt|gt|#39|#x27);/g, (_, name) => characters[name]);
}

// Builds the site of the documents: `node build.mjs [base]`, where `base` is the path that it is served at, /docs/ unless given.
//
// Pages are the Markdown of the repository, and what is made of the sources' comments. site/build/pages has them together;
// build/site has what VitePress makes of that, where a server has it that serves build/site.
import { execFileSync } from "node:child_process";
import { rename, rm } from "node:fs/promises";
import { build } from "vitepress";
import { checkLinks } from "./links.mjs";
import { collectPages } from "./pages.mjs";

const SITE = import.meta.dirname;
const REPOSITORY = new URL("..", import.meta.url).pathname;
const PAGES = `${REPOSITORY}site/build/pages`;

const base = process.argv[2] ?? "/docs/";
const output = `${REPOSITORY}build/site${base}`;
if (!/^\/(.*\/)?$/.test(base)) throw new Error(`The base ${base} must begin and end with a slash.`);

await rm(PAGES, { recursive: true, force: true });
await collectPages(REPOSITORY, PAGES);
for (const [options, folder] of [
  ["typedoc.json", "javascript"],
  ["typedoc_convert.json", "convert"],
]) {
  execFileSync("node_modules/.bin/typedoc", ["--options", options, "--out", `${PAGES}/api/${folder}`], {
    cwd: SITE,
    stdio: "inherit",
  });
}
execFileSync(`${REPOSITORY}.venv/bin/python`, ["reference.py", `${PAGES}/api`], {
  cwd: SITE,
  stdio: "inherit",
});
await rm(`${PAGES}/api/javascript/README.md`);
await rename(`${PAGES}/api/convert/README.md`, `${PAGES}/api/javascript/convert.md`);
Object.assign(process.env, { SITE_BASE: base, SITE_OUTPUT: output });
await build(SITE);
const count = await checkLinks(output, base);
console.log(`The site is in ${output}; ${count} links lead to what is there.`);

// Puts the Markdown of the repository into one folder, with links between its pages.
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, posix } from "node:path";

/** The repository's files that are pages, by the names of these; of docs/ all are. */
const OTHERS = {
  "README.md": "overview.md",
  "ARCHITECTURE.md": "architecture.md",
  "CHANGELOG.md": "changelog.md",
  "SECURITY.md": "security-policy.md",
  "THIRD_PARTY_NOTICES.md": "notices.md",
  "docs/README.md": "index.md",
};
const LICENCE = { LICENSE: "/licence.txt" };
const LINK = /\]\(([^)\s]+)\)/g;

/**
 * Writes the pages.
 *
 * @param repository - the folder with README.md and docs/
 * @param target - an absolute path; the folder is made
 */
export async function collectPages(repository, target) {
  await mkdir(`${target}/public`, { recursive: true });
  await cp(`${repository}/docs`, target, { recursive: true });
  await cp(`${repository}/LICENSE`, `${target}/public/licence.txt`);
  await cp(`${repository}/player/favicon.svg`, `${target}/public/favicon.svg`);
  const guides = (await readdir(`${repository}/docs`)).filter((name) => name.endsWith(".md"));
  for (const file of [...Object.keys(OTHERS), ...guides.map((name) => `docs/${name}`)]) {
    const text = await readFile(`${repository}/${file}`, "utf8");
    const page = `${target}/${pageOf(file)}`;
    await mkdir(dirname(page), { recursive: true });
    await writeFile(
      page,
      text.replaceAll(LINK, (_, link) => `](${linkOf(file, link)})`),
    );
  }
  await rm(`${target}/README.md`);
}

/** What the table of contents of docs/README.md lists, as VitePress takes a sidebar. */
export async function contents(repository) {
  const text = await readFile(`${repository}/docs/README.md`, "utf8");
  const groups = text.split(/^## /m).slice(1);
  return groups.map((group) => ({
    text: group.split("\n", 1)[0],
    items: Array.from(group.matchAll(/^- \[(.+?)\]\((.+?)\)/gm), ([, name, link]) => ({
      text: name,
      link: `/${pageOf(posix.join("docs", link))}`,
    })),
  }));
}

/** The page of a file of the repository, or the file itself if it lies in docs/. */
function pageOf(file) {
  return OTHERS[file] ?? LICENCE[file] ?? (file.startsWith("docs/") ? file.slice("docs/".length) : undefined);
}

function linkOf(file, link) {
  if (/^([a-z]+:|#)/.test(link)) return link;
  const [path, anchor] = link.split("#");
  const page = pageOf(posix.join(posix.dirname(file), path));
  if (page === undefined) throw new Error(`${file} has a link to ${link}, which is no page.`);
  const relative = page.startsWith("/") ? page : `./${posix.relative(posix.dirname(pageOf(file)), page)}`;
  return anchor === undefined ? relative : `${relative}#${anchor}`;
}

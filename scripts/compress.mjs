// Compresses files with brotli as a build step would: `node compress.mjs FILE COPY [FILE COPY …]`.
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";

const compress = promisify(brotliCompress);
const paths = process.argv.slice(2);
await Promise.all(
  paths.map(async (path, index) => {
    if (index % 2 === 1) return;
    const copy = paths[index + 1];
    await mkdir(dirname(copy), { recursive: true });
    // A copy that exists is whole: it is looked for by its name alone.
    await writeFile(`${copy}.part`, await compress(await readFile(path)));
    await rename(`${copy}.part`, copy);
  }),
);

// Writes from the bundle's JSON Schema into webruntime/src/bundle/generated/ the types of graph.json, graph_file.ts, and short
// descriptions: graph_format.ts of what the loader checks, role_format.ts of what it leaves to who reads it.
// With --check it writes nothing and fails when a committed file is stale.
import { readFile, writeFile } from "node:fs/promises";
import { compileFromFile } from "json-schema-to-typescript";

const path = "exporter/texelflow/bundle/graph.schema.json";
const folder = "webruntime/src/bundle/generated";
const banner = `// Generated from ${path} by \`npm run generate\`. Do not edit.`;

const { definitions, ...file } = JSON.parse(await readFile(path, "utf8"));

/** What the loader does not look at: what pages do with it may be wrong then, and nothing else. */
const UNCHECKED = new Set(["Role", "Provenance", "Bits"].map((name) => `#/definitions/${name}`));

/**
 * Names of the kinds of single values: what is allowed there is told by who checks it, as the loader, which knows, say, how
 * many tensors an index chooses from.
 */
let kinds = new Set();

/** Enumerations that are kinds, since they are known to who checks them. */
const KNOWN = new Set(["DataType", "HostName"]);

/** The description of one place in the file; bundle/format_check.ts says what its forms mean. */
function describe(schema, name) {
  if (schema.$ref) {
    const referred = schema.$ref.split("/").at(-1);
    return describe(definitions[referred], referred);
  }
  if (schema.type === "array") {
    const { minItems = 0, maxItems } = schema;
    const counts = maxItems ? [minItems, maxItems] : minItems ? [minItems] : [];
    return ["list of", describe(schema.items), ...counts];
  }
  if (schema.type === "object") {
    const checked = Object.entries(schema.properties).filter(([, { $ref }]) => !UNCHECKED.has($ref));
    const fields = checked.map(([name, property]) => [
      schema.required.includes(name) ? name : `${name}?`,
      describe(property),
    ]);
    return Object.fromEntries(fields);
  }
  if (schema.anyOf?.every(({ $ref }) => $ref && definitions[$ref.split("/").at(-1)].type === "object")) {
    return ["either", ...schema.anyOf.map((choice) => describe(choice))];
  }
  if (schema.enum && !KNOWN.has(name)) return ["one of", ...schema.enum];
  if (!name && "const" in schema) return ["one of", schema.const];
  kinds.add(name ?? schema.type);
  return name ?? schema.type;
}

const namesOf = (names) => [...names].map((name) => JSON.stringify(name)).join(" | ");

const format = JSON.stringify(describe(file), null, 2);
const description = `${banner}

/** The kinds of single values in the file. */
export type KindName = ${namesOf(kinds)};

/** What graph.json must look like; bundle/format_check.ts says how to read it. */
export const FORMAT = ${format} as const;
`;
kinds = new Set();
const roles = Object.fromEntries(
  definitions.Role.anyOf.map((choice) => {
    const { kind, ...rest } = describe(choice);
    return [kind[1], rest];
  }),
);
const roleFormat = `${banner}

/** The kinds of single values of roles. */
export type RoleKind = ${namesOf(kinds)};

/** By its kind, what a role says besides. */
export const ROLES = ${JSON.stringify(roles, null, 2)} as const;
`;
const types = await compileFromFile(path, {
  bannerComment: banner,
  format: true,
  style: { printWidth: 110 },
});

for (const [name, text] of [
  ["graph_file.ts", types],
  ["graph_format.ts", description],
  ["role_format.ts", roleFormat],
]) {
  const target = `${folder}/${name}`;
  if (!process.argv.includes("--check")) await writeFile(target, text);
  else if ((await readFile(target, "utf8").catch(() => "")) !== text) {
    console.error(`${target} is stale: run \`npm run generate\` and commit the result.`);
    process.exitCode = 1;
  }
}

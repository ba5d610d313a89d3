import type { KindName } from "./generated/graph_format.ts";
import type { RoleKind } from "./generated/role_format.ts";

/**
 * What a value of graph.json must be: a value of a kind; an object with certain fields (`name?` may be absent, and unknown
 * fields are ignored); a list with a minimum and a maximum length; one of several constants; or one of several objects,
 * told apart by their first field.
 */
export type Description =
  | KindName
  | RoleKind
  | { readonly [field: string]: Description }
  | readonly ["list of", Description, number?, number?]
  | readonly ["one of", ...(string | number | boolean)[]]
  | readonly ["either", ...{ readonly [field: string]: Description }[]];

/** For each kind, its description in errors and its test. */
export type Kinds<Kind extends KindName | RoleKind> = Readonly<
  Record<Kind, readonly [text: string, test: (value: unknown) => boolean]>
>;

/** Throws an error that says which value was expected at a path such as `plans.webgl2.load[3].output`. */
export type Fail = (path: string, expected: string, value: unknown) => never;

/** Checks a value and everything in it; `path` is its place in the file, empty for the whole. */
export function checkFormat(
  value: unknown,
  description: Description,
  path: string,
  kinds: Partial<Kinds<KindName | RoleKind>>,
  fail: Fail,
): void {
  if (typeof description === "string") {
    const [text, test] = kinds[description] as Kinds<KindName>[KindName];
    if (!test(value)) fail(path, text, value);
  } else if (!isTuple(description)) {
    if (typeof value !== "object" || !value || Array.isArray(value)) fail(path, "an object", value);
    for (const [field, inner] of Object.entries(description)) {
      const name = field.replace("?", "");
      const content = (value as Record<string, unknown>)[name];
      if (name === field || content !== undefined)
        checkFormat(content, inner, path ? `${path}.${name}` : name, kinds, fail);
    }
  } else if (description[0] === "list of") {
    const [, inner, fewest = 0, most = Number.POSITIVE_INFINITY] = description;
    if (!Array.isArray(value) || value.length < fewest || value.length > most) {
      fail(path, `a list${fewest ? ` of ${fewest}${most > fewest ? " or more" : ""}` : ""}`, value);
    }
    value.forEach((item, index) => {
      checkFormat(item, inner, `${path}[${index}]`, kinds, fail);
    });
  } else if (description[0] === "either") {
    const [, ...forms] = description;
    const has = (form: object) => value instanceof Object && (Object.keys(form)[0] as string) in value;
    checkFormat(value, forms.find(has) ?? (forms[0] as Description), path, kinds, fail);
  } else {
    const [, ...choices] = description;
    if (!choices.includes(value as string)) fail(path, choices.join(" or "), value);
  }
}

function isTuple(description: Description): description is Extract<Description, readonly unknown[]> {
  return Array.isArray(description);
}

import type { KindName } from "./generated/graph_format.ts";
import type { RoleKind } from "./generated/role_format.ts";

/**
 * What a value of graph.json must be: of a kind, an object by its fields (`name?` may be absent, and further ones are
 * ignored), a list with the least and the most of its items, one of some values, or the first of some objects that has the
 * value's first field.
 */
export type Description =
  | KindName
  | RoleKind
  | { readonly [field: string]: Description }
  | readonly ["list of", Description, number?, number?]
  | readonly ["one of", ...(string | number | boolean)[]]
  | readonly ["either", ...{ readonly [field: string]: Description }[]];

/** By kind: what errors call its values, and the test for one. */
export type Kinds<Kind extends KindName | RoleKind> = Readonly<
  Record<Kind, readonly [text: string, test: (value: unknown) => boolean]>
>;

/** Throws the error that the value at a path such as `plans.webgl2.load[3].output` is not what it must be. */
export type Fail = (path: string, expected: string, value: unknown) => never;

/** Checks a value and all in it; `path` leads to it from the whole, which has none. */
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

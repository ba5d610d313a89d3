import { checkFormat, type Kinds } from "../bundle/format_check.ts";
import type { Role } from "../bundle/generated/graph_file.ts";
import { ROLES, type RoleKind } from "../bundle/generated/role_format.ts";
import { TexelflowError } from "../errors.ts";

/** The most samples or bytes of a run, and the most numbers a second, as the schema has them. */
const [LONGEST, FASTEST] = [2 ** 24, 2 ** 20];

/** Characters of a wrong text that an error shows. */
const LONGEST_TEXT = 80;

/** Whether a value passes a test and lies between two numbers, themselves included. */
const within = (least: number, most: number, test: (value: unknown) => boolean) => (value: unknown) =>
  test(value) && (value as number) >= least && (value as number) <= most;

const KINDS: Kinds<RoleKind> = {
  string: ["a text", (value) => typeof value === "string"],
  boolean: ["true or false", (value) => typeof value === "boolean"],
  number: ["a number", Number.isFinite],
  Natural: ["an integer of at least 0", within(0, Number.MAX_SAFE_INTEGER, Number.isInteger)],
  Span: [`an integer from 0 to ${LONGEST}`, within(0, LONGEST, Number.isInteger)],
  SampleRate: [`an integer from 1 to ${FASTEST}`, within(1, FASTEST, Number.isInteger)],
  Rate: [`a number above 0, up to ${FASTEST}`, within(Number.MIN_VALUE, FASTEST, Number.isFinite)],
};

/**
 * What an input or output is in a task, checked: the loader does not look at it, and pages give some.
 *
 * @throws TexelflowError with the code `option` when it is no role, with the place in it, what is expected there and what came
 */
export function checkedRole(task: string, name: string, role: unknown): Role {
  const fail = (path: string, expected: string, value: unknown): never => {
    throw new TexelflowError(
      "option",
      `${task}: what is said of "${name}" is wrong: ${path} must be ${expected}, but is ${shown(value)}. Export the model ` +
        "with a --meaning that fits, or give pipeline() roles.",
    );
  };
  const kind: unknown = (role as Partial<Role> | null)?.kind;
  const names = Object.keys(ROLES) as Role["kind"][];
  const known = names.find((each) => each === kind) ?? fail("kind", names.join(" or "), kind);
  checkFormat(role, ROLES[known], "", KINDS, fail);
  return role as Role;
}

/** A wrong value as an error shows it: however deep it is. */
function shown(value: unknown): string {
  if (typeof value === "object" && value) return Array.isArray(value) ? "a list" : "an object";
  return String(value).slice(0, LONGEST_TEXT);
}

/**
 * Filter expressions such as `row["val_true"] != row["val_pred"] and row["p"] < 0.5`.
 * Read into a tree and walked; never run as code. Grammar, loosest first:
 * or, and, not, comparison (== != < <= > >=, in, contains), + -, * /, unary -, atom.
 */
import type { GridTable } from "./columns";

export class ExpressionError extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

type Value = unknown;
type Node = (row: number) => Value;

const token = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([A-Za-z_][\w.]*)|(==|!=|<=|>=|&&|\|\||[-+*/<>()[\],!]))/y;

interface Token {
  kind: "number" | "text" | "word" | "sign" | "end";
  text: string;
  at: number;
}

function tokens(source: string): Token[] {
  const out: Token[] = [];
  token.lastIndex = 0;
  let at = 0;
  while (source.slice(at).trim() !== "") {
    token.lastIndex = at;
    const match = token.exec(source);
    if (match === null) throw new ExpressionError(`unexpected ${JSON.stringify(source.slice(at).trim()[0] ?? "")}`, at);
    const start = at + (match[0].length - match[0].trimStart().length);
    const [, number, double, single, word, sign] = match;
    if (number !== undefined) out.push({ kind: "number", text: number, at: start });
    else if (double !== undefined || single !== undefined) out.push({ kind: "text", text: (double ?? single ?? "").replace(/\\(.)/g, "$1"), at: start });
    else if (word !== undefined) out.push({ kind: "word", text: word, at: start });
    else out.push({ kind: "sign", text: sign ?? "", at: start });
    at += match[0].length;
  }
  out.push({ kind: "end", text: "the end", at: source.length });
  return out;
}

const equal = (a: Value, b: Value) => a === b || (typeof a !== typeof b && String(a) === String(b));
const less = (a: Value, b: Value) => (typeof a === "number" && typeof b === "number" ? a < b : String(a) < String(b));

/** A test of one row by its number. Raises `ExpressionError` with the place. */
export function compile(source: string, table: GridTable): (row: number) => boolean {
  const value = evaluator(source, table);
  return (row) => Boolean(value(row));
}

/** The value of an expression in one row, by its number. Raises `ExpressionError` with the place. */
export function evaluator(source: string, table: GridTable): (row: number) => unknown {
  const list = tokens(source);
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  let i = 0;
  const peek = () => list[i] ?? { kind: "end" as const, text: "the end", at: source.length };
  const next = () => {
    const now = peek();
    i += 1;
    return now;
  };
  const is = (...texts: string[]) => (peek().kind === "sign" || peek().kind === "word") && texts.includes(peek().text);
  const expect = (text: string) => {
    const got = next();
    if (got.text !== text) throw new ExpressionError(`expected ${text}, got ${got.text}`, got.at);
  };
  const column = (name: string, at: number): Node => {
    const found = byName.get(name);
    if (found === undefined) {
      throw new ExpressionError(`there is no column ${JSON.stringify(name)}; columns are ${[...byName.keys()].slice(0, 8).join(", ")}`, at);
    }
    return (row) => found.values[row];
  };
  const atom = (): Node => {
    const now = next();
    if (now.kind === "number") {
      const value = Number(now.text);
      return () => value;
    }
    if (now.kind === "text") return () => now.text;
    if (now.text === "(") {
      const inner = either();
      expect(")");
      return inner;
    }
    if (now.text === "-") {
      const inner = atom();
      return (row) => -Number(inner(row));
    }
    if (now.kind === "word") {
      if (now.text === "row" && is("[")) {
        next();
        const name = next();
        if (name.kind !== "text") throw new ExpressionError('expected a column name in quotes, as in row["label"]', name.at);
        expect("]");
        return column(name.text, name.at);
      }
      if (["true", "True"].includes(now.text)) return () => true;
      if (["false", "False"].includes(now.text)) return () => false;
      if (["null", "None"].includes(now.text)) return () => null;
      return column(now.text, now.at);
    }
    throw new ExpressionError(`expected a value, got ${now.text}`, now.at);
  };
  const product = (): Node => {
    let left = atom();
    while (is("*", "/")) {
      const sign = next().text;
      const [a, b] = [left, atom()];
      left = sign === "*" ? (row) => Number(a(row)) * Number(b(row)) : (row) => Number(a(row)) / Number(b(row));
    }
    return left;
  };
  const sum = (): Node => {
    let left = product();
    while (is("+", "-")) {
      const sign = next().text;
      const [a, b] = [left, product()];
      left = sign === "+" ? (row) => Number(a(row)) + Number(b(row)) : (row) => Number(a(row)) - Number(b(row));
    }
    return left;
  };
  const comparison = (): Node => {
    const left = sum();
    if (is("==")) return next(), ((right) => (row: number) => equal(left(row), right(row)))(sum());
    if (is("!=")) return next(), ((right) => (row: number) => !equal(left(row), right(row)))(sum());
    if (is("<")) return next(), ((right) => (row: number) => less(left(row), right(row)))(sum());
    if (is(">")) return next(), ((right) => (row: number) => less(right(row), left(row)))(sum());
    if (is("<=")) return next(), ((right) => (row: number) => !less(right(row), left(row)))(sum());
    if (is(">=")) return next(), ((right) => (row: number) => !less(left(row), right(row)))(sum());
    if (is("contains")) return next(), ((right) => (row: number) => String(left(row)).includes(String(right(row))))(sum());
    if (is("in")) {
      next();
      const close = is("(") ? ")" : "]";
      next();
      const options: Node[] = [];
      while (!is(close)) {
        options.push(either());
        if (is(",")) next();
        else if (!is(close)) throw new ExpressionError(`expected , or ${close}, got ${peek().text}`, peek().at);
      }
      next();
      return (row) => options.some((option) => equal(left(row), option(row)));
    }
    return left;
  };
  const negation = (): Node => {
    if (!is("not", "!")) return comparison();
    next();
    const inner = negation();
    return (row) => !inner(row);
  };
  const both = (): Node => {
    let left = negation();
    while (is("and", "&&")) {
      next();
      const [a, b] = [left, negation()];
      left = (row) => Boolean(a(row)) && Boolean(b(row));
    }
    return left;
  };
  function either(): Node {
    let left = both();
    while (is("or", "||")) {
      next();
      const [a, b] = [left, both()];
      left = (row) => Boolean(a(row)) || Boolean(b(row));
    }
    return left;
  }
  const tree = either();
  if (peek().kind !== "end") throw new ExpressionError(`expected an operator or the end, got ${peek().text}`, peek().at);
  return tree;
}

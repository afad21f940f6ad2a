/** What the columns of a table are: true class, predicted class; and the questions that follow. Pure. */
import type { GridTable } from "./columns";

export interface Roles {
  actual: string;
  predicted: string;
}

const actual = /(^|[_.\s-])(true|truth|label|labels|actual|target|y|gold)($|[_.\s-])/i;
const predicted = /(^|[_.\s-])(pred|preds|predicted|prediction|guess|output|y_hat|yhat)($|[_.\s-])/i;
const plain = (name: string) => name.replace(/\.\d+$/, "");

/** The column of the true class and those of predicted ones, null where a table has no such pair. */
export function rolesOf(table: GridTable): Roles[] {
  const classes = table.columns.filter((column) => column.kind !== "media" && column.kind !== "mixed");
  const guesses = classes.filter((column) => predicted.test(plain(column.name)));
  const truths = classes.filter((column) => actual.test(plain(column.name)) && !predicted.test(plain(column.name)));
  return guesses.flatMap((guess) => {
    const suffix = /\.\d+$/.exec(guess.name)?.[0] ?? "";
    const stem = (name: string) => plain(name).replace(actual, "$1").replace(predicted, "$1");
    const fits = truths.filter((truth) => truth.name.endsWith(suffix) || !/\.\d+$/.test(truth.name));
    const truth = fits.find((one) => stem(one.name) === stem(guess.name)) ?? fits[0];
    return truth === undefined ? [] : [{ actual: truth.name, predicted: guess.name }];
  });
}

/** A question that one click answers. */
export interface Question {
  title: string;
  says: string;
  q?: string;
  group?: string;
  view?: "images";
  side?: "matrix";
}

const cell = (name: string) => `row[${JSON.stringify(name)}]`;

/** Questions that fit the table: errors and errors by class; of two models on the same rows what got fixed;
 * of a label in parts its share in each. */
export function questionsFor(table: GridTable): Question[] {
  const pairs = rolesOf(table);
  const image = table.columns.some((column) => column.kind === "media");
  const [one, two] = pairs;
  if (one !== undefined && two !== undefined) {
    const [a, b] = [`${cell(one.predicted)} == ${cell(one.actual)}`, `${cell(two.predicted)} == ${cell(two.actual)}`];
    const not = (test: string) => test.replace("==", "!=");
    return [
      { title: "Fixed", says: "wrong in 0, right in 1", q: `${not(a)} and ${b}` },
      { title: "Newly wrong", says: "right in 0, wrong in 1", q: `${a} and ${not(b)}` },
      { title: "Wrong in both", says: "wrong in 0 and in 1", q: `${not(a)} and ${not(b)}` },
      { title: "Answers differ", says: "0 and 1 do not agree", q: `${cell(one.predicted)} != ${cell(two.predicted)}` },
    ];
  }
  if (one !== undefined) {
    const wrong = `${cell(one.actual)} != ${cell(one.predicted)}`;
    return [
      { title: "Errors", says: "rows whose prediction is wrong", q: wrong, ...(image ? { view: "images" as const } : {}) },
      { title: "Errors by class", says: "wrong rows, one line per true class", q: wrong, group: one.actual },
      { title: "Confusion matrix", says: "rows are true classes; a click on a cell shows its rows", side: "matrix" },
    ];
  }
  return stratification(table);
}

function stratification(table: GridTable): Question[] {
  const few = table.columns
    .filter((column) => column.kind === "text" || column.kind === "boolean")
    .map((column) => ({ name: column.name, n: new Set(Array.from({ length: Math.min(table.rows, 20_000) }, (_, i) => column.values[i])).size }))
    .filter((one) => one.n >= 2 && one.n <= 12);
  return few.slice(0, 2).map(({ name }) => ({ title: `By ${name}`, says: `one line per ${name}, with the distribution of every other column`, group: name }));
}

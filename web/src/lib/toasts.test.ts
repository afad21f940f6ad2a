import { expect, test } from "vitest";
import { toast, useToasts, withdraw } from "./toasts";

const cases: [gone: string, offered: string[]][] = [
  ["lab/digits/runs/a", ["one tagged", "described"]],
  ["lab/digits/runs/ab", ["two tagged", "one tagged", "described"]],
  ["lab/digits", ["one tagged"]],
  ["lab/di", ["two tagged", "one tagged", "described"]],
];

test.each(cases)("once %s is gone, what can be undone is %j", (gone, offered) => {
  const undo = () => {};
  useToasts.setState({ toasts: [] });
  toast("two tagged", { undo, of: ["lab/digits/runs/a", "lab/digits/runs/b"] });
  toast("one tagged", { undo, of: ["lab/other/runs/a"] });
  toast("described", { undo, of: ["lab/digits"] });
  withdraw([gone]);
  expect(useToasts.getState().toasts.filter((one) => one.undo !== undefined).map((one) => one.text)).toEqual(offered);
  expect(useToasts.getState().toasts).toHaveLength(3);
});

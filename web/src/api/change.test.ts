import { MutationObserver, QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { answering } from "./change";

describe("answering", () => {
  it("calls back for each of two calls under way, though nobody watches any more", async () => {
    const ends = new Map<string, { done: (text: string) => void; failed: (error: Error) => void }>();
    const observer = new MutationObserver<string, Error, string>(new QueryClient(), { mutationFn: (name) => new Promise((done, failed) => ends.set(name, { done, failed })) });
    const leave = observer.subscribe(() => {});
    const mutate = answering((name: string) => observer.mutate(name));
    const heard: string[] = [];
    const then = { onSuccess: (text: string) => heard.push(text), onError: (error: Error) => heard.push(error.message) };
    for (const name of ["refused", "saved"]) mutate(name, then);
    leave();
    await Promise.resolve();
    ends.get("saved")?.done("saved");
    ends.get("refused")?.failed(new Error("refused"));
    await new Promise((rest) => setTimeout(rest));
    expect(heard.sort()).toEqual(["refused", "saved"]);
  });
});

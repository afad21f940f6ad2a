/** Keys to commands: short sequences, never while text is being typed. */
import { useEffect } from "react";
import { allCommands, meaning, useCommandStore } from "@/lib/commands";

const PATIENCE_MS = 1200;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "range", "button"].includes(target.type);
}

/** Listen for the page's keys. */
export function useKeyboard(): void {
  useEffect(() => {
    let before = "";
    let timer: ReturnType<typeof setTimeout> | null = null;
    const forget = () => {
      before = "";
    };
    const onKey = (event: KeyboardEvent) => {
      const held = event.ctrlKey || event.metaKey;
      const letter = event.key.toLowerCase();
      if (event.altKey || event.defaultPrevented || (held && !(event.shiftKey ? ["z"] : ["k", "p", "y", "z"]).includes(letter)) || (!(held && ["k", "p"].includes(letter)) && typing(event.target))) return;
      // What is open above the page has the keys.
      if (!held && document.querySelector('[role="dialog"], [role="menu"]') !== null) return;
      const key = held ? (event.shiftKey && letter === "z" ? "Ctrl+y" : `Ctrl+${letter}`) : event.key;
      const pressed = before === "" ? key : `${before} ${key}`;
      const found = meaning(allCommands(useCommandStore.getState().sets), pressed);
      if (timer !== null) clearTimeout(timer);
      before = "";
      if (found === "more") {
        before = pressed;
        timer = setTimeout(forget, PATIENCE_MS);
      } else if (found !== null) {
        event.preventDefault();
        found.run();
      }
    };
    addEventListener("keydown", onKey);
    return () => {
      if (timer !== null) clearTimeout(timer);
      removeEventListener("keydown", onKey);
    };
  }, []);
}

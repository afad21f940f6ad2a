/** The only fetcher. Addresses are relative to the document's base, so that a path in front works. */

import { answered, unanswered } from "@/lib/connection";
import { readFrame } from "./frame";

/** The server's refusal, with its status. */
export class ServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const base = new URL(document.baseURI).pathname.replace(/\/$/, "");

/** The path in front of every address of this server, without a trailing slash. */
export const basePath = base;

/** The token of the link that opened this page, when it is a shared report. */
export function shareToken(): string | null {
  const found = /^\/links\/([^/]+)\/?$/.exec(location.pathname.slice(base.length))?.[1];
  return found === undefined ? null : decodeURIComponent(found);
}

/** A proxy or a crash may answer with something else than JSON. */
function parsed(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** What `head.js` has asked before this script was there, by method, path and body; null where nobody answered. */
declare global {
  interface Window {
    early?: Map<string, Promise<Response | null>>;
  }
}

// After the first seconds every question is asked anew: an answer that nobody took has grown old by then.
setTimeout(() => delete window.early, 5_000);

/** Such an answer, once. */
async function askedEarly(method: string, path: string, body: string | null): Promise<Response | null> {
  const question = `${method} ${path} ${body ?? ""}`;
  const found = window.early?.get(question);
  window.early?.delete(question);
  return (await found) ?? null;
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const token = shareToken();
  if (token !== null) headers["X-Runstone-Share"] = token;
  let response: Response;
  const sent = body === undefined ? null : JSON.stringify(body);
  try {
    response =
      (await askedEarly(method, path, sent)) ??
      (await fetch(`${base}${path}`, { method, headers, body: sent, signal: signal ?? null, credentials: "same-origin" }));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    unanswered();
    throw new ServerError(0, "The server does not answer. It may be restarting; this page tries again.");
  }
  // A proxy in front answers for a server that is gone.
  if (response.status === 502 || response.status === 504) unanswered();
  else answered();
  if (response.ok) return response;
  const said = (parsed(await response.text()) as { error?: { message?: unknown } } | null)?.error?.message;
  throw new ServerError(response.status, typeof said === "string" ? said : `The server answered ${response.status} ${response.statusText}.`);
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return parsed(await (await ask(method, path, body, signal)).text()) as T;
}

/** Whether asking again may help: nobody answered, or the server says so itself. */
export function passing(error: unknown): boolean {
  return error instanceof ServerError && [0, 429, 502, 503, 504].includes(error.status);
}

/** Read. */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return call<T>("GET", path, undefined, signal);
}

/** Ask with a body, or change. */
export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return call<T>("POST", path, body, signal);
}

/** Ask with a body for arrays of numbers. */
export async function postForFrame<T>(path: string, body: unknown): Promise<T> {
  return readFrame(await (await ask("POST", path, body)).arrayBuffer()) as T;
}

/** Make, or put in the place of what is there. */
export function put<T>(path: string, body: unknown): Promise<T> {
  return call<T>("PUT", path, body);
}

/** Change in place. */
export function patch<T>(path: string, body: unknown): Promise<T> {
  return call<T>("PATCH", path, body);
}

/** Delete. */
export function remove<T>(path: string): Promise<T> {
  return call<T>("DELETE", path);
}

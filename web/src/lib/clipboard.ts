/**
 * Put a text on the clipboard. Browsers offer their clipboard to pages on https and on this machine only; a page on
 * plain http asks the old way, which needs the text to be selected somewhere.
 */
export async function copyText(text: string): Promise<void> {
  // Absent, whatever the types say, where the page is not secure.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard !== undefined) return clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("This browser does not let the page copy. Select the text and copy it by hand.");
}

/** The menu of a panel: what can be done with it, and what can be saved of it. Loaded when one is first opened. */
import { Code2, Download, FileImage, Image as ImageIcon, Link2, Maximize2, Pencil, Table2, Trash2 } from "lucide-react";
import { svgToPng } from "@/charts/export";
import { copyText } from "@/lib/clipboard";
import { saveAs } from "@/lib/save";
import { toast, toastError } from "@/lib/toasts";
import { MenuItem, MenuLine, MenuLink } from "@/ui/menu";

/** What a panel can give away of what it shows. */
export interface Exports {
  csv?: () => string | Promise<string>;
  svg?: () => string | Promise<string>;
  /** Where the drawing is no SVG. */
  png?: () => Promise<Blob>;
  python?: () => string;
  /** The logged file itself. */
  file?: { name: string; address: string };
}

/** What can be done with a panel beside saving it; what is absent can't be done there. */
export interface Acts {
  onFull?: (() => void) | undefined;
  onEdit?: (() => void) | undefined;
  onRemove?: (() => void) | undefined;
  source?: string | undefined;
  link?: (() => string) | undefined;
}

/** What a panel's menu is made of. */
export interface MenuProps {
  title: string;
  exports: Exports;
  acts: Acts;
  /** Present where the panel can show its numbers as a table. */
  table?: { shown: boolean; onShow: (shown: boolean) => void } | undefined;
}

const fileName = (title: string) => title.replaceAll(/[^\w.-]+/g, "_").slice(0, 80) || "panel";

/** Its lines, inside the open menu. */
export function PanelMenuItems({ title, exports, acts, table }: MenuProps) {
  const save = (make: () => Promise<[string, string, string | Blob]>) => void make().then(([name, type, content]) => saveAs(name, type, content)).catch(toastError);
  const copy = (text: string, what: string) => void copyText(text).then(() => toast(`${what} copied.`)).catch(toastError);
  const { csv, svg, python, file } = exports;
  const { onFull, onEdit, onRemove, link } = acts;
  const png = exports.png ?? (svg === undefined ? undefined : async () => svgToPng(await svg()));
  const head = onFull !== undefined || onEdit !== undefined || table !== undefined;
  return (
    <>
      {onEdit !== undefined && <MenuItem icon={<Pencil size={14} />} keys="e" onSelect={onEdit}>Edit</MenuItem>}
      {onFull !== undefined && <MenuItem icon={<Maximize2 size={14} />} keys="f" onSelect={onFull}>Full screen</MenuItem>}
      {table !== undefined && <MenuItem icon={<Table2 size={14} />} onSelect={() => table.onShow(!table.shown)}>{table.shown ? "View as chart" : "View as table"}</MenuItem>}
      {head && <MenuLine />}
      {png !== undefined && <MenuItem icon={<ImageIcon size={14} />} onSelect={() => save(async () => [`${fileName(title)}.png`, "image/png", await png()])}>Save as PNG</MenuItem>}
      {svg !== undefined && <MenuItem icon={<FileImage size={14} />} onSelect={() => save(async () => [`${fileName(title)}.svg`, "image/svg+xml", await svg()])}>Save as SVG</MenuItem>}
      {csv !== undefined && <MenuItem icon={<Download size={14} />} onSelect={() => save(async () => [`${fileName(title)}.csv`, "text/csv", await csv()])}>Save as CSV</MenuItem>}
      {file !== undefined && <MenuLink icon={<Download size={14} />} href={file.address} download={file.name}>Save the file</MenuLink>}
      {python !== undefined && <MenuItem icon={<Code2 size={14} />} onSelect={() => copy(python(), "Python lines")}>Copy as Python</MenuItem>}
      {link !== undefined && <MenuItem icon={<Link2 size={14} />} onSelect={() => copy(link(), "Link")}>Copy link</MenuItem>}
      {onRemove !== undefined && (
        <>
          <MenuLine />
          <MenuItem bad icon={<Trash2 size={14} />} onSelect={onRemove}>Remove from this view</MenuItem>
        </>
      )}
    </>
  );
}

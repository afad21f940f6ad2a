/** Charts of a machine's figures: what is measured of several GPUs, cores or disks shares one chart. Pure.
 *
 * Clients name a figure `system.<what>.<which one>.<measure>`: `system.gpu.0.temp`, `system.disk./data.usagePercent`,
 * `system.cpu.3.cpu_percent`, `system.memory_percent`.
 */
import type { Chart, Key, Section } from "./panels";

const PREFIX = "system.";

/** Titles with units, by the name without the part that says which one. */
const titles: Record<string, string> = {
  "gpu.gpu": "GPU utilisation (%)",
  "gpu.memory": "GPU memory access (% of time)",
  "gpu.memoryAllocated": "GPU memory used (%)",
  "gpu.memoryAllocatedBytes": "GPU memory used (bytes)",
  "gpu.temp": "GPU temperature (°C)",
  "gpu.powerWatts": "GPU power (W)",
  "gpu.powerPercent": "GPU power (% of limit)",
  "gpu.enforcedPowerLimitWatts": "GPU power limit (W)",
  "gpu.smClock": "GPU SM clock (MHz)",
  "gpu.memoryClock": "GPU memory clock (MHz)",
  "gpu.graphicsClock": "GPU graphics clock (MHz)",
  "gpu.fanSpeed": "GPU fan (%)",
  "gpu.encoderUtilization": "GPU encoder utilisation (%)",
  "gpu.correctedMemoryErrors": "GPU memory errors corrected",
  "gpu.uncorrectedMemoryErrors": "GPU memory errors not corrected",
  "gpu.process.gpu": "GPU utilisation by this process (%)",
  "gpu.process.memory": "GPU memory access by this process (% of time)",
  "gpu.process.memoryAllocated": "GPU memory used by this process (%)",
  "gpu.process.memoryAllocatedBytes": "GPU memory used by this process (bytes)",
  "gpu.process.temp": "GPU temperature, this process's GPU (°C)",
  "gpu.process.powerWatts": "GPU power, this process's GPU (W)",
  "gpu.process.powerPercent": "GPU power, this process's GPU (% of limit)",
  "gpu.process.enforcedPowerLimitWatts": "GPU power limit, this process's GPU (W)",
  cpu: "Process CPU (% of all cores)",
  "cpu.cpu_percent": "CPU utilisation by core (%)",
  "proc.cpu.threads": "Process threads",
  memory_percent: "System memory used (%)",
  memory: "System memory used (%)",
  "proc.memory.percent": "Process memory (% of all)",
  "proc.memory.rssMB": "Process memory (MB)",
  "proc.memory.availableMB": "System memory available (MB)",
  "disk.usagePercent": "Disk used (%)",
  "disk.usageGB": "Disk used (GB)",
  "disk.in": "Disk read (MB since start)",
  "disk.out": "Disk written (MB since start)",
  "network.recv": "Network received (bytes since start)",
  "network.sent": "Network sent (bytes since start)",
  "network.tcpRetransmits": "TCP segments sent again",
};

const places: [string, RegExp][] = [
  ["GPU", /^(gpu|tpu|ipu|trn|gcu|xpu)\b/],
  ["CPU", /cpu/],
  ["Memory", /memory/],
  ["Disk", /^disk/],
  ["Network", /^network/],
];
const OTHER = "Other figures";

/** A figure's measure, and which GPU, core or disk it is of; null for a figure of the whole machine. */
export function figure(key: string): { measure: string; which: string | null } {
  const name = key.slice(PREFIX.length);
  const disk = /^disk\.(.+)\.([A-Za-z]+)$/.exec(name); // a mount point may hold dots
  if (disk !== null) return { measure: `disk.${disk[2]}`, which: disk[1] ?? null };
  const parts = name.split(".");
  const at = parts.findIndex((part) => /^\d+$/.test(part));
  if (at === -1) return { measure: name, which: null };
  return { measure: parts.filter((_, i) => i !== at).join("."), which: parts[at] ?? null };
}

/** How a line of a chart of several is called: `GPU 3`, `core 0`, a disk's mount point. */
export function figureLabel(key: string): string | null {
  if (!key.startsWith(PREFIX)) return null;
  const { measure, which } = figure(key);
  if (which === null) return titles[measure] ?? measure;
  if (measure.startsWith("gpu")) return `GPU ${which}`;
  return measure.startsWith("cpu") ? `core ${which}` : which;
}

/** One chart for each measure, over time since the start; GPUs first, those are what people pay for. */
export function systemSections(keys: readonly Key[]): Section[] {
  const byMeasure = new Map<string, { name: string; which: string }[]>();
  for (const key of keys) {
    if (!key.kinds.includes("number") || !key.name.startsWith(PREFIX)) continue;
    const { measure, which } = figure(key.name);
    byMeasure.set(measure, [...(byMeasure.get(measure) ?? []), { name: key.name, which: which ?? "" }]);
  }
  const known = Object.keys(titles);
  const rank = (measure: string): number => (known.indexOf(measure) + known.length) % known.length;
  const sections = new Map<string, { measure: string; chart: Chart }[]>();
  for (const [measure, found] of byMeasure) {
    const names = found.sort((a, b) => a.which.localeCompare(b.which, undefined, { numeric: true })).map((one) => one.name);
    const place = places.find(([, pattern]) => pattern.test(measure))?.[0] ?? OTHER;
    const chart = { title: titles[measure] ?? measure, keys: names, x: "_relative" };
    sections.set(place, [...(sections.get(place) ?? []), { measure, chart }]);
  }
  return [...places.map(([name]) => name), OTHER].flatMap((name): Section[] => {
    const charts = sections.get(name);
    if (charts === undefined) return [];
    charts.sort((a, b) => rank(a.measure) - rank(b.measure) || a.chart.title.localeCompare(b.chart.title));
    return [{ name, open: true, charts: charts.map((one) => one.chart) }];
  });
}

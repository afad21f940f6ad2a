/** Charts of a machine's figures: what is measured of several GPUs, cores, disks or processes shares one chart. Pure.
 *
 * Clients name a figure `system.<what>.<which one>.<measure>`: `system.gpu.0.temp`, `system.disk./data.usagePercent`,
 * `system.cpu.3.cpu_percent`, `system.memory_percent`, and `/l:<label>` behind it where several processes write one run.
 */
import { figure, isFigure } from "./figure";
import { byName } from "./format";
import type { Chart, Key, Section } from "./panels";

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
  "gpu.smActive": "GPU SMs active (%)",
  "gpu.smOccupancy": "GPU SM occupancy (%)",
  "gpu.pipeTensorActive": "GPU tensor cores active (%)",
  "gpu.pipeTensorHmmaActive": "GPU tensor cores active, half precision (%)",
  "gpu.pipeFp16Active": "GPU FP16 pipe active (%)",
  "gpu.pipeFp32Active": "GPU FP32 pipe active (%)",
  "gpu.pipeFp64Active": "GPU FP64 pipe active (%)",
  "gpu.dramActive": "GPU DRAM active (%)",
  "gpu.pcieRxBytes": "GPU received over PCIe (bytes/s)",
  "gpu.pcieTxBytes": "GPU sent over PCIe (bytes/s)",
  "gpu.nvlinkRxBytes": "GPU received over NVLink (bytes/s)",
  "gpu.nvlinkTxBytes": "GPU sent over NVLink (bytes/s)",
  "gpu.energyJoules": "GPU energy (J)",
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

/** One chart for each measure, over time since the start; GPUs first, those are what people pay for. */
export function systemSections(keys: readonly Key[]): Section[] {
  const byMeasure = new Map<string, { name: string; which: string }[]>();
  for (const key of keys) {
    if (!key.kinds.includes("number") || !isFigure(key.name)) continue;
    const { measure, which, process } = figure(key.name);
    byMeasure.set(measure, [...(byMeasure.get(measure) ?? []), { name: key.name, which: `${process ?? ""} ${which ?? ""}` }]);
  }
  const known = Object.keys(titles);
  const rank = (measure: string): number => (known.indexOf(measure) + known.length) % known.length;
  const sections = new Map<string, { measure: string; chart: Chart }[]>();
  for (const [measure, found] of byMeasure) {
    const names = found.sort((a, b) => byName(a.which, b.which)).map((one) => one.name);
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

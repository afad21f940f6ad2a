/** What administrators are told on every page before scripts can no longer log. */
import { Link } from "@tanstack/react-router";
import { isLow, useHealthAtTimes } from "@/api/admin";
import { bytes } from "@/lib/format";

/** The banner; nothing while there is room. */
export function AlmostFull() {
  const health = useHealthAtTimes().data;
  if (health === undefined || !isLow(health)) return null;
  return (
    <div className="gone" role="alert">
      <i aria-hidden="true" />
      <b>The disk is almost full.</b> {bytes(health.disk_free_bytes ?? 0)} of {bytes(health.disk_total_bytes ?? 0)} are free. When it is full, scripts can no longer log: delete what is not needed, or give the server a larger disk.
      <span className="grow" /><Link to="/settings" search={{ tab: "admin" }}>What takes the room</Link>
    </div>
  );
}

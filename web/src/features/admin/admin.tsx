/** What an administrator of the server looks after. */
import { Health } from "./health";
import { Jobs } from "./jobs";
import { People } from "./people";
import { Storage } from "./storage";
import "./admin.css";

/** Each part loads, and fails, by itself. `self` is the viewer's user name. */
export function Administration({ self }: { self: string }) {
  return (
    <>
      <Health />
      <People self={self} />
      <Storage />
      <Jobs />
    </>
  );
}

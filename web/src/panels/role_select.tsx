/** What somebody may do, to choose. */

export type Role = "viewer" | "member" | "admin";

const roles: Record<Role, string> = { viewer: "Viewer: reads", member: "Member: reads and logs", admin: "Administrator: manages" };
const roleNames = Object.keys(roles) as Role[];

/** One of the three roles. */
export function RoleSelect({ label, role, disabled = false, onChange }: { label: string; role: Role; disabled?: boolean; onChange: (role: Role) => void }) {
  return (
    <select className="field" aria-label={label} title={roles[role]} value={role} disabled={disabled} onChange={(event) => onChange(event.target.value as Role)}>
      {roleNames.map((one) => <option key={one} value={one}>{roles[one]}</option>)}
    </select>
  );
}
